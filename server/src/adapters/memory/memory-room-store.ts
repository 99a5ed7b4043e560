import type { RoomId, UserId } from '@sketchroom/shared/ids'
import { linkRole, strongerRole } from '@sketchroom/shared/roles'
import { SketchRoomError } from '../../errors.ts'
import { mergeMemberships } from '../../ports/merge-memberships.ts'
import type { PurgedSlice, PurgeSlice } from '../../ports/purge-slice.ts'
import type { MembershipRecord, RoomQuery, RoomRecord, RoomStore } from '../../ports/room-store.ts'
import { isSameStanding } from '../../ports/same-standing.ts'
import { purgeIds } from './purge-ids.ts'

/** Rooms and memberships for as long as the process lives: for tests. */
export class MemoryRoomStore implements RoomStore {
  readonly #rooms = new Map<RoomId, RoomRecord>()
  readonly #memberships = new Map<RoomId, Map<UserId, MembershipRecord>>()
  readonly #hasUser: (id: UserId) => boolean

  /** Tables of one database see each other; this store must be told who there is. */
  constructor(people: { hasUser(id: UserId): boolean } = { hasUser: () => true }) {
    this.#hasUser = (id) => people.hasUser(id)
  }

  async createRoom(room: RoomRecord, ownerId: UserId): Promise<void> {
    if (this.#rooms.has(room.id)) throw new SketchRoomError('room_id_taken', 'A room has this id.')
    this.#claimSlug(room.slug)
    this.#rooms.set(room.id, room)
    const owner = {
      roomId: room.id,
      userId: ownerId,
      role: 'owner',
      joinedAt: room.createdAt,
      removedAt: null,
    } as const
    this.#memberships.set(room.id, new Map([[ownerId, owner]]))
  }

  async findRoom(id: RoomId): Promise<RoomRecord | undefined> {
    return this.#rooms.get(id)
  }

  async updateRoom(
    id: RoomId,
    changes: Partial<Omit<RoomRecord, 'id' | 'version' | 'createdAt'>>,
    expectedVersion?: number,
  ): Promise<RoomRecord | undefined> {
    const room = this.#rooms.get(id)
    if (!room || (expectedVersion !== undefined && room.version !== expectedVersion)) return undefined
    if (changes.slug !== undefined && changes.slug !== room.slug) this.#claimSlug(changes.slug)
    const updated = { ...room, ...changes, version: room.version + 1 }
    this.#rooms.set(id, updated)
    return updated
  }

  async touchRooms(changedAt: ReadonlyMap<RoomId, number>): Promise<void> {
    for (const [id, at] of changedAt) {
      const room = this.#rooms.get(id)
      if (room) this.#rooms.set(id, { ...room, updatedAt: Math.max(room.updatedAt, at) })
    }
  }

  async listRooms(query: RoomQuery): Promise<Array<{ room: RoomRecord; membership: MembershipRecord }>> {
    const { userId, limit, after, text, role, archived } = query
    return [...this.#rooms.values()]
      .flatMap((room) => {
        const membership = this.#members(room.id).get(userId)
        return membership ? [{ room, membership }] : []
      })
      .filter(({ room, membership }) => {
        if (membership.removedAt !== null || archived !== (room.deletedAt !== null)) return false
        const effective = strongerRole(membership.role ?? undefined, linkRole(room.access))
        if (!effective || (role && effective !== role)) return false
        return archived ? membership.role === 'owner' : true
      })
      .filter(({ room }) => text === undefined || room.name.toLowerCase().includes(text.toLowerCase()))
      .filter(({ room }) => !after || isBefore(after, room))
      .sort((a, b) => (isBefore(a.room, b.room) ? -1 : 1))
      .slice(0, limit)
  }

  async countRoomsMade(userId: UserId, deletedSince: number): Promise<{ living: number; deleted: number }> {
    const made = [...this.#rooms.values()].filter(({ id, createdAt }) => {
      const membership = this.#members(id).get(userId)
      return membership?.role === 'owner' && membership.joinedAt === createdAt
    })
    return {
      living: made.filter(({ deletedAt }) => deletedAt === null).length,
      deleted: made.filter(({ deletedAt }) => deletedAt !== null && deletedAt >= deletedSince).length,
    }
  }

  async findMembership(roomId: RoomId, userId: UserId): Promise<MembershipRecord | undefined> {
    return this.#members(roomId).get(userId)
  }

  async listMemberships(roomId: RoomId): Promise<MembershipRecord[]> {
    return [...this.#members(roomId).values()]
  }

  async putMembership(membership: MembershipRecord, expected: MembershipRecord | undefined): Promise<boolean> {
    if (!isSameStanding(this.#members(membership.roomId).get(membership.userId), expected)) return false
    this.#setMembers(membership.roomId, new Map(this.#members(membership.roomId)).set(membership.userId, membership))
    return true
  }

  async removeMembership(membership: MembershipRecord): Promise<boolean> {
    const members = new Map(this.#members(membership.roomId))
    if (!isSameStanding(members.get(membership.userId), membership)) return false
    members.delete(membership.userId)
    this.#setMembers(membership.roomId, members)
    return true
  }

  async addVisitor(roomId: RoomId, userId: UserId, at: number): Promise<void> {
    const members = this.#members(roomId)
    if (!members.has(userId)) members.set(userId, { roomId, userId, role: null, joinedAt: at, removedAt: null })
  }

  async transferMemberships(from: UserId, to: UserId): Promise<RoomId[]> {
    const concerned: RoomId[] = []
    for (const [roomId, members] of this.#memberships) {
      const handed = members.get(from)
      if (!handed) continue
      members.set(to, { ...mergeMemberships(members.get(to), handed), userId: to })
      members.delete(from)
      concerned.push(roomId)
    }
    return concerned
  }

  async purgeVisitors(slice: PurgeSlice): Promise<PurgedSlice> {
    const people = new Set([...this.#memberships.values()].flatMap((members) => [...members.keys()]))
    return purgeIds(people, slice, (userId) => {
      if (this.#hasUser(userId)) return 0
      let removed = 0
      for (const members of this.#memberships.values()) {
        if (members.get(userId)?.role === null && members.delete(userId)) removed += 1
      }
      return removed
    })
  }

  /** Whether somebody has a role of their own in any room, for the store of the people. */
  hasRole(id: UserId): boolean {
    return [...this.#memberships.values()].some((members) => (members.get(id)?.role ?? null) !== null)
  }

  #members(roomId: RoomId): Map<UserId, MembershipRecord> {
    return this.#memberships.get(roomId) ?? new Map()
  }

  #setMembers(roomId: RoomId, members: Map<UserId, MembershipRecord>): void {
    if (![...members.values()].some(({ role, removedAt }) => role === 'owner' && removedAt === null)) {
      throw new SketchRoomError('last_owner', 'A room needs an owner.')
    }
    this.#memberships.set(roomId, members)
  }

  #claimSlug(slug: string | null): void {
    if (slug !== null && [...this.#rooms.values()].some((room) => room.slug === slug)) {
      throw new SketchRoomError('slug_taken', 'A room has this short name.')
    }
  }
}

/** Whether `a` stands before `b` in a list: changed later, or at the same time with the greater id. */
function isBefore(a: { updatedAt: number; id: string }, b: { updatedAt: number; id: string }): boolean {
  return a.updatedAt === b.updatedAt ? a.id > b.id : a.updatedAt > b.updatedAt
}
