import type { RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'

/** Tells who is in a room right now, each person once. The sync side implements it. */
export interface PresenceSource {
  present(roomId: RoomId): PresenceUser[]
}
