import { crc32 } from 'node:zlib'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { sql, type Kysely } from 'kysely'
import { NO_MIGRATIONS } from 'kysely/migration'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPostgresDatabase, createSqliteDatabase } from '../../testing/test-database.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/test-postgres.ts'
import { createMigrator, migrateToLatest } from './migrate.ts'
import type { Schema } from './schema.ts'

const room = (name: string) => roomIdSchema.parse(`${name}-of-the-tests`)
const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array) => new TextDecoder().decode(value)

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.stop())

/** Three rooms as the first version wrote them. */
async function fillFirstTables(db: Kysely<Schema>): Promise<void> {
  expect((await createMigrator(db).migrateTo('0001-first-tables')).error).toBeUndefined()
  const update = (roomId: string, seq: number, content: string, quarantined: string | null = null) =>
    sql`insert into room_updates (room_id, seq, bytes, actor, at, quarantined)
      values (${roomId}, ${seq}, ${bytes(content)}, ${seq === 1 ? 'ada' : null}, ${seq * 100}, ${quarantined})`.execute(
      db,
    )
  const document = (roomId: string, head: number, snapshot: string | null, seq: number, quarantined: string | null) =>
    sql`insert into room_documents (room_id, head, snapshot, snapshot_seq, snapshot_quarantined)
      values (${roomId}, ${head}, ${snapshot === null ? null : bytes(snapshot)}, ${seq}, ${quarantined})`.execute(db)
  await document(room('new'), 1, null, 0, null)
  await update(room('new'), 1, 'first')
  await document(room('compacted'), 3, 'snapshot of 2', 2, null)
  for (const [index, content] of ['one', 'two', 'three'].entries()) await update(room('compacted'), index + 1, content)
  await document(room('damaged'), 2, 'snapshot that does not decode', 1, 'does not decode')
  await update(room('damaged'), 1, 'kept')
  await update(room('damaged'), 2, 'odd', 'odd')
  // More rows than are copied in one go.
  await document(room('long'), 450, null, 0, null)
  for (let seq = 1; seq <= 450; seq++) await update(room('long'), seq, `${seq}`)
}

describe.each([
  ['SQLite', createSqliteDatabase],
  ['PostgreSQL', () => createPostgresDatabase(server)],
] as const)('in %s', (_engine, create) => {
  test('what the first version stored is there as before, checked, and with snapshots as rows', async () => {
    const { db, open } = await create()
    await fillFirstTables(db)
    const { documentStore: store } = await open()

    const fresh = await store.load(room('new'))
    expect(fresh.tail).toEqual([
      { seq: 1, update: bytes('first'), author: 'ada', at: 100, ranges: new Uint8Array(), crc: crc32('first') },
    ])
    const compacted = await store.load(room('compacted'))
    expect(compacted.snapshot).toEqual({
      seq: 2,
      bytes: bytes('snapshot of 2'),
      ranges: new Uint8Array(),
      crc: crc32('snapshot of 2'),
      at: 200,
      label: null,
    })
    expect(compacted.tail.map(({ seq, update, author }) => [seq, text(update), author])).toEqual([[3, 'three', null]])
    expect(await store.readSince(room('compacted'), 0)).toHaveLength(3)

    const damaged = await store.load(room('damaged'))
    expect(damaged).toMatchObject({ snapshot: null, head: 2, quarantined: [2] })
    const listed = await store.listQuarantined(room('damaged'))
    expect(listed.map(({ kind, seq, reason, bytes: stored }) => [kind, seq, reason, text(stored)])).toEqual([
      ['snapshot', 1, 'does not decode', 'snapshot that does not decode'],
      ['update', 2, 'odd', 'odd'],
    ])

    const long = await store.load(room('long'))
    expect(long.tail.map(({ update }) => text(update))).toEqual(Array.from({ length: 450 }, (_, n) => `${n + 1}`))
    const entry = { update: bytes('next'), author: null, at: 1, ranges: new Uint8Array(), crc: 1 }
    const batch = { id: 'a-batch', rooms: [{ roomId: room('long'), entries: [entry] }] }
    expect((await store.append(batch)).get(room('long'))).toBe(451)
  })

  test('back to the first version, and forward again, nothing is lost that it could hold', async () => {
    const { db, open } = await create()
    await fillFirstTables(db)
    await migrateToLatest(db)
    expect((await createMigrator(db).migrateTo('0001-first-tables')).error).toBeUndefined()
    const { rows } = await sql<{ snapshot: Uint8Array; snapshot_seq: number; head: number }>`
      select snapshot, snapshot_seq, head from room_documents where room_id = ${room('compacted')}`.execute(db)
    expect(rows).toEqual([{ snapshot: bytes('snapshot of 2'), snapshot_seq: 2, head: 3 }])
    const { documentStore } = await open()
    const { snapshot, tail } = await documentStore.load(room('compacted'))
    expect([snapshot?.seq, tail.map(({ update }) => text(update))]).toEqual([2, ['three']])
  })

  test('the migrations go down to nothing and up again', async () => {
    const { db } = await create()
    await migrateToLatest(db)
    expect((await createMigrator(db).migrateTo(NO_MIGRATIONS)).error).toBeUndefined()
    await expect(db.selectFrom('users').selectAll().execute()).rejects.toThrow(/no such table|does not exist/)
    await migrateToLatest(db)
    expect(await db.selectFrom('users').selectAll().execute()).toEqual([])
  })

  test('a migration that fails in its middle leaves everything as it was', async () => {
    const { db } = await create()
    await fillFirstTables(db)
    await sql`create table journal_batches (in_the_way text)`.execute(db)
    await expect(migrateToLatest(db)).rejects.toThrow('0002-documents-by-number failed')
    const { rows } = await sql<{
      count: number
    }>`select count(*) as count from room_updates where actor = 'ada'`.execute(db)
    expect(rows).toEqual([{ count: 4 }])
  })
})
