import type { RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'

/** Tells who is in rooms right now, on whichever instance, each person once. The sync side implements it. */
export interface PresenceSource {
  /** A room in which nobody is may be left out. Never rejects: whom it cannot learn of is not there. */
  present(roomIds: readonly RoomId[]): Promise<ReadonlyMap<RoomId, readonly PresenceUser[]>>
}
