import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema, sessionIdSchema, userIdSchema, type SessionId, type UserId } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import { pino } from 'pino'
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { MemoryDocumentStore } from '../adapters/memory/memory-document-store.ts'
import { createMemoryStores } from '../adapters/memory/memory-stores.ts'
import { SqlAccountsStore } from '../adapters/sql/sql-accounts-store.ts'
import { SqlRoomStore } from '../adapters/sql/sql-room-store.ts'
import { openSqliteStorage } from '../adapters/sql/sqlite-storage.ts'
import type { AccountsStore, SessionRecord } from '../ports/accounts-store.ts'
import type { DocumentStore, PurgeLimits, UpdateRecord } from '../ports/document-store.ts'
import type { PurgedSlice } from '../ports/purge-slice.ts'
import type { RoomStore } from '../ports/room-store.ts'
import { createAccounts } from './accounts/accounts.ts'
import { createPasswords } from './accounts/passwords.ts'
import { createTokens } from './accounts/tokens.ts'
import { recordOf } from './documents/clock-ranges.ts'
import { Compaction } from './documents/compaction.ts'
import { mergePieces } from './documents/piece-list.ts'
import { EventBus } from './events.ts'
import { Housekeeping } from './housekeeping.ts'
import { stateOf } from '../testing/yjs-history.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)

const passwords = createPasswords({ threads: 1, cost: 4 })
afterAll(() => passwords.close())

interface Stores {
  readonly accounts: AccountsStore
  readonly rooms: RoomStore
  readonly documents: DocumentStore
}

let now = START
/** What the job waits for: the test says when it comes. */
let timers: Array<{ readonly afterMs: number; readonly callback: () => void }> = []
let logged: string[] = []
beforeEach(() => {
  now = START
  timers = []
  logged = []
})

function createJob(stores: Stores, random = 0.5): Housekeeping {
  const job = new Housekeeping({
    ...stores,
    log: pino({ level: 'debug' }, { write: (line: string) => logged.push(line) }),
    historyDays: 30,
    now: () => now,
    random: () => random,
    later: (afterMs, callback) => {
      const timer = { afterMs, callback }
      timers.push(timer)
      return () => void (timers = timers.filter((each) => each !== timer))
    },
  })
  onTestFinished(() => job.stop())
  return job
}

const createMemory = (): Stores => ({ ...createMemoryStores(), documents: new MemoryDocumentStore() })

async function createSqlite(): Promise<Stores> {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  const storage = await openSqliteStorage({ file: join(directory, 'test.db') })
  onTestFinished(async () => {
    await storage.close()
    await rm(directory, { recursive: true })
  })
  const { main, documentStore } = storage
  return { accounts: new SqlAccountsStore(main.db), rooms: new SqlRoomStore(main), documents: documentStore }
}

const newSession = (userId: UserId, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  id: sessionIdSchema.parse(nanoid()),
  userId,
  refreshHash: nanoid(),
  createdAt: START,
  expiresAt: START + 400 * DAY,
  rotatedAt: null,
  revokedAt: null,
  ...changes,
})

async function addGuest({ accounts }: Stores, sessions: Array<Partial<SessionRecord>>) {
  const id = userIdSchema.parse(nanoid())
  await accounts.createUser({ id, name: 'Guest', email: null, passwordHash: null, createdAt: now })
  const records = sessions.map((changes) => newSession(id, changes))
  for (const record of records) await accounts.createSession(record)
  return { id, sessionIds: records.map((record) => record.id) as [SessionId, ...SessionId[]] }
}

async function addRoom({ rooms }: Stores, ownerId: UserId, deletedAt: number | null = null) {
  const id = roomIdSchema.parse(nanoid())
  const rest = { name: 'Board', slug: null, access: 'link-edit', metadata: {}, version: 1 } as const
  await rooms.createRoom({ id, createdAt: now, updatedAt: now, deletedAt, ...rest }, ownerId)
  return id
}

