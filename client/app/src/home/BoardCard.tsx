import { Ellipsis, ExternalLink, Pencil, Trash2 } from 'lucide-react'
import { Link, useHref } from 'react-router'
import type { Room } from '@sketchroom/shared/api/rooms'
import { mayManage, mayRename, ROLE_NAMES } from '../board/permissions.ts'
import { changes } from '../board/status-words.ts'
import { useStoredBoards } from '../session/AppContext.tsx'
import { AvatarStack } from '../ui/Avatar.tsx'
import { buttonClass } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import { BoardCover } from './BoardCover.tsx'
import './board-card.css'

interface BoardCardProps {
  readonly room: Room
  readonly onRename: () => void
  readonly onDelete: () => void
}

/** One board on the home page. */
export function BoardCard({ room, onRename, onDelete }: BoardCardProps) {
  const unsent = useStoredBoards()?.get(room.id) ?? 0
  const href = useHref(`/r/${room.id}`)

  return (
    <li className="board-card">
      <Link className="board-card-link" to={`/r/${room.id}`}>
        <BoardCover id={room.id} />
        <span className="board-card-text">
          <span className="board-card-name">{room.name}</span>
          <span className="board-card-facts">
            Changed <RelativeTime at={room.updatedAt} /> · {ROLE_NAMES[room.role]}
          </span>
          {unsent > 0 && <span className="board-card-unsent">{changes(unsent)} only on this device</span>}
        </span>
      </Link>
      {room.present.length > 0 && (
        <span className="board-card-people">
          <AvatarStack people={room.present} label={`Here now: ${room.present.map(({ name }) => name).join(', ')}`} />
        </span>
      )}
      <span className="board-card-menu">
        <Menu
          label={`Actions for ${room.name}`}
          buttonClass={buttonClass('quiet', 'icon')}
          button={<Ellipsis size={20} />}
        >
          <a className="menu-item" role="menuitem" href={href} target="_blank" rel="noopener">
            <ExternalLink size={18} aria-hidden="true" /> Open in a new tab
          </a>
          {mayRename(room.role) && (
            <button type="button" className="menu-item" role="menuitem" onClick={onRename}>
              <Pencil size={18} aria-hidden="true" /> Rename…
            </button>
          )}
          {mayManage(room.role) && (
            <button type="button" className="menu-item menu-item-danger" role="menuitem" onClick={onDelete}>
              <Trash2 size={18} aria-hidden="true" /> Delete
            </button>
          )}
        </Menu>
      </span>
    </li>
  )
}
