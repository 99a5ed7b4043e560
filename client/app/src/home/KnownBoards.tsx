import { useState, type ReactNode } from 'react'
import { ChevronRight } from 'lucide-react'
import { Link } from 'react-router'
import type { KnownRoom } from '../device/known-rooms.ts'
import { Button } from '../ui/Button.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'

interface KnownBoardsProps {
  readonly icon: ReactNode
  readonly title: string
  readonly text: string
  readonly rooms: readonly KnownRoom[]
  readonly onRetry: () => Promise<void>
}

/** The boards that this device remembers, for when the server cannot be asked. */
export function KnownBoards({ icon, title, text, rooms, onRetry }: KnownBoardsProps) {
  const [busy, setBusy] = useState(false)

  async function retry(): Promise<void> {
    setBusy(true)
    await onRetry()
    setBusy(false)
  }

  return (
    <>
      <div className="home-banner" role="status">
        {icon}
        <div>
          <h1>{title}</h1>
          <p>{text}</p>
        </div>
        <Button busy={busy} onClick={() => void retry()}>
          Try again
        </Button>
      </div>
      {rooms.length === 0 ? (
        <p className="home-note">No boards were opened on this device yet.</p>
      ) : (
        <ul className="home-panel known-boards" aria-label="Boards on this device">
          {rooms.map((room) => (
            <li key={room.id}>
              <KnownBoard room={room} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function KnownBoard({ room }: { room: KnownRoom }) {
  if (!room.opened) {
    return (
      <div className="known-board known-board-missing">
        <span className="known-board-text">
          <span className="known-board-name">{room.name}</span>
          <span className="home-note">Not on this device</span>
        </span>
      </div>
    )
  }
  return (
    <Link className="known-board" to={`/r/${room.id}`}>
      <span className="known-board-text">
        <span className="known-board-name">{room.name}</span>
        <span className="home-note">
          {room.pending > 0 ? (
            `${room.pending === 1 ? '1 change' : `${room.pending} changes`} kept on this device`
          ) : (
            <>
              Changed <RelativeTime at={room.updatedAt} />
            </>
          )}
        </span>
      </span>
      <ChevronRight size={18} aria-hidden="true" style={{ marginInlineStart: 'auto' }} />
    </Link>
  )
}
