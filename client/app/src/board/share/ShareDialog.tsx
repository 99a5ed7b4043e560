import type { Room } from '@sketchroom/shared/api/rooms'
import type { RoomId } from '@sketchroom/shared/ids'
import { useApp } from '../../session/AppContext.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import type { OpenBoard } from '../board-state.ts'
import { CopyLink } from './CopyLink.tsx'
import { LinkAccess } from './LinkAccess.tsx'
import { MemberList } from './MemberList.tsx'
import './share.css'

interface ShareDialogProps {
  readonly roomId: RoomId
  readonly board: OpenBoard
  readonly onRoomChanged: (room: Room) => void
  /** The person has left the board. */
  readonly onLeft: () => void
  readonly onClose: () => void
}

/** Gives the link away, says who it lets in, and who is in already. */
export function ShareDialog({ roomId, board, onRoomChanged, onLeft, onClose }: ShareDialogProps) {
  const { serverUrl } = useApp()
  return (
    <Dialog title={`Share “${board.name}”`} onClose={onClose}>
      <CopyLink url={`${serverUrl}/r/${roomId}`} />
      <LinkAccess roomId={roomId} access={board.access} role={board.role} onRoomChanged={onRoomChanged} />
      <MemberList roomId={roomId} role={board.role} access={board.access} onLeft={onLeft} />
    </Dialog>
  )
}
