import { roomIdSchema, userIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import { sql } from 'kysely'
import { nanoid } from 'nanoid'
import type { Pool, QueryConfig } from 'pg'
import pino, { type Logger } from 'pino'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { JournalBatch } from '../../ports/document-store.ts'
import { aroundStore } from '../../testing/around-store.ts'
import { createPostgresDatabase } from '../../testing/test-database.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/test-postgres.ts'
import { Journal } from '../../core/documents/journal.ts'
import { createPostgresAppend } from './postgres-journal.ts'
import { createPostgresPool } from './postgres-pool.ts'
import { openPostgres, openPostgresStorage } from './postgres-storage.ts'
import { SqlRoomStore } from './sql-room-store.ts'

const silent = pino({ level: 'silent' })

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.stop())

/** A log whose lines can be read. */
function createLog(): { log: Logger; lines: Array<Record<string, unknown>> } {
  const lines: Array<Record<string, unknown>> = []
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) })
  return { log, lines }
}

test('every connection ends its statements in time', async () => {
  const { main } = await (await createPostgresDatabase(server)).open()
  const { rows } = await sql<{ name: string; setting: string }>`
    select name, setting from pg_settings
    where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') order by name`.execute(
    main.db,
  )
  expect(rows.map(({ setting }) => Number(setting))).toEqual([30_000, 10_000, 30_000])
})

test('a slow statement is in the log, without the values in it', async () => {
  const { log, lines } = createLog()
  const { main } = await (await createPostgresDatabase(server)).open(log)
  await sql`select pg_sleep(0.6), ${'secret'}::text`.execute(main.db)
  expect(lines).toMatchObject([{ msg: 'a slow statement', sql: 'select pg_sleep(0.6), $1::text' }])
  expect(Number(lines[0]?.['tookMs'])).toBeGreaterThanOrEqual(600)
  expect(JSON.stringify(lines)).not.toContain('secret')
})

