import type { RoomId, UserId } from '@sketchroom/shared/ids'
import { sql, type ExpressionBuilder, type Kysely, type Transaction } from 'kysely'
import { SketchRoomError } from '../../errors.ts'
import { mergeMemberships } from '../../ports/merge-memberships.ts'
import type { PurgedSlice, PurgeSlice } from '../../ports/purge-slice.ts'
import type { MembershipRecord, RoomQuery, RoomRecord, RoomStore } from '../../ports/room-store.ts'
import { isSameStanding } from '../../ports/same-standing.ts'
import { purgePage } from './purge-page.ts'
import type { Schema } from './schema.ts'
import { isUniqueViolation, type SqlDatabase } from './sql-database.ts'
import { listRooms, type ListedRoom } from './sql-room-list.ts'
import { fromMembership, fromRoom, fromRoomChanges, toMembership, toRoom } from './sql-room-rows.ts'

/** Rooms and memberships in the tables `rooms` and `memberships`. */
export class SqlRoomStore implements RoomStore {
  readonly #database: SqlDatabase
  readonly #db: Kysely<Schema>

  constructor(database: SqlDatabase) {
    this.#database = database
    this.#db = database.db
  }

  async createRoom(room: RoomRecord, ownerId: UserId): Promise<void> {
    const owner = {
      roomId: room.id,
      userId: ownerId,
      role: 'owner',
      joinedAt: room.createdAt,
      removedAt: null,
    } as const
    try {
      await this.#db.transaction().execute(async (trx) => {
        await trx.insertInto('rooms').values(fromRoom(room)).execute()
        await trx.insertInto('memberships').values(fromMembership(owner)).execute()
      })
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      throw (await this.findRoom(room.id))
        ? new SketchRoomError('room_id_taken', 'A room has this id.', { cause: error })
        : slugTaken(error)
    }
  }

  async findRoom(id: RoomId): Promise<RoomRecord | undefined> {
    const row = await this.#db.selectFrom('rooms').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toRoom(row)
  }

  async updateRoom(
    id: RoomId,
    changes: Partial<Omit<RoomRecord, 'id' | 'version' | 'createdAt'>>,
    expectedVersion?: number,
  ): Promise<RoomRecord | undefined> {
    let update = this.#db
      .updateTable('rooms')
      .set({ ...fromRoomChanges(changes), version: sql<number>`version + 1` })
      .where('id', '=', id)
      .returningAll()
    if (expectedVersion !== undefined) update = update.where('version', '=', expectedVersion)
    try {
      const row = await update.executeTakeFirst()
      return row && toRoom(row)
    } catch (error) {
      throw isUniqueViolation(error) ? slugTaken(error) : error
    }
  }

  async touchRooms(changedAt: ReadonlyMap<RoomId, number>): Promise<void> {
    // Rooms in id order, so that two instances never wait for each other in a circle.
    const rooms = [...changedAt].sort(([a], [b]) => (a < b ? -1 : 1))
    if (rooms.length === 0) return
    const touches = rooms.map(([id, at]) =>
      this.#db.updateTable('rooms').set({ updated_at: at }).where('id', '=', id).where('updated_at', '<', at).compile(),
    )
    // One message: with a round trip for each room, a busy server would hold the write lock through all of them.
    await this.#database.commit(touches)
  }

  async listRooms(query: RoomQuery): Promise<ListedRoom[]> {
    return await listRooms(this.#database.lists, query)
  }

  async countRoomsMade(userId: UserId, deletedSince: number): Promise<{ living: number; deleted: number }> {
    const { living, deleted } = await this.#db
      .selectFrom('memberships')
      .innerJoin('rooms', 'rooms.id', 'memberships.room_id')
      .select(({ fn }) => [
        fn.countAll<number | string>().filterWhere('deleted_at', 'is', null).as('living'),
        fn.countAll<number | string>().filterWhere('deleted_at', '>=', deletedSince).as('deleted'),
      ])
      .where('user_id', '=', userId)
      .where('role', '=', 'owner')
      // Who was made an owner by somebody came later.
      .whereRef('joined_at', '=', 'created_at')
      .executeTakeFirstOrThrow()
    return { living: Number(living), deleted: Number(deleted) }
  }

  async findMembership(roomId: RoomId, userId: UserId): Promise<MembershipRecord | undefined> {
    return await selectMembership(this.#db, roomId, userId)
  }

  async listMemberships(roomId: RoomId): Promise<MembershipRecord[]> {
    const rows = await this.#db.selectFrom('memberships').selectAll().where('room_id', '=', roomId).execute()
    return rows.map(toMembership)
  }

  async putMembership(membership: MembershipRecord, expected: MembershipRecord | undefined): Promise<boolean> {
    const { roomId, userId } = membership
    return await this.#db.transaction().execute(async (trx) => {
      // So that two owners who leave at once cannot each see the other stay.
      await lockRoom(trx, roomId)
      if (!isSameStanding(await selectMembership(trx, roomId, userId), expected)) return false
      await upsertMembership(trx, membership)
      await requireOwner(trx, roomId)
      return true
    })
  }

  async removeMembership(membership: MembershipRecord): Promise<boolean> {
    const { roomId, userId } = membership
    return await this.#db.transaction().execute(async (trx) => {
      await lockRoom(trx, roomId)
      if (!isSameStanding(await selectMembership(trx, roomId, userId), membership)) return false
      await trx.deleteFrom('memberships').where('room_id', '=', roomId).where('user_id', '=', userId).execute()
      await requireOwner(trx, roomId)
      return true
    })
  }

  async addVisitor(roomId: RoomId, userId: UserId, at: number): Promise<void> {
    await this.#db
      .insertInto('memberships')
      .values(fromMembership({ roomId, userId, role: null, joinedAt: at, removedAt: null }))
      .onConflict((conflict) => conflict.columns(['room_id', 'user_id']).doNothing())
      .execute()
  }

  async transferMemberships(from: UserId, to: UserId): Promise<RoomId[]> {
    return await this.#db.transaction().execute(async (trx) => {
      const handed = await lockMembershipsOf(trx, from)
      const own = new Map((await membershipsOf(trx, to)).map((membership) => [membership.roomId, membership]))
      for (const membership of handed) {
        await upsertMembership(trx, { ...mergeMemberships(own.get(membership.roomId), membership), userId: to })
      }
      await trx.deleteFrom('memberships').where('user_id', '=', from).execute()
      return handed.map(({ roomId }) => roomId)
    })
  }

  async purgeVisitors({ after, limit }: PurgeSlice): Promise<PurgedSlice> {
    const isGone = (eb: ExpressionBuilder<Schema, 'memberships'>) =>
      eb.not(eb.exists(eb.selectFrom('users').select('users.id').whereRef('users.id', '=', 'memberships.user_id')))
    const page = await this.#db
      .selectFrom('memberships')
      .select((eb) => ['user_id as id', isGone(eb).as('due')])
      .where('user_id', '>', after)
      .groupBy('user_id')
      .orderBy('user_id')
      .limit(limit)
      .execute()
    return await purgePage(page, limit, (ids) =>
      this.#db
        .deleteFrom('memberships')
        .where('user_id', 'in', ids)
        .where('role', 'is', null)
        .where(isGone)
        .executeTakeFirst(),
    )
  }
}

