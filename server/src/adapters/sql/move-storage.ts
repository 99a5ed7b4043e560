import { sql, type Kysely } from 'kysely'
import { HEAD_BYTES } from '../encryption/keyring.ts'
import { copyRows, rowsOf } from './copy-rows.ts'
import type { Schema } from './schema.ts'
import { COPIED_TABLES, DOCUMENT_TABLES, RECORD_TABLES, type RecordTable, type Table } from './table-keys.ts'

/** Moving would mix what is stored here with something else, or overwrite what is newer. */
export class MoveRefusedError extends Error {
  override readonly name = 'MoveRefusedError'
}

/** How many rows of each table were copied, and how many rooms' documents were there already. */
export interface Moved {
  readonly users: number
  readonly sessions: number
  readonly rooms: number
  readonly memberships: number
  readonly documents: number
  readonly unchangedDocuments: number
}

const SMALL_TABLES = COPIED_TABLES.filter((table) => !DOCUMENT_TABLES.some((each) => each === table))

/**
 * Makes the target hold what the source holds. It may be run again, after an interruption or after the source went
 * on: documents that are there already are left alone. Rejects with `MoveRefusedError` before it has changed anything.
 */
export async function moveStorage(
  from: Kysely<Schema>,
  to: Kysely<Schema>,
  note: (line: string) => void,
): Promise<Moved> {
  await refuseToMix(from, to)
  const small = await to.transaction().execute(async (trx) => {
    for (const table of SMALL_TABLES.toReversed()) await trx.deleteFrom(table).execute()
    const copied = new Map<Table, number>()
    for (const table of SMALL_TABLES) copied.set(table, await copyRows(from, trx, table))
    const count = (table: Table) => copied.get(table) ?? 0
    return {
      users: count('users'),
      sessions: count('sessions'),
      rooms: count('rooms'),
      memberships: count('memberships'),
    }
  })
  note(
    `copied ${small.users} people, ${small.sessions} sign-ins, ${small.rooms} rooms, ${small.memberships} memberships`,
  )
  let [documents, unchangedDocuments] = [0, 0]
  for await (const { room_id: roomId } of rowsOf(from, 'room_documents')) {
    if (await isSame(from, to, roomId)) unchangedDocuments += 1
    else {
      await copyDocument(from, to, roomId)
      documents += 1
      if (documents % 100 === 0) note(`copied the drawings of ${documents} rooms so far`)
    }
  }
  note(`copied the drawings of ${documents} rooms; those of ${unchangedDocuments} were there`)
  return { ...small, documents, unchangedDocuments }
}

/** The target may hold an earlier state of the source, and nothing else. */
async function refuseToMix(from: Kysely<Schema>, to: Kysely<Schema>): Promise<void> {
  for await (const room of rowsOf(to, 'rooms')) {
    const own = await from
      .selectFrom('rooms')
      .select(['version', 'updated_at'])
      .where('id', '=', room.id)
      .executeTakeFirst()
    if (!own) throw new MoveRefusedError(`the target has rooms that are not in the source, such as ${room.id}`)
    if (room.version > own.version || room.updated_at > own.updated_at) throw wentOn(room.id)
  }
  for await (const document of rowsOf(to, 'room_documents')) {
    const { room_id: id, head } = document
    const own = await from.selectFrom('room_documents').select('head').where('room_id', '=', id).executeTakeFirst()
    if (!own) throw new MoveRefusedError(`the target has drawings that are not in the source, such as of room ${id}`)
    if (head > own.head) throw wentOn(id)
  }
  for (const table of ['users', 'sessions'] as const) {
    const newest = (db: Kysely<Schema>) =>
      db
        .selectFrom(table)
        .select((eb) => eb.fn.max('created_at').as('at'))
        .executeTakeFirst()
    const [there, here] = [(await newest(to))?.at ?? 0, (await newest(from))?.at ?? 0]
    if (there > here) throw new MoveRefusedError('somebody has signed in at the target since: it is in use')
  }
}

function wentOn(roomId: string): MoveRefusedError {
  return new MoveRefusedError(`room ${roomId} is newer in the target than in the source: it is in use`)
}

/** Whether two databases hold the same records of a room, by their numbers and checksums, each sealed by the same keys. */
async function isSame(from: Kysely<Schema>, to: Kysely<Schema>, roomId: string): Promise<boolean> {
  const [here, there] = await Promise.all([from, to].map((db) => summarize(db, roomId)))
  return JSON.stringify(here) === JSON.stringify(there)
}

async function summarize(db: Kysely<Schema>, roomId: string): Promise<unknown> {
  const records = (table: RecordTable) => sql`
    select count(*) as count, max(seq) as last, cast(sum(crc) as bigint) as crcs, count(quarantined) as set_aside
    from ${sql.table(table)} where room_id = ${roomId}`
  const document = await db.selectFrom('room_documents').select('head').where('room_id', '=', roomId).executeTakeFirst()
  const tables = RECORD_TABLES.map(async (table) => [
    (await records(table).execute(db)).rows,
    await headsOf(db, table, roomId),
  ])
  return [document, await Promise.all(tables)]
}

/** What the records of a room begin with: the key's name, when they are encrypted. A checksum is of what is in them. */
async function headsOf(
  db: Kysely<Schema>,
  table: 'room_updates' | 'room_snapshots',
  roomId: string,
): Promise<string[]> {
  const { rows } = await sql<{ head: Uint8Array }>`
    select distinct substr(bytes, 1, ${sql.lit(HEAD_BYTES)}) as head from ${sql.table(table)} where room_id = ${roomId}
  `.execute(db)
  return rows.map(({ head }) => Buffer.from(head).toString('hex')).sort()
}

async function copyDocument(from: Kysely<Schema>, to: Kysely<Schema>, roomId: string): Promise<void> {
  await to.transaction().execute(async (trx) => {
    for (const table of DOCUMENT_TABLES) {
      await trx.deleteFrom(table).where('room_id', '=', roomId).execute()
      await copyRows(from, trx, table, roomId)
    }
  })
}