describe.each([
  ['memory', createMemory],
  ['SQLite', createSqlite],
])('over %s, the job takes away', (_name, createStores: () => Stores | Promise<Stores>) => {
  test('sessions 30 days after they ended, then the guest who had them, then the guest’s visits', async () => {
    const stores = await createStores()
    const job = createJob(stores)
    const { id: ownerId } = await addGuest(stores, [{}])
    const roomId = await addRoom(stores, ownerId)
    const guest = await addGuest(stores, [{ revokedAt: START + HOUR }, { expiresAt: START + 2 * HOUR }])
    await stores.rooms.addVisitor(roomId, guest.id, START)
    const left = async () => [
      await Promise.all(guest.sessionIds.map((id) => stores.accounts.findSession(id))),
      await stores.accounts.findUser(guest.id),
      await stores.rooms.findMembership(roomId, guest.id),
    ]
    const isLeft = async () => (await left()).flat().map(Boolean)

    now = START + 30 * DAY + HOUR
    await job.run()
    expect(await isLeft()).toEqual([true, true, true, true])
    now += 1
    await job.run()
    expect(await isLeft()).toEqual([false, true, true, true])
    now += HOUR
    await job.run()
    expect(await isLeft()).toEqual([false, false, false, false])
    expect(await stores.accounts.findUser(ownerId)).toBeDefined()
    // And the operator is told of each run.
    const told = logged.map((line) => (JSON.parse(line) as { purged: Record<string, unknown> }).purged)
    expect(told.map(({ sessions, guests, visits }) => [sessions, guests, visits])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 1],
    ])
  })

  test('no room: not one that was deleted, nor its owner', async () => {
    const stores = await createStores()
    const owner = await addGuest(stores, [{ revokedAt: START }])
    const roomId = await addRoom(stores, owner.id, START)
    now = START + 1_000 * DAY
    await createJob(stores).run()
    expect((await stores.rooms.findRoom(roomId))?.deletedAt).toBe(START)
    expect((await stores.rooms.findMembership(roomId, owner.id))?.role).toBe('owner')
    expect(await stores.accounts.findUser(owner.id)).toBeDefined()
  })

  test('nothing of a guest who is signing in at that moment', async () => {
    const stores = await createStores()
    const job = createJob(stores)
    const { accounts } = stores
    // The guest is stored, their session not yet: now the job runs.
    const inBetween: AccountsStore['createSession'] = async (session) => {
      await job.run()
      await accounts.createSession(session)
    }
    const store = new Proxy(accounts, {
      get: (target, name: keyof AccountsStore) => (name === 'createSession' ? inBetween : target[name].bind(target)),
    })
    const tokens = createTokens({ secret: 'a secret that only the tests know', now: () => now })
    const deps = {
      store,
      roomStore: stores.rooms,
      documents: stores.documents,
      tokens,
      passwords,
      events: new EventBus(),
      now: () => now,
    }
    const { user, refreshToken } = await createAccounts(deps).guest()
    await job.run()
    expect((await createAccounts(deps).refresh(refreshToken)).user).toEqual(user)
  })

  test('nothing that an attempt to refresh needs whose answer was lost 30 days ago', async () => {
    const stores = await createStores()
    const tokens = createTokens({ secret: 'a secret that only the tests know', now: () => now })
    const accounts = createAccounts({
      store: stores.accounts,
      roomStore: stores.rooms,
      documents: stores.documents,
      tokens,
      passwords,
      events: new EventBus(),
      now: () => now,
    })
    const { refreshToken } = await accounts.guest()
    const lost = await accounts.refresh(refreshToken, 'the key of this attempt')
    now += 30 * DAY
    await createJob(stores).run()
    const repeated = await accounts.refresh(refreshToken, 'the key of this attempt')
    expect(repeated.refreshToken).toBe(lost.refreshToken)
  })

  test('updates that two snapshots hold and that are older than the history, and snapshots with age', async () => {
    const { documents, ...people } = await createStores()
    const roomId = roomIdSchema.parse(nanoid())
    const bytes = Uint8Array.of(1)
    for (let n = 0; n < 4; n++) {
      const entry = { update: bytes, author: null, at: START + n * DAY, ranges: bytes, crc: 7 }
      await documents.append({ id: nanoid(), rooms: [{ roomId, entries: [entry] }] })
    }
    for (let seq = 1; seq < 4; seq++) {
      await documents.addSnapshot(roomId, { seq, bytes, ranges: bytes, crc: 7, at: START + seq * MINUTE, label: null })
    }
    const before = await documents.load(roomId)
    now = START + 30 * DAY + HOUR
    await createJob({ documents, ...people }).run()
    expect(await documents.load(roomId)).toEqual(before)
    expect((await documents.listSnapshots(roomId)).map(({ seq }) => seq)).toEqual([3, 2])
    // The first is of the first day; the second, behind the same snapshots, is not old enough.
    await expect(documents.readSince(roomId, 0)).rejects.toThrow('updates 1 to 1 are missing')
    expect((await documents.readSince(roomId, 1)).map(({ seq }) => seq)).toEqual([2, 3, 4])
  })

  test('more than one slice of rows', async () => {
    const stores = await createStores()
    const { id, sessionIds } = await addGuest(
      stores,
      Array.from({ length: 450 }, () => ({ revokedAt: START })),
    )
    now = START + 31 * DAY
    await createJob(stores).run()
    expect(await stores.accounts.findUser(id)).toBeUndefined()
    expect(await stores.accounts.findSession(sessionIds[0])).toBeUndefined()
  })
})