test('connections that are cut while nobody uses them are noted, and replaced', async () => {
  const { log, lines } = createLog()
  const { documentStore: store } = await (await createPostgresDatabase(server)).open(log)
  const roomId = roomIdSchema.parse(nanoid())
  const append = () =>
    store.append({
      id: nanoid(),
      rooms: [
        { roomId, entries: [{ update: new Uint8Array(3), author: null, at: 1, ranges: new Uint8Array(), crc: 1 }] },
      ],
    })
  await append()
  await store.load(roomId)
  const cut = await server.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('sketchroom journal', 'sketchroom documents')`,
  )
  await vi.waitFor(() => expect(lines).toHaveLength(cut.length))
  expect(cut.length).toBeGreaterThan(1)
  expect(lines[0]).toMatchObject({ msg: 'a connection to PostgreSQL was lost' })
  await append()
  expect((await store.load(roomId)).head).toBe(2)
})

test('a connection that is cut in the middle of a transaction takes it back, and nothing else', async () => {
  const { db, open } = await createPostgresDatabase(server)
  const { main } = await open()
  const user = (id: string) => ({ id, name: id, email: null, password_hash: null, created_at: 1 })
  const failed = main.db.transaction().execute(async (trx) => {
    await trx.insertInto('users').values(user('ada')).execute()
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
    await server.query(`select pg_terminate_backend(${rows[0]?.pid})`)
    await trx.insertInto('users').values(user('bob')).execute()
  })
  await expect(failed).rejects.toThrow(/terminat|not queryable/)
  await main.db.insertInto('users').values(user('eve')).execute()
  expect(await db.selectFrom('users').select('id').execute()).toEqual([{ id: 'eve' }])
})

test('a replica that cannot be read is said, and lists come from the primary', async () => {
  const [url, readUrl] = [await server.createDatabase(), await server.createDatabase()]
  const { log, lines } = createLog()
  const storage = await openPostgresStorage({ url, readUrl, log })
  onTestFinished(() => storage.close())
  expect(lines.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^DATABASE_READ_URL cannot be read/)])
  expect(storage.main.lists).toBe(storage.main.db)
})

test('lists come from the replica, everything else from the primary', async () => {
  const [url, readUrl] = [await server.createDatabase(), await server.createDatabase()]
  const ada = userIdSchema.parse(nanoid())
  const room = (name: string) => ({
    id: roomIdSchema.parse(`${name}-of-the-tests`),
    name,
    slug: null,
    access: 'private' as const,
    metadata: {},
    createdAt: 1,
    updatedAt: 1,
    deletedAt: null,
    version: 1,
  })
  for (const [where, name] of [
    [url, 'primary'],
    [readUrl, 'replica'],
  ] as const) {
    const database = await openPostgres({ url: where, log: silent })
    await new SqlRoomStore(database).createRoom(room(name), ada)
    await database.close()
  }
  const storage = await openPostgresStorage({ url, readUrl, log: silent })
  onTestFinished(() => storage.close())
  const rooms = new SqlRoomStore(storage.main)
  const listed = await rooms.listRooms({ userId: ada, limit: 10, archived: false })
  expect(listed.map(({ room: { name } }) => name)).toEqual(['replica'])
  expect((await rooms.findRoom(room('primary').id))?.name).toBe('primary')
})

test('what was answered survives that the server is killed, and a batch tried again is there once', async () => {
  const { documentStore: store } = await (await createPostgresDatabase(server)).open()
  const roomId = roomIdSchema.parse(nanoid())
  const answered = new Map<number, number>()
  let running = true
  const write = async () => {
    for (let n = 0; running || n < 20; n++) {
      const entry = { update: Buffer.from(`${n}`), author: null, at: 1, ranges: new Uint8Array(), crc: n }
      const batch = { id: nanoid(), rooms: [{ roomId, entries: [entry] }] }
      const append = () => store.append(batch).catch(() => undefined)
      const firstSeqs = await vi.waitUntil(append, { timeout: 30_000, interval: 20 })
      answered.set(firstSeqs.get(roomId) ?? 0, n)
    }
  }
  const writing = write()
  await vi.waitFor(() => expect(answered.size).toBeGreaterThan(20))
  await server.crash()
  const before = answered.size
  await vi.waitFor(() => expect(answered.size).toBeGreaterThan(before + 20))
  running = false
  await writing
  const { tail, head } = await store.load(roomId)
  expect(head).toBe(answered.size)
  expect(tail.map(({ seq, crc }) => [seq, crc])).toEqual([...answered])
})

/** Until so many connections of ours wait for somebody's lock. */
async function waitForLocks(count: number): Promise<void> {
  await vi.waitFor(async () => {
    const waiting = await server.query(
      `select pid from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'sketchroom%'`,
    )
    expect(waiting).toHaveLength(count)
  })
}

test('who brings a guest’s rooms along while they are removed from one stays removed', async () => {
  const { db, open } = await createPostgresDatabase(server)
  const { main } = await open()
  const rooms = new SqlRoomStore(main)
  const [owner, account, guest] = [nanoid(), nanoid(), nanoid()].map((id) => userIdSchema.parse(id))
  const roomId = roomIdSchema.parse(nanoid())
  const times = { createdAt: 1, updatedAt: 1, deletedAt: null }
  const room = { id: roomId, name: 'Board', slug: null, access: 'private', metadata: {}, version: 1, ...times } as const
  await rooms.createRoom(room, owner as UserId)
  for (const userId of [account, guest] as UserId[]) {
    await rooms.putMembership({ roomId, userId, role: 'editor', joinedAt: 1, removedAt: null }, undefined)
  }
  let transfer: Promise<unknown> | undefined
  await db.transaction().execute(async (trx) => {
    // As `putMembership` does on another instance: it has decided, and not committed yet.
    await trx.updateTable('rooms').set({ version: 1 }).where('id', '=', roomId).execute()
    const memberships = trx.updateTable('memberships').set({ role: null, removed_at: 5 })
    await memberships.where('user_id', '=', account as UserId).execute()
    transfer = rooms.transferMemberships(guest as UserId, account as UserId)
    await waitForLocks(1)
  })
  expect(await transfer).toEqual([roomId])
  expect(await rooms.findMembership(roomId, account as UserId)).toMatchObject({ role: null, removedAt: 5 })
})

test('a batch whose first attempt is still under way there is stored once, however often it is tried', async () => {
  const { db, open } = await createPostgresDatabase(server)
  const { documentStore } = await open()
  const roomIds = [nanoid(), nanoid()].map((id) => roomIdSchema.parse(id)).sort() as [RoomId, RoomId]
  const entry = { update: new Uint8Array(3), author: null, at: 1, ranges: new Uint8Array(), crc: 1 }
  const ids: string[] = []
  let earlier: Promise<unknown> | undefined
  /** What the server does with the batch when the line is cut, which takes it a while. */
  const storeSlowly = async (batch: JournalBatch, begun: () => void) => {
    await db.transaction().execute(async (trx) => {
      for (const { roomId } of batch.rooms) {
        await trx.insertInto('room_documents').values({ room_id: roomId, head: 1 }).execute()
        const { update: bytes, ...rest } = entry
        await trx
          .insertInto('room_updates')
          .values({ room_id: roomId, seq: 1, quarantined: null, bytes, ...rest })
          .execute()
      }
      await trx.insertInto('journal_batches').values({ id: batch.id, at: 1, first_seqs: '[1,1]' }).execute()
      begun()
      await new Promise((resolve) => setTimeout(resolve, 4_000))
    })
  }
  const store = aroundStore(documentStore, async (call, work, [batch]) => {
    if (call !== 'append') return await work()
    ids.push((batch as JournalBatch).id)
    if (earlier) return await work()
    const begun = Promise.withResolvers<void>()
    earlier = storeSlowly(batch as JournalBatch, begun.resolve)
    await begun.promise
    const cut = async () => {
      await waitForLocks(1)
      await server.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'sketchroom journal'`,
      )
    }
    return (await Promise.all([work(), cut()]))[0]
  })
  const journal = new Journal(store)
  for (const roomId of roomIds) journal.append(roomId, entry)
  await vi.waitFor(() => journal.flush())
  await earlier
  expect(new Set(ids).size).toBe(1)
  expect(ids.length).toBeGreaterThan(2)
  expect(await Promise.all(roomIds.map(async (id) => (await documentStore.load(id)).head))).toEqual([1, 1])
})

