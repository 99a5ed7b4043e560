import type { RoomId } from '@sketchroom/shared/ids'

/**
 * What is told of a room's id to whoever may not see the room, such as administrators, and to others' servers: of an open
 * board, the id is the link. Of the shortest, which hosts may choose, most is still to be guessed.
 */
export function shortRoomId(roomId: RoomId): string {
  return roomId.slice(0, Math.floor(roomId.length / 3))
}
