import { useCallback, useEffect, useState } from 'react'
import type { Member } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import type { Access, Role } from '@sketchroom/shared/roles'
import { describeError } from '../../api/describe-error.ts'
import { useApp, useSessionState } from '../../session/AppContext.tsx'
import { personOf } from '../../session/session-state.ts'
import { Alert } from '../../ui/Alert.tsx'
import { Button } from '../../ui/Button.tsx'
import { MemberRow } from './MemberRow.tsx'

type Members =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'ready'; readonly members: readonly Member[] }

interface MemberListProps {
  readonly roomId: RoomId
  /** The asking person's own role: it decides what they may change. */
  readonly role: Role
  /** When it changes, so do the people the link lets in. */
  readonly access: Access | undefined
}

/** Everybody who is on the board, with what they may do. */
export function MemberList({ roomId, role, access }: MemberListProps) {
  const { rooms } = useApp()
  const self = personOf(useSessionState())
  const [state, setState] = useState<Members>({ kind: 'loading' })
  const [error, setError] = useState<string>()

  const load = useCallback(
    async (signal?: AbortSignal) => {
      try {
        const members = await rooms.members(roomId, signal)
        if (!signal?.aborted) setState({ kind: 'ready', members })
      } catch (cause) {
        if (!signal?.aborted) setState({ kind: 'failed', text: describeError(cause) })
      }
    },
    [rooms, roomId],
  )

  useEffect(() => {
    const abort = new AbortController()
    void load(abort.signal)
    return () => abort.abort()
  }, [load, access])

  /** Does it, then shows what the server made of it; an error is told beside the list. */
  async function change(action: () => Promise<unknown>): Promise<void> {
    setError(undefined)
    try {
      await action()
    } catch (cause) {
      setError(describeError(cause))
    }
    await load()
  }

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
          <Button onClick={() => void load()}>Try again</Button>
        </div>
      )}
      {state.kind === 'ready' && (
        <ul className="members">
          {state.members.map((member) => (
            <MemberRow
              key={member.user.id}
              member={member}
              isSelf={member.user.id === self?.id}
              ownRole={role}
              onSetRole={(next) => change(() => rooms.setRole(roomId, member.user.id, next))}
              onRemove={() => change(() => rooms.removeMember(roomId, member.user.id))}
            />
          ))}
        </ul>
      )}
      {state.kind === 'ready' && state.members.length === 1 && (
        <p className="field-hint">Nobody else has opened this board yet. Whoever comes by the link appears here.</p>
      )}
    </section>
  )
}