test('a batch whose answer is lost twice, by a line that is cut, is stored once', async () => {
  const url = await server.createDatabase()
  const storage = await openPostgresStorage({ url, log: silent })
  onTestFinished(() => storage.close())
  const pool = createPostgresPool({ url, purpose: 'journal', max: 1, log: silent })
  onTestFinished(() => pool.end())
  let lost = 0
  const query = async (statement: QueryConfig) => {
    const answer = await pool.query(statement)
    if (lost++ < 2) throw new Error('Connection terminated unexpectedly')
    return answer
  }
  const append = createPostgresAppend({ query } as unknown as Pool)
  const store = aroundStore(
    storage.documentStore,
    (call, work, [batch]) => (call === 'append' ? append(batch as JournalBatch) : work()) as ReturnType<typeof work>,
  )
  const journal = new Journal(store)
  const roomIds = [nanoid(), nanoid()].map((id) => roomIdSchema.parse(id))
  for (const roomId of roomIds)
    journal.append(roomId, { update: new Uint8Array(3), author: null, at: 1, ranges: new Uint8Array(), crc: 1 })
  await vi.waitFor(() => journal.flush())
  expect(lost).toBe(3)
  expect(await Promise.all(roomIds.map(async (id) => (await store.load(id)).head))).toEqual([1, 1])
})

test('rooms whose rows somebody holds fail alone: the others are written meanwhile, and the store is not said to fail', async () => {
  const { db, open } = await createPostgresDatabase(server)
  const { documentStore } = await open()
  const journal = new Journal(documentStore)
  const [roomA, roomB, roomC] = ['a', 'b', 'c'].map((name) => roomIdSchema.parse(`room-${name}-${nanoid()}`)) as [
    RoomId,
    RoomId,
    RoomId,
  ]
  const write = (roomId: RoomId) =>
    journal.append(roomId, { update: new Uint8Array(3), author: null, at: 1, ranges: new Uint8Array(), crc: 1 })
  for (const roomId of [roomA, roomB, roomC]) write(roomId)
  await journal.flush()
  const failing = new Set<RoomId | undefined>()
  journal.on('failing', (_, roomId) => failing.add(roomId))
  await db.transaction().execute(async (trx) => {
    await trx.selectFrom('room_documents').selectAll().where('room_id', 'in', [roomA, roomB]).forUpdate().execute()
    for (const roomId of [roomA, roomB]) write(roomId)
    await vi.waitFor(() => expect(failing).toEqual(new Set([roomA, roomB])))
    for (let n = 0; n < 10; n++) {
      write(roomC)
      await journal.flush(roomC)
      expect(journal.isFailing(roomA)).toBe(true)
    }
  })
  await vi.waitFor(() => journal.flush())
  expect(failing).toEqual(new Set([roomA, roomB]))
  expect((await documentStore.load(roomC)).head).toBe(11)
})