async function selectMembership(db: Kysely<Schema>, roomId: RoomId, userId: UserId) {
  const row = await db
    .selectFrom('memberships')
    .selectAll()
    .where('room_id', '=', roomId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row && toMembership(row)
}

async function membershipsOf(trx: Transaction<Schema>, userId: UserId): Promise<MembershipRecord[]> {
  const rows = await trx.selectFrom('memberships').selectAll().where('user_id', '=', userId).execute()
  return rows.map(toMembership)
}

/** Rejects with `last_owner`, which undoes the transaction, when nobody owns the room any more. */
async function requireOwner(trx: Transaction<Schema>, roomId: RoomId): Promise<void> {
  const owner = await trx
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', roomId)
    .where('role', '=', 'owner')
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!owner) throw new SketchRoomError('last_owner', 'A room needs an owner.')
}

/** Until the transaction ends, nobody else changes who is a member of the room. */
async function lockRoom(trx: Transaction<Schema>, roomId: RoomId): Promise<void> {
  await trx
    .updateTable('rooms')
    .set({ version: sql<number>`version` })
    .where('id', '=', roomId)
    .execute()
}

/**
 * Somebody's memberships, with their rooms locked in the order of their ids: what is decided from them, and from
 * another's in the same rooms, still holds when it is written.
 */
async function lockMembershipsOf(trx: Transaction<Schema>, userId: UserId): Promise<MembershipRecord[]> {
  const locked = new Set<RoomId>()
  for (;;) {
    const memberships = await membershipsOf(trx, userId)
    const roomIds = memberships.map(({ roomId }) => roomId).filter((roomId) => !locked.has(roomId))
    if (roomIds.length === 0) return memberships
    for (const roomId of roomIds.sort()) {
      await lockRoom(trx, roomId)
      locked.add(roomId)
    }
  }
}

async function upsertMembership(trx: Transaction<Schema>, membership: MembershipRecord): Promise<void> {
  const { room_id, user_id, ...rest } = fromMembership(membership)
  await trx
    .insertInto('memberships')
    .values({ room_id, user_id, ...rest })
    .onConflict((conflict) => conflict.columns(['room_id', 'user_id']).doUpdateSet(rest))
    .execute()
}

function slugTaken(cause: unknown): SketchRoomError {
  return new SketchRoomError('slug_taken', 'A room has this short name.', { cause })
}