test('of documents it takes away what HISTORY_DAYS, an hour of repeated batches and the age of snapshots allow', async () => {
  const asked: PurgeLimits[] = []
  const documents = new MemoryDocumentStore()
  vi.spyOn(documents, 'purge').mockImplementation(async (limits) => {
    asked.push(limits)
    return { updates: 0, snapshots: 0, batches: 0 }
  })
  const job = createJob({ ...createMemory(), documents })
  await job.run()
  expect(asked).toMatchObject([{ updatesBefore: START - 30 * DAY, batchesBefore: START - HOUR }])
  const kept = [HOUR, 2 * DAY, 2 * DAY + 2 * HOUR].map((age) => asked[0]?.keepSnapshot(START - age, START - age + 1))
  expect(kept).toEqual([true, false, false])
  // In the middle of documents, too, it ends when it is stopped.
  expect(asked[0]?.signal?.aborted).toBe(false)
  await job.stop()
  expect(asked[0]?.signal?.aborted).toBe(true)
})

test('a board of 50,000 small edits, all drawn in one go, takes less than 5 MB in the end', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  const file = join(directory, 'test.db')
  const storage = await openSqliteStorage({ file })
  const { documentStore: documents } = storage
  const compaction = new Compaction({ store: documents, reportDamaged: () => undefined, now: () => now })
  onTestFinished(async () => {
    await Promise.all([compaction.close(), storage.close()])
    await rm(directory, { recursive: true })
  })
  const roomId = roomIdSchema.parse(nanoid())
  const board = new Y.Doc()
  let entries: UpdateRecord[] = []
  board.on('update', (update: Uint8Array) => entries.push(recordOf(update, 'somebody-of-the-tests', now)))
  const elements = board.getMap<Y.Map<unknown>>('elements')
  for (let n = 0; n < 500; n++) elements.set(`element-${n}`, new Y.Map([['type', 'rectangle']]))
  for (let edits = 500; edits < 50_000; edits++) {
    elements.get(`element-${edits % 500}`)?.set('xy', [edits, edits % 977])
    if (entries.length < 500) continue
    await documents.append({ id: nanoid(), rooms: [{ roomId, entries }] })
    entries = []
  }
  await documents.append({ id: nanoid(), rooms: [{ roomId, entries }] })
  await compaction.compact(roomId)
  expect((await documents.listSnapshots(roomId)).map(({ seq }) => seq)).toEqual([50_000, 45_000])
  const before = await stat(file)
  expect(before.size).toBeGreaterThan(5_000_000)
  now += 31 * DAY
  await createJob({
    accounts: new SqlAccountsStore(storage.main.db),
    rooms: new SqlRoomStore(storage.main),
    documents,
  }).run()
  const sizes = await Promise.all([file, `${file}-wal`].map(async (name) => (await stat(name)).size))
  expect(Math.max(...sizes)).toBeLessThan(5_000_000)
  console.log(`50,000 edits: ${before.size} bytes before the clean-up, ${sizes.join(' and ')} (log) after it`)
  const { snapshot, tail } = await documents.load(roomId)
  const loaded = new Y.Doc()
  Y.applyUpdate(loaded, mergePieces(snapshot?.bytes ?? new Uint8Array()))
  expect([tail, stateOf(loaded)]).toEqual([[], stateOf(board)])
})

