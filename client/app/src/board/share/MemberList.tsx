import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { RoomId, UserId } from '@sketchroom/shared/ids'
import type { Access, Role } from '@sketchroom/shared/roles'
import { describeError } from '../../api/describe-error.ts'
import { useApp, useSessionState } from '../../session/AppContext.tsx'
import { personOf } from '../../session/session-state.ts'
import { Alert } from '../../ui/Alert.tsx'
import { Button } from '../../ui/Button.tsx'
import { isBelowLink, mayLeave, mayManage, rolesToGive } from '../permissions.ts'
import { MemberRow } from './MemberRow.tsx'

const REFRESH_MS = 5_000

interface MemberListProps {
  readonly roomId: RoomId
  readonly role: Role
  readonly access: Access | undefined
  /** The person in front of the screen has left. */
  readonly onLeft: () => void
}

/** Everybody who is on the board, with what they may do. */
export function MemberList({ roomId, role, access, onLeft }: MemberListProps) {
  const { rooms } = useApp()
  const person = personOf(useSessionState())
  const [error, setError] = useState<string>()
  const linkHintId = useId()
  const query = useQuery({
    // Whom the link lets in are different people when its access changes.
    queryKey: ['members', roomId, access],
    queryFn: ({ signal }) => rooms.members(roomId, signal),
    refetchInterval: REFRESH_MS,
    // Who was here last time says nothing about now.
    gcTime: 0,
  })

  /** Does it, then shows what the server made of it; an error is told beside the list. */
  async function change(action: () => Promise<unknown>): Promise<void> {
    setError(undefined)
    try {
      await action()
    } catch (cause) {
      setError(describeError(cause))
    }
    await query.refetch()
  }

  async function leave(userId: UserId): Promise<void> {
    await rooms.removeMember(roomId, userId)
    onLeft()
  }

  const members = query.data ?? []
  const self = members.find(({ user }) => user.id === person?.id)
  const isLimited = members.some(
    (member) => self && member !== self && rolesToGive(self, member).some((given) => isBelowLink(given, access)),
  )

  return (
    <section className="share-section" aria-labelledby="share-people">
      <h3 id="share-people">People</h3>
      <Alert text={error} />
      {query.isPending && (
        <div role="status" aria-label="Loading the people" className="member-skeleton">
          <span className="skeleton" />
          <span className="skeleton" />
        </div>
      )}
      {query.isLoadingError && (
        <div className="share-failed">
          <Alert text={describeError(query.error)} />
          <Button onClick={() => void query.refetch()}>Try again</Button>
        </div>
      )}
      {isLimited && (
        <p id={linkHintId} className="field-hint">
          Everybody with the link can edit, so nobody can be made a viewer. Change the link first.
        </p>
      )}
      {query.data && (
        <ul className="members">
          {members.map((member) => (
            <MemberRow
              key={member.user.id}
              member={member}
              self={self}
              access={access}
              mayLeave={self !== undefined && mayLeave(self, members)}
              linkHintId={linkHintId}
              onSetRole={(next) => change(() => rooms.setRole(roomId, member.user.id, next))}
              onRemove={() =>
                change(() => (member === self ? leave(member.user.id) : rooms.removeMember(roomId, member.user.id)))
              }
            />
          ))}
        </ul>
      )}
      {query.data && access === 'private' && mayManage(role) && (
        <p className="field-hint">
          To add somebody, let them come by the link, give them a role here, and make the board private again.
        </p>
      )}
      {query.data && access !== 'private' && members.length === 1 && (
        <p className="field-hint">Nobody else has opened this board yet. Whoever comes by the link appears here.</p>
      )}
    </section>
  )
}
