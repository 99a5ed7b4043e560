import { useParams } from 'react-router'
import { findRoomId } from '@sketchroom/shared/ids'
import { BoardPage } from './BoardPage.tsx'
import { ClosedBoard } from './ClosedBoard.tsx'

/** `/r/{roomId}`: each board has a page of its own, so that nothing of one is left in the next. */
export function BoardRoute() {
  const roomId = findRoomId(useParams()['roomId'] ?? '')
  if (!roomId) return <ClosedBoard reason={{ kind: 'not-found' }} />
  return <BoardPage key={roomId} roomId={roomId} />
}