test('it runs some minutes after the start, then every few hours, each pause a little by chance', async () => {
  const waits: number[] = []
  for (const random of [0, 0.5, 0.999]) {
    timers = []
    createJob(createMemory(), random).start()
    waits.push(timers[0]!.afterMs)
    timers.shift()!.callback()
    await vi.waitFor(() => expect(timers).toHaveLength(1))
    waits.push(timers[0]!.afterMs)
  }
  expect(waits.map((ms) => Math.round(ms / MINUTE))).toEqual([4, 180, 5, 240, 6, 300])
})

/** A store whose first clean-up of sessions stands until it is let go. */
function createStandingStores() {
  const stores = createMemory()
  const { promise, resolve } = Promise.withResolvers<void>()
  const steps: string[] = []
  vi.spyOn(stores.accounts, 'purgeSessions').mockImplementation(async (_before, { after }): Promise<PurgedSlice> => {
    steps.push(`sessions after "${after}"`)
    await promise
    return { removed: 1, next: after === '' ? 'the first' : undefined }
  })
  vi.spyOn(stores.rooms, 'purgeVisitors').mockImplementation(async (): Promise<PurgedSlice> => {
    steps.push('visits')
    return { removed: 0, next: undefined }
  })
  return { stores, steps, letGo: resolve }
}

test('two runs never stand beside each other', async () => {
  const { stores, steps, letGo } = createStandingStores()
  const job = createJob(stores)
  const runs = [job.run(), job.run()]
  letGo()
  await Promise.all(runs)
  expect(steps).toEqual(['sessions after ""', 'sessions after "the first"', 'visits'])
})

test('stopping waits for the slice that is under way, and begins no other', async () => {
  const { stores, steps, letGo } = createStandingStores()
  const job = createJob(stores)
  job.start()
  timers.shift()!.callback()
  let stopped = false
  const stop = job.stop().then(() => (stopped = true))
  await new Promise(setImmediate)
  expect(stopped).toBe(false)
  letGo()
  await stop
  expect(steps).toEqual(['sessions after ""'])
  expect(timers).toEqual([])
})

test('a job that was stopped before its time does not run', async () => {
  const job = createJob(createMemory())
  job.start()
  await job.stop()
  expect(timers).toEqual([])
})

test('what fails is logged, keeps nothing else from being done, and is tried again the next time', async () => {
  const { stores, steps, letGo } = createStandingStores()
  letGo()
  vi.mocked(stores.accounts.purgeSessions).mockRejectedValueOnce(new Error('the disk is full'))
  createJob(stores).start()
  timers.shift()!.callback()
  await vi.waitFor(() => expect(timers).toHaveLength(1))
  expect(steps).toEqual(['visits'])
  expect(logged.filter((line) => line.includes('the disk is full'))).toHaveLength(1)
  timers.shift()!.callback()
  await vi.waitFor(() => expect(timers).toHaveLength(1))
  expect(steps.slice(1)).toEqual(['sessions after ""', 'sessions after "the first"', 'visits'])
})
