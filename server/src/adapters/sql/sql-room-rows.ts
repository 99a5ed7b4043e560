import { roomIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import { accessSchema, roleSchema } from '@sketchroom/shared/roles'
import type { Insertable, Selectable, Updateable } from 'kysely'
import { z } from 'zod'
import type { MembershipRecord, RoomRecord } from '../../ports/room-store.ts'
import type { Schema } from './schema.ts'

const metadataSchema = z.record(z.string(), z.string())

/** A room from its row. */
export function toRoom(row: Selectable<Schema['rooms']>): RoomRecord {
  return {
    id: roomIdSchema.parse(row.id),
    name: row.name,
    slug: row.slug,
    access: accessSchema.parse(row.access),
    metadata: metadataSchema.parse(JSON.parse(row.metadata)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deletedAt: row.deleted_at,
    version: row.version,
  }
}

/** The row of a room. */
export function fromRoom(room: RoomRecord): Insertable<Schema['rooms']> {
  return {
    id: room.id,
    name: room.name,
    slug: room.slug,
    access: room.access,
    metadata: JSON.stringify(room.metadata),
    created_at: room.createdAt,
    updated_at: room.updatedAt,
    deleted_at: room.deletedAt,
    version: room.version,
  }
}

/** The columns that a change of a room sets; those it does not name stay away. */
export function fromRoomChanges(changes: Partial<RoomRecord>): Updateable<Schema['rooms']> {
  const { name, slug, access, metadata, updatedAt, deletedAt } = changes
  return {
    ...(name !== undefined && { name }),
    ...(slug !== undefined && { slug }),
    ...(access !== undefined && { access }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    ...(updatedAt !== undefined && { updated_at: updatedAt }),
    ...(deletedAt !== undefined && { deleted_at: deletedAt }),
  }
}

/** A membership from its row. */
export function toMembership(row: Selectable<Schema['memberships']>): MembershipRecord {
  return {
    roomId: roomIdSchema.parse(row.room_id),
    userId: userIdSchema.parse(row.user_id),
    role: row.role === null ? null : roleSchema.parse(row.role),
    joinedAt: row.joined_at,
    removedAt: row.removed_at,
  }
}

/** The row of a membership. */
export function fromMembership(membership: MembershipRecord): Insertable<Schema['memberships']> {
  return {
    room_id: membership.roomId,
    user_id: membership.userId,
    role: membership.role,
    joined_at: membership.joinedAt,
    removed_at: membership.removedAt,
  }
}
