import { useEffect, useState, type ReactNode } from 'react'
import { CloudAlert, SearchX, WifiOff } from 'lucide-react'
import { Link } from 'react-router'
import type { Room } from '@sketchroom/shared/api/rooms'
import { describeError } from '../api/describe-error.ts'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { MessagePage } from '../ui/MessagePage.tsx'
import { RenameDialog } from '../ui/RenameDialog.tsx'
import { SearchField } from '../ui/SearchField.tsx'
import { BoardCard } from './BoardCard.tsx'
import { BoardGrid, BoardGridSkeleton } from './BoardGrid.tsx'
import { DeletedBoards } from './DeletedBoards.tsx'
import { KnownBoards, StrayBoards } from './KnownBoards.tsx'
import { useBoards } from './use-boards.ts'
import { useDeleteBoard } from './use-delete-board.ts'

/** The search waits for a pause in typing. */
const SEARCH_PAUSE_MS = 200

interface MyBoardsProps {
  readonly newBoardButton: ReactNode
  readonly newBoardError: string | undefined
  /** What somebody without a board sees. */
  readonly empty: ReactNode
}

/** The boards of the person who is signed in: search, open, rename, delete and restore. */
export function MyBoards({ newBoardButton, newBoardError, empty }: MyBoardsProps) {
  const { rooms: api } = useApp()
  const session = useSessionState()
  const [typed, setTyped] = useState('')
  const [query, setQuery] = useState('')
  const [renaming, setRenaming] = useState<Room>()
  const { boards, reload, loadMore } = useBoards(query)
  const deleted = useBoards(query, 'deleted')

  useEffect(() => {
    const timer = setTimeout(() => setQuery(typed.trim()), SEARCH_PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed])

  const { remove, restore, hidden } = useDeleteBoard()
  const rooms = boards.kind === 'ready' ? boards.rooms.filter(({ id }) => !hidden.has(id)) : []

  if (boards.kind === 'offline') {
    return (
      <KnownBoards
        icon={navigator.onLine ? <CloudAlert size={20} /> : <WifiOff size={20} />}
        title={navigator.onLine ? 'The server cannot be reached' : 'You are offline'}
        text="Boards that you opened on this device still open, and keep what you draw until the connection is back."
        onRetry={reload}
      />
    )
  }
  // While somebody searches, what is listed is a part.
  const strays = boards.kind === 'ready' && !query && <StrayBoards listed={new Set(rooms.map(({ id }) => id))} />
  const deletedBoards = boards.kind === 'ready' && (
    <DeletedBoards boards={deleted.boards} onRestore={restore} onLoadMore={deleted.loadMore} onRetry={deleted.reload} />
  )
  if (boards.kind === 'ready' && rooms.length === 0 && !query && !typed) {
    return (
      <>
        {strays}
        {empty}
        {deletedBoards}
      </>
    )
  }

  return (
    <>
      <div className="home-head">
        <h1>Your boards</h1>
        <SearchField
          label="Search boards by name"
          placeholder="Search by name"
          className="home-search"
          value={typed}
          onChange={setTyped}
        />
        {newBoardButton}
      </div>
      <Alert text={newBoardError} />
      {strays}
      {boards.kind === 'loading' && <BoardGridSkeleton />}
      {boards.kind === 'failed' && (
        <MessagePage
          alert
          icon={<CloudAlert size={32} />}
          title="Your boards could not be loaded"
          text={describeError(boards.error)}
          actions={
            <Button look="primary" onClick={() => void reload()}>
              Try again
            </Button>
          }
        />
      )}
      {boards.kind === 'ready' && rooms.length === 0 && (
        <MessagePage
          icon={<SearchX size={32} />}
          title={`No board is called “${query}”`}
          text="Part of a name is enough. Boards that others share with you appear here once you have opened them."
          actions={<Button onClick={() => setTyped('')}>Show all boards</Button>}
        />
      )}
      {boards.kind === 'ready' && rooms.length > 0 && (
        <BoardGrid label="Your boards">
          {rooms.map((room) => (
            <BoardCard
              key={room.id}
              room={room}
              onRename={() => setRenaming(room)}
              onDelete={() => void remove(room)}
            />
          ))}
        </BoardGrid>
      )}
      {boards.kind === 'ready' && boards.hasMore && (
        <div className="home-more">
          <Button busy={boards.more === 'loading'} onClick={() => void loadMore()}>
            Load more
          </Button>
          {boards.more === 'failed' && <Alert text="More boards could not be loaded. Try again." />}
        </div>
      )}
      {session.kind === 'signed-in' && session.user.isGuest && (
        <p className="home-note">
          You are here as a guest, so these boards are tied to this browser. <Link to="/signup">Create an account</Link>{' '}
          to reach them from anywhere.
        </p>
      )}
      {deletedBoards}
      {renaming && (
        <RenameDialog
          title="Rename board"
          label="Name"
          name={renaming.name}
          maxLength={120}
          onClose={() => setRenaming(undefined)}
          onRename={async (name) => {
            await api.update(renaming.id, { name })
            await reload()
          }}
        />
      )}
    </>
  )
}
