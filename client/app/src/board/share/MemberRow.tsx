import { useState } from 'react'
import { LogOut, X } from 'lucide-react'
import type { Member } from '@sketchroom/shared/api/rooms'
import { roleSchema, type Access, type Role } from '@sketchroom/shared/roles'
import { Avatar } from '../../ui/Avatar.tsx'
import { Button } from '../../ui/Button.tsx'
import { isBelowLink, mayRemove, ROLE_NAMES, rolesToGive } from '../permissions.ts'

/** The select's value for a role that only the link gives: the same role can then be given for good. */
const BY_LINK = 'by-link'

interface MemberRowProps {
  readonly member: Member
  /** The person in front of the screen; undefined while they are not in the list. */
  readonly self: Member | undefined
  readonly access: Access | undefined
  /** Whether the person in front of the screen may leave. */
  readonly mayLeave: boolean
  /** The id of the text that says why roles below the link's cannot be given. */
  readonly linkHintId: string
  readonly onSetRole: (role: Role) => Promise<void>
  /** Takes this person out; of oneself, that is leaving. */
  readonly onRemove: () => Promise<void>
}

/** One person of a board: who, here or not, and their role as far as one may change it. */
export function MemberRow({ member, self, access, mayLeave, linkHintId, onSetRole, onRemove }: MemberRowProps) {
  const { user, role, via, online } = member
  const [chosen, setChosen] = useState<Role>()
  const [isAsking, setIsAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const isSelf = user.id === self?.user.id
  // One's own role is somebody else's to change: it is too easy to lock oneself out.
  const roles = !self || isSelf ? [] : rolesToGive(self, member)
  const notes = [
    isSelf ? 'You' : '',
    user.isGuest ? 'guest' : '',
    via === 'link' && roles.length === 0 ? 'by the link' : '',
    online ? 'here now' : '',
  ].filter(Boolean)

  async function setRole(next: Role): Promise<void> {
    setChosen(next)
    await onSetRole(next)
    setChosen(undefined)
  }

  async function remove(): Promise<void> {
    setBusy(true)
    await onRemove()
    setBusy(false)
    setIsAsking(false)
  }

  if (isAsking) {
    return (
      <li className="member member-asking">
        <span>
          {isSelf
            ? `Leave this board? ${access === 'private' ? 'Somebody must let you in again.' : 'You can come back by the link.'}`
            : `Remove ${user.name}? They lose access at once, and the link no longer lets them in.`}
        </span>
        <span className="member-answer">
          <Button onClick={() => setIsAsking(false)}>{isSelf ? 'Stay' : 'Keep'}</Button>
          <Button look="danger" busy={busy} autoFocus onClick={() => void remove()}>
            {isSelf ? 'Leave' : 'Remove'}
          </Button>
        </span>
      </li>
    )
  }

  return (
    <li className="member">
      <Avatar person={user} sizePx={36} />
      <span className="member-who">
        <span className="member-name">{user.name}</span>
        {notes.length > 0 && <span className="member-notes">{notes.join(' · ')}</span>}
      </span>
      {roles.length > 0 ? (
        <select
          className="member-role"
          aria-label={`Role of ${user.name}`}
          aria-describedby={roles.some((option) => isBelowLink(option, access)) ? linkHintId : undefined}
          value={chosen ?? (via === 'link' ? BY_LINK : role)}
          onChange={(event) => void setRole(roleSchema.parse(event.target.value))}
        >
          {via === 'link' && (
            <option value={BY_LINK} hidden>
              {ROLE_NAMES[role]} by link
            </option>
          )}
          {roles.map((option) => (
            <option key={option} value={option} disabled={isBelowLink(option, access)}>
              {ROLE_NAMES[option]}
            </option>
          ))}
        </select>
      ) : (
        <span className="member-role-fixed">{ROLE_NAMES[role]}</span>
      )}
      {isSelf && mayLeave && (
        <Button
          look="quiet"
          size="icon"
          aria-label="Leave this board"
          title="Leave"
          icon={<LogOut size={18} aria-hidden="true" />}
          onClick={() => setIsAsking(true)}
        />
      )}
      {self && mayRemove(self.role) && !isSelf && (
        <Button
          look="quiet"
          size="icon"
          aria-label={`Remove ${user.name}`}
          title="Remove"
          icon={<X size={18} aria-hidden="true" />}
          onClick={() => setIsAsking(true)}
        />
      )}
    </li>
  )
}
