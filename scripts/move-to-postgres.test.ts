import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { lockDataDir } from '../server/src/adapters/sql/data-dir-lock.ts'
import { openForReading } from '../server/src/adapters/sql/open-reading.ts'
import { openStorage } from '../server/src/adapters/sql/open-storage.ts'
import type { SqlStorage } from '../server/src/adapters/sql/sql-database.ts'
import type { UpdateRecord } from '../server/src/ports/document-store.ts'
import { startTestPostgres, type TestPostgres } from '../server/src/testing/test-postgres.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../server/src/testing/test-room.ts'
import { startTestServer } from '../server/src/testing/test-server.ts'
import { roomIdSchema, userIdSchema, type RoomId } from '../shared/src/ids.ts'

/** The update of Yjs that changes nothing. */
const NOTHING: UpdateRecord = {
  update: new Uint8Array(2),
  author: null,
  at: 1,
  ranges: new Uint8Array(2),
  crc: 1104745215,
}

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

let dataDir: string
let databaseUrl: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  databaseUrl = await postgres.createDatabase()
})
afterEach(() => rm(dataDir, { recursive: true }))

/** Moves as an operator would: what was printed, and the exit code. */
function move(...args: string[]) {
  return run('move-to-postgres', args.length > 0 ? args : ['--from', dataDir, '--to', databaseUrl])
}

