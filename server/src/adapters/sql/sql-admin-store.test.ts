import {
  roomIdSchema,
  sessionIdSchema,
  userIdSchema,
  type RoomId,
  type SessionId,
  type UserId,
} from '@sketchroom/shared/ids'
import { sql, type CompiledQuery, type Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SessionRecord } from '../../ports/accounts-store.ts'
import type { Page, PersonFacts, Place, RecordFacts, RoomFacts } from '../../ports/admin-store.ts'
import type { RecordId } from '../../ports/document-store.ts'
import { createPostgresDatabase, createSqliteDatabase } from '../../testing/test-database.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/test-postgres.ts'
import type { Schema } from './schema.ts'
import { SqlAccountsStore } from './sql-accounts-store.ts'
import { SqlAdminStore } from './sql-admin-store.ts'
import { SqlBlockStore } from './sql-block-store.ts'
import type { SqlStorage } from './sql-database.ts'
import { SqlRoomStore } from './sql-room-store.ts'

const room = (name: string) => roomIdSchema.parse(`room-${name.replaceAll(/\W/g, '')}-of-the-tests`)
const person = (name: string) => userIdSchema.parse(name)
const entry = (bytes: number) => ({
  update: new Uint8Array(bytes),
  author: 'ada',
  at: 5,
  ranges: new Uint8Array(9),
  crc: 1,
})
const snapshot = (seq: number, bytes: number) => ({
  seq,
  bytes: new Uint8Array(bytes),
  ranges: new Uint8Array(),
  crc: 1,
  at: 6,
  label: null,
})

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.stop())

/** All pages of a list, each with at most two rows. */
async function readAll<Row, Next>(read: (after: Next | undefined) => Promise<Page<Row, Next>>): Promise<Row[]> {
  const rows: Row[] = []
  let after: Next | undefined
  do {
    const page = await read(after)
    expect(page.rows.length).toBeLessThanOrEqual(2)
    rows.push(...page.rows)
    after = page.next
  } while (after)
  return rows
}

