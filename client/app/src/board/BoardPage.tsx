import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import type { Person, SavingStatus, SharedCanvasHandle } from '@sketchroom/canvas'
import type { RoomId } from '@sketchroom/shared/ids'
import { describeError } from '../api/describe-error.ts'
import { findKnownRoom } from '../device/known-rooms.ts'
import { useApp } from '../session/AppContext.tsx'
import { ErrorBoundary } from '../ui/ErrorBoundary.tsx'
import { useToast } from '../ui/Toasts.tsx'
import { usePageTitle } from '../ui/use-page-title.ts'
import { BoardBar } from './BoardBar.tsx'
import { BoardNotices } from './BoardNotices.tsx'
import { BoardSkeleton } from './BoardSkeleton.tsx'
import { CanvasFailed } from './CanvasFailed.tsx'
import { ClosedBoard } from './ClosedBoard.tsx'
import { reasonOfCode } from './closed-reason.ts'
import { FollowingNotice } from './FollowingNotice.tsx'
import { RefusedEdits } from './refused/RefusedEdits.tsx'
import { SaveFileButton } from './SaveFileButton.tsx'
import { ShareDialog } from './share/ShareDialog.tsx'
import { isAtRisk } from './status-words.ts'
import { useBoard } from './use-board.ts'
import { useBoardDrawing } from './use-board-drawing.ts'
import { useLeaveWarning } from './use-leave-warning.ts'
import './board.css'

const loadCanvas = () => import('@sketchroom/canvas')
/** The canvas is most of the app's weight; the home page does without. */
const Canvas = lazy(async () => ({ default: (await loadCanvas()).Canvas }))

const CONNECTING: SavingStatus = { kind: 'connecting', unsent: 0, stored: true }

/** One board: the drawing, and above it its name, whether it is saved, who is here, and how to share it. */
export function BoardPage({ roomId }: { roomId: RoomId }) {
  const { rooms, storage, serverUrl } = useApp()
  const toast = useToast()
  const { board, close, reload, adoptChange, setRole, continueAsGuest } = useBoard(roomId)
  const canvas = useRef<SharedCanvasHandle>(null)
  const [people, setPeople] = useState<readonly Person[]>([])
  const [isReady, setIsReady] = useState(false)
  const [isSharing, setIsSharing] = useState(false)
  const open = board.kind === 'open' ? board.board : undefined
  const drawing = useBoardDrawing(roomId, board, (code) => {
    const reason = reasonOfCode(code)
    if (reason) close(reason)
  })
  const status = drawing.status ?? CONNECTING
  usePageTitle(open?.name)

  useEffect(() => {
    // It arrives while the server is asked about the board. If it fails, React asks again and says so.
    loadCanvas().catch(() => undefined)
  }, [])
  useLeaveWarning(isAtRisk(status))

  const boardName = open?.name ?? findKnownRoom(storage, roomId)?.name ?? 'this board'
  const saveFile = <SaveFileButton boardName={boardName} read={drawing.read} />
  const refused = (
    <RefusedEdits boardName={boardName} unsent={drawing.left.unsent} read={drawing.read} onDiscard={drawing.discard} />
  )

  if (board.kind === 'closed') {
    return (
      <ClosedBoard
        reason={board.reason}
        left={drawing.left}
        refused={refused}
        onRetry={() => reload()}
        onContinueAsGuest={continueAsGuest}
        onRestore={board.role === 'owner' ? async () => adoptChange(await rooms.restore(roomId)) : undefined}
      />
    )
  }

  if (status.kind === 'not-here') {
    return <ClosedBoard reason={{ kind: 'unreachable' }} onRetry={drawing.reconnect} />
  }

  return (
    <div className="board">
      <BoardBar
        board={open}
        status={status}
        people={people}
        onFollow={(clientId) => canvas.current?.follow(clientId)}
        onRename={async (name) => {
          try {
            adoptChange(await rooms.update(roomId, { name }))
          } catch (error) {
            toast({ text: `The name was not changed. ${describeError(error)}` })
          }
        }}
        onShare={() => {
          setIsSharing(true)
          // Somebody else may have changed since who the link lets in.
          void reload()
        }}
      />
      <main id="content" className="board-main" aria-label="Drawing" tabIndex={-1}>
        <BoardNotices status={status} refused={refused} saveFile={saveFile} />
        <div className="board-canvas">
          {!isReady && <BoardSkeleton />}
          {open && drawing.session && (
            <ErrorBoundary fallback={<CanvasFailed saveFile={saveFile} />}>
              <Suspense>
                <Canvas
                  ref={canvas}
                  session={drawing.session}
                  serverUrl={serverUrl}
                  theme="system"
                  mode="edit"
                  onRole={(role) => role && setRole(role)}
                  onPeople={setPeople}
                  onReady={() => setIsReady(true)}
                  onError={(error) => toast({ text: error.message })}
                />
              </Suspense>
            </ErrorBoundary>
          )}
          <FollowingNotice people={people} onStop={() => canvas.current?.follow(null)} />
        </div>
      </main>
      {isSharing && open && (
        <ShareDialog
          roomId={roomId}
          board={open}
          onRoomChanged={adoptChange}
          onLeft={() => close({ kind: 'left' })}
          onClose={() => setIsSharing(false)}
        />
      )}
    </div>
  )
}
