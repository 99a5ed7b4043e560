import { useState } from 'react'
import { Eye, Lock, PencilLine, type LucideIcon } from 'lucide-react'
import type { Room } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import { accessSchema, type Access, type Role } from '@sketchroom/shared/roles'
import { describeError } from '../../api/describe-error.ts'
import { useApp } from '../../session/AppContext.tsx'
import { Alert } from '../../ui/Alert.tsx'
import { mayManage } from '../permissions.ts'

/** What each choice means, in words that leave no doubt. */
const CHOICES: Record<Access, { icon: LucideIcon; title: string; text: string }> = {
  'link-edit': {
    icon: PencilLine,
    title: 'Anyone with the link can edit',
    text: 'Whoever has the link can draw and erase, without an account. They can pass the link on.',
  },
  'link-view': {
    icon: Eye,
    title: 'Anyone with the link can view',
    text: 'Whoever has the link can look on. Only those who are made editor or owner below can draw.',
  },
  private: {
    icon: Lock,
    title: 'Private',
    text: 'The link alone opens nothing. Those who came by it lose access, unless they are given a role below.',
  },
}

interface LinkAccessProps {
  readonly roomId: RoomId
  /** Undefined while the server cannot be asked. */
  readonly access: Access | undefined
  readonly role: Role
  readonly onRoomChanged: (room: Room) => void
}

/** Who the link lets in: a choice for owners, a statement for everybody else. */
export function LinkAccess({ roomId, access, role, onRoomChanged }: LinkAccessProps) {
  const { rooms } = useApp()
  const [chosen, setChosen] = useState<Access>()
  const [error, setError] = useState<string>()
  const shown = chosen ?? access

  async function choose(next: Access): Promise<void> {
    setChosen(next)
    setError(undefined)
    try {
      onRoomChanged(await rooms.update(roomId, { access: next }))
    } catch (cause) {
      setError(describeError(cause))
    }
    setChosen(undefined)
  }

  const choices = mayManage(role) ? accessSchema.options.toReversed() : accessSchema.options.filter((a) => a === shown)
  return (
    <fieldset className="share-section">
      <legend>Who the link lets in</legend>
      <Alert text={error} />
      {!shown && <p className="field-hint">This can be seen and changed when the server is reached again.</p>}
      {shown &&
        choices.map((option) => {
          const { icon: Icon, title, text } = CHOICES[option]
          const isChosen = option === shown
          return (
            <label key={option} className={isChosen ? 'share-choice share-choice-on' : 'share-choice'}>
              {mayManage(role) && (
                <input
                  type="radio"
                  name="access"
                  checked={isChosen}
                  aria-describedby={`access-${option}`}
                  aria-label={title}
                  onChange={() => void choose(option)}
                />
              )}
              <Icon size={20} aria-hidden="true" />
              <span>
                <strong>{title}</strong>
                <span id={`access-${option}`}>{text}</span>
              </span>
            </label>
          )
        })}
      {shown && !mayManage(role) && <p className="field-hint">Only owners can change this.</p>}
    </fieldset>
  )
}
