import type { RoomId, UserId } from '@sketchroom/shared/ids'
import type { Access, Role } from '@sketchroom/shared/roles'
import type { PurgedSlice, PurgeSlice } from './purge-slice.ts'

/** A room as stored. Times are milliseconds since 1970. */
export interface RoomRecord {
  readonly id: RoomId
  readonly name: string
  readonly slug: string | null
  readonly access: Access
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly updatedAt: number
  readonly deletedAt: number | null
  /** Counts the changes of this record; the ETag is made from it. */
  readonly version: number
}

/**
 * Who a person is to a room. `role` null: came by the link and has the link's role.
 * `removedAt`: was removed, and the link does not let them back in.
 */
export interface MembershipRecord {
  readonly roomId: RoomId
  readonly userId: UserId
  readonly role: Role | null
  readonly joinedAt: number
  readonly removedAt: number | null
}

/** What a list of rooms is asked for. */
export interface RoomQuery {
  readonly userId: UserId
  readonly limit: number
  /** Continue after the room with this change time and id. */
  readonly after?: { readonly updatedAt: number; readonly id: RoomId } | undefined
  /** Part of the name, in any case. */
  readonly text?: string | undefined
  /** Only rooms in which the person's role, their own or the link's, is this one. */
  readonly role?: Role | undefined
  /** True: the person's own rooms that were deleted, instead of the living. */
  readonly archived: boolean
}

/** Where rooms and memberships live. The rules [RS1] to [RS10] are tested by `room-store.contract.ts`. */
export interface RoomStore {
  /** [RS1] Creates the room and its owner together; rejects with `room_id_taken` or `slug_taken`. */
  createRoom(room: RoomRecord, ownerId: UserId): Promise<void>
  findRoom(id: RoomId): Promise<RoomRecord | undefined>
  /**
   * [RS2] Changes the given fields and adds 1 to `version`; resolves the new record, or undefined when the
   * version is no longer `expectedVersion` (if given). Rejects with `slug_taken`.
   */
  updateRoom(
    id: RoomId,
    changes: Partial<Omit<RoomRecord, 'id' | 'version' | 'createdAt'>>,
    expectedVersion?: number,
  ): Promise<RoomRecord | undefined>
  /** [RS3] Notes that the drawing changed, without a new version; a time never goes back. */
  touchRooms(changedAt: ReadonlyMap<RoomId, number>): Promise<void>
  /** [RS4] The person's rooms (with a role of their own, or by an open link), last changed first. */
  listRooms(query: RoomQuery): Promise<Array<{ room: RoomRecord; membership: MembershipRecord }>>
  /**
   * [RS10] How many rooms the person made and owns: those that live, and those that were deleted at this time, in
   * milliseconds since 1970, or later. Such that others made do not count.
   */
  countRoomsMade(userId: UserId, deletedSince: number): Promise<{ readonly living: number; readonly deleted: number }>
  findMembership(roomId: RoomId, userId: UserId): Promise<MembershipRecord | undefined>
  listMemberships(roomId: RoomId): Promise<MembershipRecord[]>
  /**
   * [RS5] Creates or replaces a membership if what is there still has the role and the removal of `expected`
   * (undefined: nothing is there); resolves false, changing nothing, when it has not. Checks in the same
   * transaction that an owner remains; rejects with `last_owner` otherwise.
   */
  putMembership(membership: MembershipRecord, expected: MembershipRecord | undefined): Promise<boolean>
  /**
   * [RS9] Takes a membership away if what is there still has the role and the removal of this one; resolves false,
   * changing nothing, when it has not. Rejects with `last_owner` like `putMembership`.
   */
  removeMembership(membership: MembershipRecord): Promise<boolean>
  /** [RS6] Notes that a person came by the link, unless the room knows them already. */
  addVisitor(roomId: RoomId, userId: UserId, at: number): Promise<void>
  /**
   * [RS7] Hands everything that one person has to another: where both are members, the stronger role
   * stays, and a removal stays unless the first owns the room. Resolves the rooms concerned.
   */
  transferMemberships(from: UserId, to: UserId): Promise<RoomId[]>
  /** [RS8] Takes away the memberships without a role whose person is gone; a slice is one of people. */
  purgeVisitors(slice: PurgeSlice): Promise<PurgedSlice>
}