/** Runs a script, with more in its environment. */
function run(name: string, args: string[], more: Record<string, string> = {}) {
  const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [script, ...args], { env: { ...process.env, ...more } }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

/** Either side, as a server would open it. */
async function withStorage<T>(side: 'source' | 'target', work: (storage: SqlStorage) => Promise<T>): Promise<T> {
  const place = { file: join(dataDir, 'sketchroom.db'), databaseUrl: side === 'source' ? undefined : databaseUrl }
  const storage = await openStorage(place)
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

const room = (name: string) => roomIdSchema.parse(`${name}-of-the-tests`)

/** Writes an update that changes nothing into a room. */
async function write(side: 'source' | 'target', roomId: RoomId, more: Partial<UpdateRecord> = {}): Promise<void> {
  await withStorage(side, async ({ documentStore }) => {
    await documentStore.append({ id: `${Math.random()}`, rooms: [{ roomId, entries: [{ ...NOTHING, ...more }] }] })
  })
}

test('everybody finds their boards in PostgreSQL, signed in as before', async () => {
  const first = await startTestServer({ dataDir })
  const { roomId, ownerToken } = await openRoom(first)
  const ada = await joinRoom(first, roomId, ownerToken)
  for (const word of ['one', 'two']) ada.write(ada.edit(setWord(word)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  await first.stop()

  const moved = await move()
  expect(moved).toMatchObject({ code: 0, err: '' })
  expect(moved.out.split('\n')).toEqual([
    `Moving ${dataDir} to ${databaseUrl.replace(':password', '')}`,
    '  copied 1 people, 1 sign-ins, 1 rooms, 1 memberships',
    '  copied the drawings of 1 rooms; those of 0 were there',
    '  checked: the drawings of 1 rooms are the same in both',
    expect.stringContaining('Done.'),
    expect.stringContaining(`show-secret.ts ${dataDir}`),
    '',
  ])

  const secret = (await readFile(join(dataDir, 'jwt-secret'), 'utf8')).trim()
  const second = await startTestServer({ environment: { DATABASE_URL: databaseUrl, JWT_SECRET: secret } })
  onTestFinished(() => second.remove())
  const again = await joinRoom(second, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(again)).toEqual(['one', 'two']))
  again.write(again.edit(setWord('three')))
  await vi.waitFor(() => expect(again.answers).toEqual(['durable']))
})

test('what is encrypted needs its key, and the secret that everybody stays signed in by is shown in plain', async () => {
  const environment = { ENCRYPTION_KEY: '11'.repeat(32) }
  const first = await startTestServer({ dataDir, environment })
  const { roomId, ownerToken } = await openRoom(first)
  const ada = await joinRoom(first, roomId, ownerToken)
  ada.write(ada.edit(setWord('one')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await first.stop()

  const given = ['--from', dataDir, '--to', databaseUrl]
  const refused = await run('move-to-postgres', given)
  expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/^Nothing was done: .*set ENCRYPTION_KEY\n$/)])
  expect(await run('move-to-postgres', given, environment)).toMatchObject({ code: 0, err: '' })
  expect(await run('show-secret', [dataDir])).toMatchObject({ code: 2, out: '' })
  const shown = await run('show-secret', [dataDir], environment)
  expect(shown).toMatchObject({ code: 0, err: '' })
  const second = await startTestServer({
    environment: { ...environment, DATABASE_URL: databaseUrl, JWT_SECRET: shown.out.trim() },
  })
  onTestFinished(() => second.remove())
  const again = await joinRoom(second, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(again)).toEqual(['one']))
})

test('what is encrypted since it was moved is moved again', async () => {
  await write('source', room('sealed'))
  expect((await move()).code).toBe(0)
  const environment = { ENCRYPTION_KEY: '11'.repeat(32), DATA_DIR: dataDir }
  await (await startTestServer({ dataDir, environment })).stop()
  const rotated = await run('rotate-key', [], environment)
  expect(rotated).toMatchObject({ code: 0, err: '', out: expect.stringContaining('The file was written anew') })
  const again = await run('move-to-postgres', ['--from', dataDir, '--to', databaseUrl], environment)
  expect(again.out).toContain('copied the drawings of 1 rooms; those of 0 were there')
  const db = await openForReading({ file: '', databaseUrl })
  onTestFinished(() => db.destroy())
  const rows = await db.selectFrom('room_updates').select('bytes').execute()
  expect(rows.map(({ bytes }) => Buffer.from(bytes).equals(NOTHING.update))).toEqual([false])
})

test('who was blocked stays blocked', async () => {
  const block = { id: 'one', network: '203.0.113.7/32', reason: '', created_at: 1, created_by: 'ada', until: null }
  await withStorage('source', async ({ main: { db } }) => {
    await db.insertInto('address_blocks').values(block).execute()
  })
  expect((await move()).code).toBe(0)
  const blocks = await withStorage('target', ({ main: { db } }) =>
    db.selectFrom('address_blocks').selectAll().execute(),
  )
  expect(blocks).toEqual([block])
})

test('what was interrupted, or has gone on in SQLite since, is brought up to date by another run', async () => {
  for (const name of ['left', 'half', 'ongoing']) await write('source', room(name))
  expect((await move()).code).toBe(0)
  await withStorage('target', async ({ main: { db } }) => {
    await db.deleteFrom('room_updates').where('room_id', '=', room('half')).execute()
    await db.deleteFrom('room_documents').where('room_id', '=', room('half')).execute()
  })
  const [guest, account] = [userIdSchema.parse('guest'), userIdSchema.parse('account')]
  await write('source', room('ongoing'), { claims: new Map([[7, guest]]) })
  await withStorage('source', async ({ documentStore }) => {
    await documentStore.quarantine({ roomId: room('ongoing'), kind: 'update', seq: 1 }, 'damaged')
    await documentStore.transferClients(guest, account)
  })
  const again = await move()
  expect(again.code).toBe(0)
  expect(again.out).toContain('copied the drawings of 2 rooms; those of 1 were there')
  expect(again.out).toContain('the drawings of 3 rooms are the same in both')
  const ongoing = await withStorage('target', ({ documentStore }) => documentStore.load(room('ongoing')))
  expect(ongoing).toMatchObject({ head: 2, quarantined: [1], clients: new Map([[7, account]]) })
  expect((await move()).out).toContain('copied the drawings of 0 rooms; those of 3 were there')
})

test('a record that is damaged is named, and moved as it is', async () => {
  await write('source', room('damaged'), { crc: 1 })
  const { code, out } = await move()
  expect(code).toBe(0)
  expect(out).toContain(
    `damaged before the move, and moved as it is: room ${room('damaged')}: the bytes up to update 1`,
  )
})

test('nothing is moved while a server uses the directory', async () => {
  await write('source', room('any'))
  const unlock = lockDataDir(dataDir)
  onTestFinished(unlock)
  const { code, err } = await move()
  expect([code, err]).toEqual([2, `Nothing was done: another SketchRoom process uses ${dataDir}\n`])
})

test('a database that cannot be reached is one line', async () => {
  await write('source', room('any'))
  const { code, err } = await move('--from', dataDir, '--to', 'postgres://me@127.0.0.1:1/db')
  expect([code, err]).toEqual([1, expect.stringMatching(/^Failed; it may be run again: .*ECONNREFUSED.*\n$/)])
})

test('nothing is moved to where other rooms are, or to where people draw already', async () => {
  await write('source', room('mine'))
  await write('target', room('theirs'))
  const mixed = await move()
  expect([mixed.code, mixed.err]).toEqual([
    2,
    expect.stringContaining(`not in the source, such as of room ${room('theirs')}`),
  ])
  databaseUrl = await postgres.createDatabase()
  await move()
  await write('target', room('mine'))
  const live = await move()
  expect([live.code, live.err]).toEqual([2, expect.stringContaining(`room ${room('mine')} is newer in the target`)])
  expect((await withStorage('target', ({ documentStore }) => documentStore.load(room('mine')))).head).toBe(2)
})

test.each([
  [['--from', './data'], 'Say from where to where.'],
  [['--from', './nowhere', '--to', 'postgres://there/db'], 'There is no nowhere/sketchroom.db.'],
  [['--from', './data', '--to', 'mysql://there/db'], '--to must begin with postgres://'],
  [['--into', './data'], "Unknown option '--into'"],
])('asked for %o, it says how it is used', async (args, message) => {
  const { code, err } = await move(...args)
  expect(code).toBe(2)
  expect(err).toContain(message)
  expect(err).toContain('--from DIR')
})
