import { useState, type ReactNode } from 'react'
import { ChevronRight } from 'lucide-react'
import { Link } from 'react-router'
import { changes } from '../board/status-words.ts'
import { listKnownRooms, type KnownRoom } from '../device/known-rooms.ts'
import type { StoredBoards } from '../device/device.ts'
import { useApp, useStoredBoards } from '../session/AppContext.tsx'
import { Button } from '../ui/Button.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'

interface KnownBoardsProps {
  readonly icon: ReactNode
  readonly title: string
  readonly text: string
  readonly onRetry: () => Promise<void>
}

/** The boards that this device remembers, for when the server cannot be asked. */
export function KnownBoards({ icon, title, text, onRetry }: KnownBoardsProps) {
  const { storage } = useApp()
  const stored = useStoredBoards()
  const rooms = boardsHere(listKnownRooms(storage), stored)
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
        <p className="home-note">You have not opened any boards on this device yet.</p>
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

/** Boards with changes that are only on this device and that are not `listed` as the person's; nothing without any. */
export function StrayBoards({ listed }: { listed: ReadonlySet<string> }) {
  const { storage } = useApp()
  const stored = useStoredBoards()
  const strays = boardsHere(listKnownRooms(storage), stored).filter(({ id, unsent }) => unsent > 0 && !listed.has(id))
  if (strays.length === 0) return null
  return (
    <section className="stray-boards" aria-labelledby="stray-boards">
      <h2 id="stray-boards">Not saved yet</h2>
      <p className="home-note">
        The server does not have all that you drew on these boards. Open one to see why, and what you can do.
      </p>
      <ul className="home-panel known-boards" aria-label="Not saved yet">
        {strays.map((board) => (
          <li key={board.id}>
            <KnownBoard room={board} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** A board as it is listed while the server is away. */
interface BoardHere {
  readonly id: string
  readonly name: string
  readonly updatedAt: string | undefined
  /** Whether its drawing is on this device. */
  readonly isHere: boolean
  readonly unsent: number
}

/** What is remembered, by what is stored; what is stored and not remembered (there are many) comes last. */
function boardsHere(known: readonly KnownRoom[], stored: StoredBoards | undefined): BoardHere[] {
  const names = new Set<string>(known.map(({ id }) => id))
  const nameless = [...(stored ?? [])].filter(([id]) => !names.has(id))
  return [
    ...known.map(({ id, name, updatedAt, opened }) => {
      const unsent = stored?.get(id)
      return { id, name, updatedAt, isHere: stored ? unsent !== undefined : opened, unsent: unsent ?? 0 }
    }),
    ...nameless.map(([id, unsent]) => ({ id, name: 'A board', updatedAt: undefined, isHere: true, unsent })),
  ]
}

function KnownBoard({ room }: { room: BoardHere }) {
  if (!room.isHere) {
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
        {room.unsent > 0 ? (
          <span className="board-card-unsent">{changes(room.unsent)} only on this device</span>
        ) : (
          room.updatedAt && (
            <span className="home-note">
              Changed <RelativeTime at={room.updatedAt} />
            </span>
          )
        )}
      </span>
      <ChevronRight size={18} aria-hidden="true" style={{ marginInlineStart: 'auto' }} />
    </Link>
  )
}
