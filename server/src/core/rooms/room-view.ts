import type { Room } from '@sketchroom/shared/api/rooms'
import type { PresenceUser } from '@sketchroom/shared/presence'
import type { Role } from '@sketchroom/shared/roles'
import type { RoomRecord } from '../../ports/room-store.ts'

/** A room as somebody with this role sees it. */
export function toRoomView(room: RoomRecord, role: Role, present: readonly PresenceUser[] = []): Room {
  const { id, name, slug, access, metadata, createdAt, updatedAt, deletedAt } = room
  return {
    id,
    name,
    slug,
    access,
    metadata,
    role,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    deletedAt: deletedAt === null ? null : new Date(deletedAt).toISOString(),
    present: [...present],
  }
}
