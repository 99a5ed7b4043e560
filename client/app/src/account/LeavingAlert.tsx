import { findKnownUser } from '../device/known-user.ts'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { personLeaving } from '../session/session-state.ts'
import { Alert } from '../ui/Alert.tsx'
import { useUnsentBoards } from './use-unsent-boards.ts'

/** Says, before somebody signs in, what goes with the person who was here: changes that no server has yet. */
export function LeavingAlert() {
  const { storage } = useApp()
  const person = personLeaving(useSessionState(), findKnownUser(storage))
  const unsent = useUnsentBoards(person?.id)
  if (!person || !unsent) return null
  const when = person.isGuest ? 'when you sign in' : `unless you sign in as ${person.name}`
  return (
    <Alert text={`${person.name} has changes that are only on this device: ${unsent}. They will be lost ${when}.`} />
  )
}
