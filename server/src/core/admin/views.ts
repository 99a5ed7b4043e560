import type { AddressBlock, AdminPerson, AdminRecord, AdminRoom, AdminSession } from '@sketchroom/shared/api/admin'
import type { SessionId, UserId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import type { SessionRecord } from '../../ports/accounts-store.ts'
import type { PersonFacts, RecordFacts, RoomFacts } from '../../ports/admin-store.ts'
import type { BlockRecord } from '../../ports/block-store.ts'
import { shortRoomId } from '../../short-room-id.ts'

/** A room as it is answered. */
export function toAdminRoom(facts: RoomFacts, present: readonly PresenceUser[] = []): AdminRoom {
  const { room, owners, members, updates, bytes } = facts
  return {
    shortId: shortRoomId(room.id),
    name: room.name,
    access: room.access,
    createdAt: isoTime(room.createdAt),
    updatedAt: isoTime(room.updatedAt),
    deletedAt: isoTimeOrNull(room.deletedAt),
    owners: owners.map(({ id, name, email }) => ({ id, name, email })),
    members,
    updates,
    bytes,
    present: present.map(({ id, name, color }) => ({ id, name, color })),
  }
}

/** A person as they are answered. */
export function toAdminPerson({ user, lastSeenAt, rooms, sessions }: PersonFacts, isAdmin: boolean): AdminPerson {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    isGuest: user.email === null,
    isAdmin,
    createdAt: isoTime(user.createdAt),
    lastSeenAt: isoTimeOrNull(lastSeenAt),
    rooms,
    sessions,
  }
}

/** A sign-in as it is answered; `yours` is that of who asks. */
export function toAdminSession(session: SessionRecord, yours: SessionId): AdminSession {
  const { id, createdAt, rotatedAt, expiresAt } = session
  return {
    id,
    createdAt: isoTime(createdAt),
    lastSeenAt: isoTime(rotatedAt ?? createdAt),
    expiresAt: isoTime(expiresAt),
    isYours: id === yours,
  }
}

/** A record that was set aside, as it is answered. */
export function toAdminRecord({ roomId, roomName, kind, seq, reason, author, at, bytes }: RecordFacts): AdminRecord {
  return { roomShortId: shortRoomId(roomId), roomName, kind, seq, reason, author, at: isoTime(at), bytes }
}

/** A block as it is answered. */
export function toAddressBlock(block: BlockRecord, names: ReadonlyMap<UserId, string>): AddressBlock {
  const { id, network, reason, createdAt, createdBy, until } = block
  return {
    id,
    network,
    reason,
    createdAt: isoTime(createdAt),
    createdBy: { id: createdBy, name: names.get(createdBy) ?? null },
    until: isoTimeOrNull(until),
  }
}

/** A time in milliseconds since 1970 in ISO 8601. */
export function isoTime(at: number): string {
  return new Date(at).toISOString()
}

function isoTimeOrNull(at: number | null): string | null {
  return at === null ? null : isoTime(at)
}