describe.each([
  ['SQLite', createSqliteDatabase],
  ['PostgreSQL', () => createPostgresDatabase(server)],
] as const)('in %s', (engine, create) => {
  let db: Kysely<Schema>
  let storage: SqlStorage
  let store: SqlAdminStore

  async function addPerson(name: string, createdAt: number, email: string | null = null): Promise<UserId> {
    const id = person(name)
    const user = { id, name: name.toUpperCase(), email, passwordHash: email && 'hash', createdAt }
    await new SqlAccountsStore(storage.main.db).createUser(user)
    return id
  }
  async function addRoom(name: string, createdAt: number, owner: UserId): Promise<RoomId> {
    const id = room(name)
    const times = { createdAt, updatedAt: createdAt, deletedAt: null }
    const rest = { slug: null, access: 'private', metadata: {}, version: 1 } as const
    await new SqlRoomStore(storage.main).createRoom({ id, name, ...times, ...rest }, owner)
    return id
  }
  const append = (roomId: RoomId, ...sizes: number[]) =>
    storage.documentStore.append({ id: `${roomId}-${Math.random()}`, rooms: [{ roomId, entries: sizes.map(entry) }] })

  beforeEach(async () => {
    const database = await create()
    db = database.db
    storage = await database.open()
    store = new SqlAdminStore(storage.main)
  })

  test('rooms come newest first, all of them once, also when several were made in one moment', async () => {
    const ada = await addPerson('ada', 1, 'ada@example.org')
    for (const [name, at] of [
      ['a', 1],
      ['b', 3],
      ['c', 3],
      ['d', 3],
      ['e', 2],
    ] as const)
      await addRoom(name, at, ada)
    const rooms = await readAll<RoomFacts, Place<RoomId>>((after) => store.listRooms({ limit: 2, after }))
    expect(rooms.map(({ room: { name } }) => name)).toEqual(['d', 'c', 'b', 'e', 'a'])
  })

  test('a room is told with its owners, members and size, and not with its visitors or what is drawn', async () => {
    const [ada, bob, cy] = [
      await addPerson('ada', 1, 'ada@example.org'),
      await addPerson('bob', 1),
      await addPerson('cy', 1),
    ]
    const roomId = await addRoom('plan', 4, ada)
    const rooms = new SqlRoomStore(storage.main)
    const times = { joinedAt: 5, removedAt: null }
    await rooms.putMembership({ roomId, userId: bob, role: 'viewer', ...times }, undefined)
    await rooms.addVisitor(roomId, cy, 6)
    await append(roomId, 100, 20, 3)
    await storage.documentStore.addSnapshot(roomId, snapshot(2, 1_000))
    expect([...(await store.findRoomNames([roomId, room('nowhere')])).keys()]).toEqual([roomId])
    expect(await store.findRooms([roomId, room('nowhere')])).toEqual([
      {
        room: { id: roomId, name: 'plan', access: 'private', createdAt: 4, updatedAt: 4, deletedAt: null },
        owners: [{ id: ada, name: 'ADA', email: 'ada@example.org' }],
        members: 2,
        updates: 3,
        bytes: 1_003,
      },
    ])
    expect(await store.listOwned('ada@example.org')).toHaveLength(1)
    expect(await store.listOwned('bob@example.org')).toEqual([])
  })

  test('a text is found in any case, and in rows that come after the first few thousand', async () => {
    const ada = await addPerson('ada', 1, 'ada@example.org')
    await addRoom('İstanbul STRASSE', 1, ada)
    const rows = Array.from({ length: 4_500 }, (_, n) => ({
      id: room(`${n}`),
      name: `Board ${n}`,
      slug: null,
      access: 'private',
      metadata: '{}',
      created_at: 10 + n,
      updated_at: 10,
      deleted_at: null,
      version: 1,
    }))
    for (let from = 0; from < rows.length; from += 500) {
      await db
        .insertInto('rooms')
        .values(rows.slice(from, from + 500))
        .execute()
    }
    const first = await store.listRooms({ limit: 2, text: 'strasse' })
    // It has looked through so many, and says where to go on.
    expect([first.rows, first.next?.createdAt]).toEqual([[], 10 + 4_500 - 2_000])
    const found = await readAll<RoomFacts, Place<RoomId>>((after) =>
      store.listRooms({ limit: 2, after, text: 'strasse' }),
    )
    expect(found.map(({ room: { name } }) => name)).toEqual(['İstanbul STRASSE'])
    const boards = await readAll<RoomFacts, Place<RoomId>>((after) =>
      store.listRooms({ limit: 2, after, text: 'bOARD 449' }),
    )
    expect(boards.map(({ room: { name } }) => name)).toEqual([
      ...Array.from({ length: 10 }, (_, n) => `Board ${4_499 - n}`),
      'Board 449',
    ])
  })

  test('people are told with when they were seen, their rooms and their sign-ins; guests by themselves', async () => {
    const ada = await addPerson('ada', 1, 'ada@example.org')
    await addPerson('bob', 2, 'bob@example.org')
    const guest = await addPerson('guest', 3)
    const accounts = new SqlAccountsStore(storage.main.db)
    const session = (id: string, changes: { revokedAt?: number; rotatedAt?: number; expiresAt?: number }) => ({
      id: sessionIdSchema.parse(`session-${id}`),
      userId: ada,
      refreshHash: 'hash',
      createdAt: 50,
      expiresAt: 200,
      rotatedAt: null,
      revokedAt: null,
      ...changes,
    })
    for (const [id, changes] of Object.entries({
      good: { rotatedAt: 70 },
      better: {},
      revoked: { revokedAt: 90 },
      over: { expiresAt: 99 },
    })) {
      await accounts.createSession(session(id, changes))
    }
    const roomId = await addRoom('plan', 4, ada)
    await addRoom('gone', 4, ada)
    await new SqlRoomStore(storage.main).updateRoom(room('gone'), { deletedAt: 5 })
    const people = await readAll<PersonFacts, Place<UserId>>((after) =>
      store.listPeople({ limit: 2, after, isGuest: false, now: 99 }),
    )
    expect(people.map(({ user: { id }, ...facts }) => ({ id, ...facts }))).toEqual([
      { id: 'bob', lastSeenAt: null, rooms: 0, sessions: 0 },
      { id: 'ada', lastSeenAt: 70, rooms: 1, sessions: 2 },
    ])
    expect(JSON.stringify(people)).not.toContain('hash')
    const guests = await store.listPeople({ limit: 2, isGuest: true, now: 99 })
    expect(guests.rows.map(({ user: { id } }) => id)).toEqual([guest])
    const byAddress = await store.listPeople({ limit: 2, isGuest: false, text: 'BOB@', now: 99 })
    expect(byAddress.rows.map(({ user: { id } }) => id)).toEqual(['bob'])
    const sessions = await readAll<SessionRecord, Place<SessionId>>((after) =>
      store.listSessions(ada, { limit: 1, after, now: 99 }),
    )
    expect(sessions.map(({ id }) => id)).toEqual(['session-good', 'session-better'])
    expect(await store.findPerson(ada, 99)).toMatchObject({ user: { name: 'ADA' }, sessions: 2 })
    expect(await store.findPerson(person('nobody'), 99)).toBeUndefined()
    expect(await store.findNames([ada, person('nobody')])).toEqual(new Map([[ada, 'ADA']]))
    expect(roomId).toBeDefined()
  })

  test('what is set aside is listed by room, without its bytes and without what was given back', async () => {
    const ada = await addPerson('ada', 1)
    const [first, second] = [await addRoom('first', 1, ada), room('unknown')]
    await append(first, 10, 20, 30)
    await append(second, 5)
    const { documentStore: documents } = storage
    await documents.addSnapshot(first, snapshot(2, 500))
    for (const seq of [1, 2, 3]) await documents.quarantine({ roomId: first, kind: 'update', seq }, 'odd')
    await documents.quarantine({ roomId: first, kind: 'snapshot', seq: 2 }, 'odder')
    await documents.quarantine({ roomId: second, kind: 'update', seq: 1 }, 'oddest')
    await documents.giveBack({ roomId: first, kind: 'update', seq: 1 }, entry(10))
    const records = await readAll<RecordFacts, RecordId>((after) => store.listSetAside({ limit: 2, after }))
    expect(records).toEqual([
      { roomId: first, roomName: 'first', kind: 'snapshot', seq: 2, reason: 'odder', author: null, at: 6, bytes: 500 },
      { roomId: first, roomName: 'first', kind: 'update', seq: 2, reason: 'odd', author: 'ada', at: 5, bytes: 20 },
      { roomId: first, roomName: 'first', kind: 'update', seq: 3, reason: 'odd', author: 'ada', at: 5, bytes: 30 },
      { roomId: second, roomName: null, kind: 'update', seq: 1, reason: 'oddest', author: 'ada', at: 5, bytes: 5 },
    ])
  })

  test('all records are weighed, each once, however many a room has', async () => {
    const names = ['a', 'b', 'c']
    for (const name of names) await append(room(name), ...Array.from({ length: name === 'b' ? 1_200 : 3 }, () => 10))
    await storage.documentStore.addSnapshot(room('c'), snapshot(2, 700))
    const drawn = await store.listDrawn(undefined)
    expect(drawn).toEqual(names.map(room))
    expect(await store.listDrawn(room('b'))).toEqual([room('c')])
    const weigh = async (kind: 'update' | 'snapshot') => {
      const weights = new Map<string, number>()
      let after: Parameters<typeof store.weigh>[1]
      do {
        const { rows, next } = await store.weigh(kind, after, room('c'))
        for (const { roomId, bytes } of rows) weights.set(roomId, (weights.get(roomId) ?? 0) + bytes)
        after = next
      } while (after)
      return [...weights.values()]
    }
    expect(await weigh('update')).toEqual([30, 12_000, 30])
    expect(await weigh('snapshot')).toEqual([700])
    expect(await store.databaseBytes()).toBeGreaterThan(10_000)
    expect(store.engine).toBe(engine)
  })

  test('a network is blocked once, and a block that has ended is not listed, and goes with the next', async () => {
    const blocks = new SqlBlockStore(storage.main.db)
    const block = { reason: 'noise', createdBy: person('ada') }
    const kept = await blocks.putBlock({ id: 'one', network: '203.0.113.7/32', createdAt: 10, until: null, ...block })
    await blocks.putBlock({ id: 'two', network: '203.0.113.8/32', createdAt: 11, until: 20, ...block })
    expect((await blocks.listBlocks(19)).map(({ id }) => id)).toEqual(['two', 'one'])
    expect(await blocks.listBlocks(20)).toEqual([kept])
    const again = await blocks.putBlock({
      id: 'three',
      network: kept.network,
      createdAt: 30,
      until: 40,
      ...block,
      reason: 'more',
    })
    expect(again).toEqual({ ...kept, createdAt: 30, until: 40, reason: 'more' })
    expect(await db.selectFrom('address_blocks').select('id').execute()).toEqual([{ id: 'one' }])
    expect(await blocks.removeBlock('one')).toEqual(again)
    expect(await blocks.removeBlock('one')).toBeUndefined()
  })

  test('no list reads a whole table, and those of everything are not sorted either', async () => {
    const queries: Array<{ what: string; query: CompiledQuery }> = []
    let what = ''
    const watched = db.withPlugin({
      transformQuery({ node, queryId }) {
        queries.push({ what, query: db.getExecutor().compileQuery(node, queryId) })
        return node
      },
      transformResult: ({ result }) => Promise.resolve(result),
    })
    const ada = await addPerson('ada', 1, 'ada@example.org')
    const roomId = await addRoom('plan', 1, ada)
    const watchedStore = new SqlAdminStore({ db: watched, lists: watched })
    const place = { createdAt: 2, id: roomId }
    const record = { roomId, kind: 'update', seq: 1 } as const
    const calls: Record<string, () => Promise<unknown>> = {
      'list of everything: rooms': () => watchedStore.listRooms({ limit: 2, after: place }),
      'list of everything: accounts': () =>
        watchedStore.listPeople({ limit: 2, after: { createdAt: 2, id: ada }, isGuest: false, now: 1 }),
      'list of everything: guests': () =>
        watchedStore.listPeople({ limit: 2, after: { createdAt: 2, id: ada }, isGuest: true, now: 1 }),
      'an owner’s': () => watchedStore.listOwned('ada@example.org'),
      'one person': () => watchedStore.findPerson(ada, 1),
      sessions: () => watchedStore.listSessions(ada, { limit: 2, now: 1 }),
      'set aside': () => watchedStore.listSetAside({ limit: 2, after: record }),
      drawn: () => watchedStore.listDrawn(roomId),
      'updates weighed': () => watchedStore.weigh('update', record, roomId),
      'snapshots weighed': () => watchedStore.weigh('snapshot', record, roomId),
    }
    for (const [name, call] of Object.entries(calls)) {
      what = name
      await call()
    }
    expect(new Set(queries.map((each) => each.what))).toEqual(new Set(Object.keys(calls)))
    for (const each of queries) {
      const plan = await explain(each.query)
      expect([each.what, plan]).toEqual([
        each.what,
        expect.not.stringMatching(/Seq Scan|SCAN (?!.*INDEX)(rooms|users|memberships|sessions|room_\w+)/),
      ])
      if (each.what.startsWith('list of everything') && /order by created_at/.test(each.query.sql)) {
        expect([each.what, plan]).toEqual([
          each.what,
          expect.stringMatching(/(rooms|users_accounts|users_guests)_by_age/),
        ])
        expect([each.what, plan]).toEqual([each.what, expect.not.stringMatching(/Sort|TEMP B-TREE/)])
      }
    }
  })

  /** How the engine would run a statement, if tables were large. */
  async function explain({ sql: text, parameters }: CompiledQuery): Promise<string> {
    const parts = text.split(/\$\d+|\?/)
    const query = sql.join(
      parts.flatMap((part, at) => [sql.raw(part), ...(at < parts.length - 1 ? [sql.lit(parameters[at])] : [])]),
      sql``,
    )
    if (engine === 'SQLite') {
      const { rows } = await sql<{ detail: string }>`explain query plan ${query}`.execute(db)
      return rows.map(({ detail }) => detail).join('\n')
    }
    return await db.transaction().execute(async (trx) => {
      await sql`set local enable_seqscan = off`.execute(trx)
      const { rows } = await sql<Record<string, string>>`explain ${query}`.execute(trx)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    })
  }
})
