import { useQuery } from '@tanstack/react-query'
import { CloudAlert, Plus, WifiOff } from 'lucide-react'
import { useApp, useSessionState } from '../session/AppContext.tsx'
import { Alert } from '../ui/Alert.tsx'
import { Button } from '../ui/Button.tsx'
import { SiteHeader } from '../ui/SiteHeader.tsx'
import { usePageTitle } from '../ui/use-page-title.ts'
import { BoardGridSkeleton } from './BoardGrid.tsx'
import { EndedNotice } from './EndedNotice.tsx'
import { Hero } from './Hero.tsx'
import { KnownBoards } from './KnownBoards.tsx'
import { MyBoards } from './MyBoards.tsx'
import { useNewBoard } from './use-new-board.ts'
import './home.css'

const RETRY_MS = 15_000

/** `/`: what SketchRoom is for those who come first, and their boards for everybody else. */
export function HomePage() {
  const { session } = useApp()
  const state = useSessionState()
  const newBoard = useNewBoard()
  usePageTitle(undefined)
  useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      await session.start()
      return null
    },
    enabled: state.kind === 'unreachable',
    refetchInterval: RETRY_MS,
    // It has just been asked: the first time is in a while.
    initialData: null,
    staleTime: RETRY_MS,
    refetchOnWindowFocus: 'always',
    refetchOnReconnect: 'always',
  })

  const hero = <Hero busy={newBoard.busy} error={newBoard.error} onNewBoard={() => void newBoard.create()} />
  const newBoardButton = (
    <Button
      look="primary"
      icon={<Plus size={18} aria-hidden="true" />}
      busy={newBoard.busy}
      onClick={() => void newBoard.create()}
    >
      New board
    </Button>
  )

  return (
    <div className="home">
      <SiteHeader />
      <main id="content" className="home-main" tabIndex={-1}>
        {state.kind === 'nobody' && hero}
        {state.kind === 'starting' && (
          <>
            <div className="home-head">
              <h1>Your boards</h1>
            </div>
            <BoardGridSkeleton />
          </>
        )}
        {state.kind === 'signed-in' && (
          <MyBoards key={state.user.id} newBoardButton={newBoardButton} newBoardError={newBoard.error} empty={hero} />
        )}
        {state.kind === 'unreachable' && (
          <KnownBoards
            icon={navigator.onLine ? <CloudAlert size={20} /> : <WifiOff size={20} />}
            title={navigator.onLine ? 'The server cannot be reached' : 'You are offline'}
            text="Boards that you opened on this device still open, and keep what you draw until the connection is back."
            onRetry={() => session.start()}
          />
        )}
        {state.kind === 'guests-off' && <EndedNotice user={state.user} isRefused />}
        {state.kind === 'ended' && (
          <>
            <EndedNotice user={state.user} />
            <Alert text={newBoard.error} />
            {state.user.isGuest && <div>{newBoardButton}</div>}
          </>
        )}
      </main>
    </div>
  )
}
