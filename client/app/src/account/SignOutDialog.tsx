import { useState } from 'react'
import { useNavigate } from 'react-router'
import { describeError } from '../api/describe-error.ts'
import { forgetDevice } from '../device/forget-device.ts'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { personOf } from '../session/session-state.ts'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { useUnsentBoards } from './use-unsent-boards.ts'

/** Says what signing out takes away, above all changes that no server has yet, and does it. */
export function SignOutDialog({ isGuest, onClose }: { isGuest: boolean; onClose: () => void }) {
  const { session, storage, device } = useApp()
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const unsent = useUnsentBoards(personOf(useSessionState())?.id)

  async function signOut(): Promise<void> {
    setBusy(true)
    setError(undefined)
    try {
      await session.signOut()
      // What is still being stored would be a new database.
      await device.close()
      await forgetDevice(storage)
      onClose()
      await navigate('/')
    } catch (cause) {
      setError(describeError(cause))
      setBusy(false)
    }
  }

  return (
    <Dialog small title="Sign out?" onClose={onClose}>
      <Alert text={error} />
      {unsent && <Alert text={`Changes that are only on this device will be lost: ${unsent}.`} />}
      <p>
        {isGuest
          ? 'You are a guest: without an account you cannot come back to your boards. This browser also forgets everything it keeps of them.'
          : 'This browser forgets your boards and everything it keeps of them. On the server they stay as they are.'}
      </p>
      <div className="dialog-actions">
        <Button onClick={onClose}>Stay signed in</Button>
        <Button look="danger" busy={busy} onClick={() => void signOut()}>
          {unsent ? 'Sign out and lose them' : 'Sign out'}
        </Button>
      </div>
    </Dialog>
  )
}
