import type { Role } from '@sketchroom/shared/roles'
import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely'
import type { MembershipRecord, RoomQuery, RoomRecord } from '../../ports/room-store.ts'
import type { Schema } from './schema.ts'
import { toMembership, toRoom } from './sql-room-rows.ts'

/** A room of a list, with what the asking person is in it. */
export interface ListedRoom {
  readonly room: RoomRecord
  readonly membership: MembershipRecord
}

const SEARCH_BATCH = 200

/** One page of a person's rooms, last changed first. */
export async function listRooms(db: Kysely<Schema>, query: RoomQuery): Promise<ListedRoom[]> {
  const { text, limit } = query
  if (text === undefined) return await selectPage(db, query)
  // Engines disagree on what is a lower-case letter outside ASCII, so the text is compared here.
  const sought = text.toLowerCase()
  const found: ListedRoom[] = []
  let after = query.after
  for (;;) {
    const batch = await selectPage(db, { ...query, after, limit: SEARCH_BATCH })
    found.push(...batch.filter(({ room }) => room.name.toLowerCase().includes(sought)))
    if (found.length >= limit || batch.length < SEARCH_BATCH) return found.slice(0, limit)
    after = batch.at(-1)?.room
  }
}

async function selectPage(db: Kysely<Schema>, query: RoomQuery): Promise<ListedRoom[]> {
  const { userId, limit, after, role, archived } = query
  let select = db
    .selectFrom('memberships')
    .innerJoin('rooms', 'rooms.id', 'memberships.room_id')
    .selectAll()
    .where('user_id', '=', userId)
    .where('removed_at', 'is', null)
    .where('deleted_at', archived ? 'is not' : 'is', null)
    .where((eb) => eb.or([eb('role', 'is not', null), eb('access', '!=', 'private')]))
    .orderBy('updated_at', 'desc')
    .orderBy('rooms.id', 'desc')
    .limit(limit)
  if (archived) select = select.where('role', '=', 'owner')
  if (role) select = select.where((eb) => hasRole(eb, role))
  if (after) {
    select = select.where((eb) =>
      eb.or([
        eb('updated_at', '<', after.updatedAt),
        eb.and([eb('updated_at', '=', after.updatedAt), eb('rooms.id', '<', after.id)]),
      ]),
    )
  }
  const rows = await select.execute()
  return rows.map((row) => ({ room: toRoom(row), membership: toMembership(row) }))
}

/** Whether the stronger of the person's own role and the link's is this one. */
function hasRole(eb: ExpressionBuilder<Schema, 'memberships' | 'rooms'>, role: Role): Expression<SqlBool> {
  const own = (value: Role) => eb('role', '=', value)
  const unlessOwner = eb.or([eb('role', 'is', null), eb('role', '!=', 'owner')])
  switch (role) {
    case 'owner':
      return own('owner')
    case 'editor':
      return eb.or([own('editor'), eb.and([unlessOwner, eb('access', '=', 'link-edit')])])
    case 'viewer':
      return eb.and([
        eb('access', '!=', 'link-edit'),
        eb.or([own('viewer'), eb.and([eb('role', 'is', null), eb('access', '=', 'link-view')])]),
      ])
  }
}
