import { roomIdSchema, userIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { accessSchema } from '@sketchroom/shared/roles'
import { sql, type Kysely } from 'kysely'
import type { AdminQuery, Page, Place, RoomFacts } from '../../ports/admin-store.ts'
import { readNewestFirst } from './newest-first.ts'
import type { Schema } from './schema.ts'

/** Nobody looks through more of one person's rooms without a list of their own. */
const MOST_OWNED = 100

/** So many updates since a room's newest snapshot are weighed: more are there only when snapshots fail. */
const MOST_OF_TAIL = 1_000

interface RoomRow {
  readonly id: RoomId
  readonly name: string
  readonly access: string
  readonly created_at: number
  readonly updated_at: number
  readonly deleted_at: number | null
}

const COLUMNS = sql`id, name, access, created_at, updated_at, deleted_at`

/** Everybody's rooms, newest first. */
export async function listRooms(
  db: Kysely<Schema>,
  query: AdminQuery<RoomId>,
): Promise<Page<RoomFacts, Place<RoomId>>> {
  const { rows, next } = await readNewestFirst<RoomId, RoomRow>(
    query,
    async (after, limit) => {
      const where = after ? sql`where (created_at, id) < (${after.createdAt}, ${after.id})` : sql``
      const found = await sql<RoomRow>`
        select ${COLUMNS} from rooms ${where} order by created_at desc, id desc limit ${limit}`.execute(db)
      return found.rows
    },
    ({ name }) => [name],
  )
  return { rows: await describe(db, rows), next }
}

/** These rooms, those that there are. */
export async function findRooms(db: Kysely<Schema>, ids: readonly RoomId[]): Promise<RoomFacts[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<RoomRow>`select ${COLUMNS} from rooms where id in (${sql.join(ids)})`.execute(db)
  return await describe(db, rows)
}

/** The names of these rooms, of those that there are. */
export async function findRoomNames(db: Kysely<Schema>, ids: readonly RoomId[]): Promise<Map<RoomId, string>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ id: RoomId; name: string }>`
    select id, name from rooms where id in (${sql.join(ids)})`.execute(db)
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** The rooms of whoever has this e-mail address. */
export async function listOwned(db: Kysely<Schema>, email: string): Promise<RoomFacts[]> {
  const { rows } = await sql<RoomRow>`
    select ${COLUMNS} from rooms where id in (
      select room_id from memberships join users on users.id = user_id where email = ${email} and role = 'owner'
    ) order by created_at desc, id desc limit ${MOST_OWNED}`.execute(db)
  return await describe(db, rows)
}

/** Adds what other tables say of rooms: two statements for a page, however many they are. */
async function describe(db: Kysely<Schema>, rooms: readonly RoomRow[]): Promise<RoomFacts[]> {
  if (rooms.length === 0) return []
  const ids = sql.join(rooms.map(({ id }) => id))
  const newest = sql`coalesce((select max(seq) from room_snapshots where room_id = rooms.id and quarantined is null), 0)`
  const tail = sql`
    select bytes from room_updates where room_id = rooms.id and seq > ${newest} order by seq limit ${sql.lit(MOST_OF_TAIL)}`
  const { rows: sums } = await sql<{ id: string; members: number; updates: number; bytes: number }>`
    select id,
      (select count(*) from memberships where room_id = rooms.id and role is not null) as members,
      coalesce((select head from room_documents where room_id = rooms.id), 0) as updates,
      coalesce((select sum(octet_length(bytes)) from (${tail}) as tail), 0)
      + coalesce((select octet_length(bytes) from room_snapshots where room_id = rooms.id and seq = ${newest}), 0) as bytes
    from rooms where id in (${ids})`.execute(db)
  const { rows: owners } = await sql<{ room_id: string; user_id: string; name: string | null; email: string | null }>`
    select room_id, user_id, name, email from memberships left join users on users.id = user_id
    where room_id in (${ids}) and role = 'owner' order by joined_at, user_id`.execute(db)
  return rooms.map((row) => {
    const sum = sums.find(({ id }) => id === row.id)
    return {
      room: {
        id: roomIdSchema.parse(row.id),
        name: row.name,
        access: accessSchema.parse(row.access),
        createdAt: row.created_at,
        updatedAt: row.updated_at,
        deletedAt: row.deleted_at,
      },
      owners: owners
        .filter(({ room_id }) => room_id === row.id)
        .map(({ user_id, name, email }) => ({ id: userIdSchema.parse(user_id), name: name ?? user_id, email })),
      members: sum?.members ?? 0,
      updates: sum?.updates ?? 0,
      bytes: sum?.bytes ?? 0,
    }
  })
}
