import { useEffect, useId, useState } from 'react'
import type { Member } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import type { Access, Role } from '@sketchroom/shared/roles'
import { describeError } from '../../api/describe-error.ts'
import type { RoomsApi } from '../../api/rooms.ts'
import { useApp, useSessionState } from '../../session/AppContext.tsx'
import { personOf } from '../../session/session-state.ts'
import { Alert } from '../../ui/Alert.tsx'
import { Button } from '../../ui/Button.tsx'
import { useRefresh } from '../../ui/use-refresh.ts'
import { isBelowLink, mayManage, rolesToGive } from '../permissions.ts'
import { MemberRow } from './MemberRow.tsx'

const REFRESH_MS = 5_000

type Members =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'ready'; readonly members: readonly Member[] }

interface MemberListProps {
  readonly roomId: RoomId
  readonly role: Role
  readonly access: Access | undefined
}

/** Everybody who is on the board, with what they may do. */
export function MemberList({ roomId, role, access }: MemberListProps) {
  const { rooms } = useApp()
  const person = personOf(useSessionState())
  const [state, setState] = useState<Members>({ kind: 'loading' })
  const [error, setError] = useState<string>()
  const linkHintId = useId()

  useEffect(() => {
    const abort = new AbortController()
    async function load(): Promise<void> {
      const next = await fetchMembers(rooms, roomId, abort.signal)
      if (!abort.signal.aborted) setState(next)
    }
    void load()
    return () => abort.abort()
  }, [rooms, roomId])

  /** A list that is shown stays when it cannot be fetched anew: it is older, not wrong. */
  async function refresh(): Promise<void> {
    const next = await fetchMembers(rooms, roomId)
    setState((last) => (next.kind === 'ready' ? next : last))
  }
  useRefresh(() => void refresh(), REFRESH_MS)

  async function reload(): Promise<void> {
    setState(await fetchMembers(rooms, roomId))
  }

  /** Does it, then shows what the server made of it; an error is told beside the list. */
  async function change(action: () => Promise<unknown>): Promise<void> {
    setError(undefined)
    try {
      await action()
    } catch (cause) {
      setError(describeError(cause))
    }
    await reload()
  }

  const members = state.kind === 'ready' ? state.members : []
  const self = members.find(({ user }) => user.id === person?.id)
  const isLimited = members.some(
    (member) => self && member !== self && rolesToGive(self, member).some((given) => isBelowLink(given, access)),
  )

  return (
    <section className="share-section" aria-labelledby="share-people">
      <h3 id="share-people">People</h3>
      <Alert text={error} />
      {state.kind === 'loading' && (
        <div role="status" aria-label="Loading the people" className="member-skeleton">
          <span className="skeleton" />
          <span className="skeleton" />
        </div>
      )}
      {state.kind === 'failed' && (
        <div className="share-failed">
          <Alert text={state.text} />
          <Button onClick={() => void reload()}>Try again</Button>
        </div>
      )}
      {isLimited && (
        <p id={linkHintId} className="field-hint">
          Everybody with the link can edit, so nobody can be made a viewer. Change the link first.
        </p>
      )}
      {state.kind === 'ready' && (
        <ul className="members">
          {state.members.map((member) => (
            <MemberRow
              key={member.user.id}
              member={member}
              self={self}
              access={access}
              linkHintId={linkHintId}
              onSetRole={(next) => change(() => rooms.setRole(roomId, member.user.id, next))}
              onRemove={() => change(() => rooms.removeMember(roomId, member.user.id))}
            />
          ))}
        </ul>
      )}
      {state.kind === 'ready' && access === 'private' && mayManage(role) && (
        <p className="field-hint">
          To add somebody, let them come by the link, give them a role here, and make the board private again.
        </p>
      )}
      {state.kind === 'ready' && access !== 'private' && state.members.length === 1 && (
        <p className="field-hint">Nobody else has opened this board yet. Whoever comes by the link appears here.</p>
      )}
    </section>
  )
}

async function fetchMembers(rooms: RoomsApi, roomId: RoomId, signal?: AbortSignal): Promise<Members> {
  try {
    return { kind: 'ready', members: await rooms.members(roomId, signal) }
  } catch (error) {
    return { kind: 'failed', text: describeError(error) }
  }
}
