import { useRef, useState } from 'react'
import { RotateCcw } from 'lucide-react'
import type { Room } from '@sketchroom/shared/api/rooms'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { RelativeTime } from '../ui/RelativeTime.tsx'
import type { Boards } from './use-boards.ts'
import './deleted-boards.css'

interface DeletedBoardsProps {
  readonly boards: Boards
  /** Resolves to whether the board is back. */
  readonly onRestore: (room: Room) => Promise<boolean>
  readonly onLoadMore: () => Promise<void>
  readonly onRetry: () => Promise<void>
}

/** The boards that the person deleted and can restore, folded away at the foot of the page; nothing without any. */
export function DeletedBoards({ boards, onRestore, onLoadMore, onRetry }: DeletedBoardsProps) {
  const summary = useRef<HTMLElement>(null)

  if (boards.kind === 'failed') {
    return (
      <div className="deleted-boards-failed">
        <p className="home-note" role="status">
          Your deleted boards could not be loaded.
        </p>
        <Button onClick={() => void onRetry()}>Try again</Button>
      </div>
    )
  }
  // While they load nothing is shown: most people have none.
  if (boards.kind !== 'ready' || boards.rooms.length === 0) return null
  const isLast = boards.rooms.length === 1

  async function restore(room: Room): Promise<void> {
    if (!(await onRestore(room))) return
    // The button goes, and the keyboard's place must not go with it.
    if (isLast) document.getElementById('content')?.focus()
    else summary.current?.focus()
  }

  return (
    <details className="deleted-boards">
      <summary ref={summary}>
        <h2>Recently deleted</h2>
        <span className="deleted-boards-count">
          {boards.rooms.length}
          {boards.hasMore && '+'}
        </span>
      </summary>
      <ul className="home-panel known-boards" aria-label="Recently deleted">
        {boards.rooms.map((room) => (
          <DeletedBoard key={room.id} room={room} onRestore={() => restore(room)} />
        ))}
      </ul>
      {boards.hasMore && (
        <div className="home-more">
          <Button busy={boards.more === 'loading'} onClick={() => void onLoadMore()}>
            Load more
          </Button>
          {boards.more === 'failed' && <Alert text="More boards could not be loaded. Try again." />}
        </div>
      )}
    </details>
  )
}

function DeletedBoard({ room, onRestore }: { room: Room; onRestore: () => Promise<void> }) {
  const [busy, setBusy] = useState(false)

  async function restore(): Promise<void> {
    setBusy(true)
    await onRestore()
    setBusy(false)
  }

  return (
    <li className="known-board">
      <span className="known-board-text">
        <span className="known-board-name">{room.name}</span>
        <span className="home-note">
          Deleted <RelativeTime at={room.deletedAt ?? room.updatedAt} />
        </span>
      </span>
      <Button
        className="deleted-board-restore"
        aria-label={`Restore ${room.name}`}
        icon={<RotateCcw size={16} aria-hidden="true" />}
        busy={busy}
        onClick={() => void restore()}
      >
        Restore
      </Button>
    </li>
  )
}
