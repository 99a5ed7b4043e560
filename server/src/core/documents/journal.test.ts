import { setImmediate as nextTurn } from 'node:timers/promises'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { expect, test, vi } from 'vitest'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import {
  UndecidedAppendError,
  type DocumentStore,
  type JournalBatch,
  type RoomAppend,
  type UpdateRecord,
} from '../../ports/document-store.ts'
import { Journal } from './journal.ts'

const roomA = roomIdSchema.parse('room-aaaaaa')
const roomB = roomIdSchema.parse('room-bbbbbb')
const roomC = roomIdSchema.parse('room-cccccc')
const record = (...bytes: number[]): UpdateRecord => ({
  update: new Uint8Array(bytes),
  author: null,
  at: 1,
  ranges: new Uint8Array(),
  crc: 0,
})
const pace = { commitEveryMs: 1, firstRetryMs: 1, longestRetryMs: 4 }

/** A store whose appends wait for `gate`, fail while `broken`, and always for the rooms in `brokenRooms`. */
class GatedStore extends MemoryDocumentStore {
  broken = false
  readonly brokenRooms = new Set<RoomId>()
  /** How many appends are done and not answered. */
  lostAnswers = 0
  batches: Array<readonly RoomAppend[]> = []
  gate: PromiseWithResolvers<void> | undefined

  override async append(batch: JournalBatch): Promise<Map<RoomId, number>> {
    this.batches.push(batch.rooms.map(({ roomId, entries }) => ({ roomId, entries: [...entries] })))
    await this.gate?.promise
    if (this.broken) throw new Error('disk full')
    if (batch.rooms.some(({ roomId }) => this.brokenRooms.has(roomId))) throw new Error('constraint')
    const firstSeqs = await super.append(batch)
    if (this.lostAnswers > 0) {
      this.lostAnswers -= 1
      throw new UndecidedAppendError('the answer was lost')
    }
    return firstSeqs
  }

  override async ping(): Promise<void> {
    if (this.broken) throw new Error('disk full')
  }
}

const stored = async (store: DocumentStore, roomId: RoomId) =>
  (await store.load(roomId)).tail.map(({ update: bytes }) => bytes[0])

test('nobody is told "durable" before the commit has passed', async () => {
  const store = new GatedStore()
  store.gate = Promise.withResolvers()
  const journal = new Journal(store, { pace })
  const acked: number[] = []
  journal.append(roomA, record(1))
  journal.whenDurable(roomA, () => acked.push(1))
  await vi.waitFor(() => expect(store.batches).toHaveLength(1))
  journal.append(roomA, record(2))
  journal.whenDurable(roomA, () => acked.push(2))
  expect(acked).toEqual([])
  store.gate.resolve()
  await journal.flush()
  expect(acked).toEqual([1, 2])
  expect(await stored(store, roomA)).toEqual([1, 2])
})

test('a room with nothing on its way is durable at once', () => {
  const journal = new Journal(new GatedStore(), { pace })
  let called = false
  journal.whenDurable(roomA, () => (called = true))
  expect(called).toBe(true)
})

test('a duplicate that was appended before is not durable until that commit', async () => {
  const store = new GatedStore()
  store.gate = Promise.withResolvers()
  const journal = new Journal(store, { pace })
  journal.append(roomA, record(1))
  await vi.waitFor(() => expect(store.batches).toHaveLength(1))
  let called = false
  journal.whenDurable(roomA, () => (called = true))
  expect(called).toBe(false)
  store.gate.resolve()
  await journal.flush()
  expect(called).toBe(true)
})

test('what gathers during a commit shares the next one, across rooms', async () => {
  const store = new GatedStore()
  store.gate = Promise.withResolvers()
  const journal = new Journal(store, { pace })
  journal.append(roomA, record(1))
  await vi.waitFor(() => expect(store.batches).toHaveLength(1))
  for (let n = 2; n < 10; n++) journal.append(n % 2 ? roomA : roomB, record(n))
  store.gate.resolve()
  await journal.flush()
  expect(store.batches).toHaveLength(2)
  expect(await stored(store, roomB)).toEqual([2, 4, 6, 8])
})

test('what is large is committed apart from what others write, in order, and who waits hears of each', async () => {
  const store = new GatedStore()
  store.gate = Promise.withResolvers()
  const journal = new Journal(store, { pace })
  const heard: string[] = []
  const append = (roomId: RoomId, name: string, update: Uint8Array) => {
    journal.append(roomId, { ...record(), update })
    journal.whenDurable(roomId, (seq) => heard.push(`${name}${seq}`))
  }
  append(roomC, 'first', new Uint8Array(1))
  await vi.waitFor(() => expect(store.batches).toHaveLength(1))
  append(roomA, 'small', new Uint8Array(1))
  append(roomA, 'large', new Uint8Array(7_000_000))
  append(roomA, 'larger', new Uint8Array(8_000_000))
  append(roomB, 'theirs', new Uint8Array(1))
  store.gate.resolve()
  await journal.flush()
  const sizes = store.batches.map((rooms) => rooms.map(({ entries }) => entries.map(({ update }) => update.length)))
  expect(sizes).toEqual([[[1]], [[1], [1]], [[7_000_000]], [[8_000_000]]])
  expect(heard).toEqual(['first1', 'theirs1', 'small1', 'large2', 'larger3'])
})

test('while a commit is under way no other begins, whichever room is written to', async () => {
  const store = new GatedStore()
  store.gate = Promise.withResolvers()
  const journal = new Journal(store, { pace: { commitEveryMs: 0, busyCommitEveryMs: 0 } })
  for (const [n, roomId] of [roomA, roomB, roomC].entries()) {
    journal.append(roomId, record(n))
    await vi.waitFor(() => expect(store.batches).toHaveLength(1))
    // Time enough for another to begin.
    for (let turn = 0; turn < 5; turn++) await nextTurn()
  }
  expect(store.batches).toHaveLength(1)
  store.gate.resolve()
  await journal.flush()
  expect(store.batches.map((rooms) => rooms.length)).toEqual([1, 2])
})

test('a commit begins at once when the last is 8 ms ago, and else then, with all that has come', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] })
  try {
    const store = new GatedStore()
    const journal = new Journal(store)
    const sizes = () => store.batches.map((rooms) => rooms.flatMap(({ entries }) => entries).length)
    journal.append(roomA, record(1))
    await vi.advanceTimersByTimeAsync(0)
    expect(sizes()).toEqual([1])
    journal.append(roomA, record(2))
    await vi.advanceTimersByTimeAsync(7)
    journal.append(roomB, record(3))
    await vi.advanceTimersByTimeAsync(0.9)
    expect(sizes()).toEqual([1])
    await vi.advanceTimersByTimeAsync(1)
    expect(sizes()).toEqual([1, 2])
    await vi.advanceTimersByTimeAsync(100)
    journal.append(roomA, record(4))
    await vi.advanceTimersByTimeAsync(0)
    expect(sizes()).toEqual([1, 2, 1])
  } finally {
    vi.useRealTimers()
  }
})

test('while much is written, what comes waits longer for the next commit', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] })
  try {
    const store = new GatedStore()
    const journal = new Journal(store)
    for (let n = 0; n < 500; n++) journal.append(roomA, record(n % 256))
    await vi.advanceTimersByTimeAsync(0)
    journal.append(roomA, record(1))
    await vi.advanceTimersByTimeAsync(40)
    expect(store.batches).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(11)
    expect(store.batches).toHaveLength(2)
  } finally {
    vi.useRealTimers()
  }
})

test('while the store fails nothing is acknowledged; when it returns everything is, in order and once', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace })
  const acked: number[] = []
  const told: string[] = []
  journal.on('failing', () => told.push('failing'))
  journal.on('recovered', () => told.push('recovered'))
  store.broken = true
  for (let n = 1; n <= 3; n++) {
    journal.append(roomA, record(n))
    journal.whenDurable(roomA, () => acked.push(n))
  }
  await vi.waitFor(() => expect(store.batches.length).toBeGreaterThan(3))
  expect([acked, journal.failing, journal.pendingCount]).toEqual([[], true, 3])
  journal.append(roomA, record(4))
  store.broken = false
  await vi.waitFor(() => expect(journal.pendingCount).toBe(0))
  expect(acked).toEqual([1, 2, 3])
  expect(await stored(store, roomA)).toEqual([1, 2, 3, 4])
  expect(told.filter((event) => event === 'recovered')).toHaveLength(1)
  expect(journal.failing).toBe(false)
})

test('a flush rejects when the store fails, and the updates stay queued', async () => {
  const store = new GatedStore()
  store.broken = true
  const journal = new Journal(store, { pace })
  journal.append(roomA, record(1))
  await expect(journal.flush(roomA)).rejects.toThrow('disk full')
  expect(journal.pendingCount).toBe(1)
  store.broken = false
  await journal.flush()
  expect(await stored(store, roomA)).toEqual([1])
})

test('too much of one room waiting for a failing store is said to be too much, and not of another', async () => {
  const store = new GatedStore()
  store.broken = true
  const journal = new Journal(store, { pace })
  for (let n = 0; n < 17; n++) journal.append(roomA, { ...record(), update: new Uint8Array(4 * 1024 * 1024) })
  expect([journal.isFullFor(roomA, 'ada'), journal.isFullFor(roomB, 'bob')]).toEqual([true, false])
  store.broken = false
  await journal.flush()
  expect(journal.isFullFor(roomA, 'ada')).toBe(false)
})

test('also those who wait for a failing store are counted, not only bytes', async () => {
  const store = new GatedStore()
  store.broken = true
  const journal = new Journal(store, { pace })
  journal.append(roomA, record(1))
  for (let n = 0; n < 250_000; n++) journal.whenDurable(roomA, () => undefined)
  expect(journal.isFullFor(roomA, 'ada')).toBe(true)
  store.broken = false
  await journal.flush()
  expect(journal.isFullFor(roomA, 'ada')).toBe(false)
})

test('a commit whose answer was lost is stored once, and nobody hears of a failure', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace })
  const told: unknown[] = []
  journal.on('failing', (error) => told.push(error))
  journal.on('committed', ({ firstSeq, records }) => told.push([firstSeq, records.length]))
  store.lostAnswers = 1
  journal.append(roomA, record(1))
  journal.append(roomA, record(2))
  await journal.flush().catch(() => journal.flush())
  expect(await stored(store, roomA)).toEqual([1, 2])
  expect(told).toEqual([[1, 2]])
})

test('however often its answer is lost, a commit is stored once', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace })
  store.lostAnswers = 4
  for (const roomId of [roomA, roomB]) journal.append(roomId, record(1))
  await vi.waitFor(() => journal.flush())
  expect([await stored(store, roomA), await stored(store, roomB)]).toEqual([[1], [1]])
})

test('one room whose writes fail holds nobody else, is told alone, and is saved when it can be', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace })
  const rooms = Array.from({ length: 9 }, (_, n) => roomIdSchema.parse(`room-number-${n}`))
  const bad = rooms[4] as RoomId
  const told: Array<[string, RoomId | undefined]> = []
  journal.on('failing', (_, roomId) => told.push(['failing', roomId]))
  journal.on('recovered', (roomId) => told.push(['recovered', roomId]))
  store.brokenRooms.add(bad)
  const durable = new Map<RoomId, number[]>(rooms.map((roomId) => [roomId, []]))
  const write = (n: number) => {
    for (const roomId of rooms) {
      journal.append(roomId, record(n))
      journal.whenDurable(roomId, (seq) => durable.get(roomId)?.push(seq))
    }
  }
  write(1)
  write(2)
  await vi.waitFor(() => expect(told).toEqual([['failing', bad]]))
  write(3)
  const others = rooms.filter((roomId) => roomId !== bad)
  await vi.waitFor(() => expect(others.map((roomId) => durable.get(roomId))).toEqual(others.map(() => [1, 2, 3])))
  expect([durable.get(bad), journal.failing, journal.isFailing(bad), journal.pendingCount]).toEqual([
    [],
    false,
    true,
    3,
  ])
  store.brokenRooms.clear()
  await vi.waitFor(() => expect(durable.get(bad)).toEqual([1, 2, 3]))
  expect(await stored(store, bad)).toEqual([1, 2, 3])
  expect(told).toEqual([
    ['failing', bad],
    ['recovered', bad],
  ])
})

test('rooms that hang hold nobody else, take the store two connections, and are told alone', async () => {
  const rooms = Array.from({ length: 4 }, (_, n) => roomIdSchema.parse(`room-number-${n}`))
  /** What is written to these waits for a lock, which the store gives up after a while. */
  class LockedStore extends GatedStore {
    readonly locked = new Set(rooms)
    underWay = 0
    mostUnderWay = 0

    override async append(batch: JournalBatch) {
      this.underWay += 1
      this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
      try {
        if (batch.rooms.some(({ roomId }) => this.locked.has(roomId))) {
          await new Promise((resolve) => setTimeout(resolve, 100))
          throw new Error('lock timeout')
        }
        return await super.append(batch)
      } finally {
        this.underWay -= 1
      }
    }
  }
  const store = new LockedStore()
  const journal = new Journal(store, { pace })
  const failing: Array<RoomId | undefined> = []
  journal.on('failing', (_, roomId) => failing.push(roomId))
  for (const roomId of rooms) journal.append(roomId, record(1))
  await vi.waitFor(() => expect(new Set(failing)).toEqual(new Set(rooms)))
  // By now both are tried again and again; a room that is well is told at once, each time.
  for (let n = 1; n <= 20; n++) {
    journal.append(roomC, record(n))
    await journal.flush(roomC)
  }
  expect([failing.length, journal.failing]).toEqual([4, false])
  expect(store.mostUnderWay).toBeLessThanOrEqual(3)
  store.locked.clear()
  // What is under way still fails.
  await vi.waitFor(() => journal.flush())
  expect(await Promise.all(rooms.map((roomId) => stored(store, roomId)))).toEqual(rooms.map(() => [1]))
})

test('who is only looked through does not wait behind a room that hangs, and who waits is told', async () => {
  let hangs = false
  const hung = Promise.withResolvers<void>()
  class HangingStore extends GatedStore {
    override async append(batch: JournalBatch) {
      if (hangs && batch.rooms.some(({ roomId }) => roomId === roomA)) await hung.promise
      return await super.append(batch)
    }
  }
  const store = new HangingStore()
  store.brokenRooms.add(roomA)
  const journal = new Journal(store, { pace })
  journal.append(roomA, record(1))
  await vi.waitFor(() => expect(journal.isFailing(roomA)).toBe(true))
  hangs = true
  const tries = store.batches.length
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(store.batches.length - tries).toBeLessThanOrEqual(1)
  // In one batch with a room whose writes fail, another that is well.
  store.brokenRooms.add(roomB)
  journal.append(roomB, record(2))
  journal.append(roomC, record(3))
  await vi.waitFor(async () => expect(await stored(store, roomC)).toEqual([3]))
  await vi.waitFor(() => expect(journal.isFailing(roomB)).toBe(true))
  expect(journal.failing).toBe(false)
  store.brokenRooms.clear()
  hung.resolve()
  await vi.waitFor(() => journal.flush())
})

test('as long as an earlier attempt may be under way, a batch is tried again as it is', async () => {
  let attempts = 0
  class UndecidedStore extends GatedStore {
    override async append(batch: JournalBatch): Promise<Map<RoomId, number>> {
      attempts += 1
      if (attempts === 1) throw new Error('connection reset')
      if (attempts < 5) throw new UndecidedAppendError('an earlier attempt may be under way')
      return await super.append(batch)
    }
  }
  const store = new UndecidedStore()
  const journal = new Journal(store, { pace })
  const told: string[] = []
  journal.on('failing', (_, roomId) => told.push(`failing ${roomId}`))
  journal.on('recovered', (roomId) => told.push(`recovered ${roomId}`))
  for (const roomId of [roomA, roomB]) journal.append(roomId, record(1))
  await vi.waitFor(() => journal.flush())
  expect(store.batches.map((rooms) => rooms.map(({ roomId }) => roomId))).toEqual([[roomA, roomB]])
  expect(told).toEqual(['failing undefined', 'recovered undefined'])
})

test('however many wait for a store that fails, it is not asked more often for that', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace: { ...pace, firstRetryMs: 1_000_000, longestRetryMs: 1_000_000 } })
  store.broken = true
  journal.append(roomA, record(1))
  await vi.waitFor(() => expect(journal.failing).toBe(true))
  const [begun, tries] = [performance.now(), store.batches.length]
  for (let n = 0; n < 200; n++) {
    void journal.flush(roomA).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(store.batches.length - tries).toBeLessThanOrEqual((performance.now() - begun) / 100 + 1)
  store.broken = false
  await journal.flush()
})

test('the pauses between tries grow', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] })
  try {
    const store = new GatedStore()
    const journal = new Journal(store)
    store.broken = true
    journal.append(roomA, record(1))
    const triedAt: number[] = []
    for (let seen = 0, now = 0; now < 20_000; now += 10) {
      await vi.advanceTimersByTimeAsync(10)
      if (store.batches.length > seen) triedAt.push(now)
      seen = store.batches.length
    }
    const pauses = triedAt.slice(1).map((at, index) => at - (triedAt[index] as number))
    // Each is shorter by chance, by two fifths at most.
    const longest = [200, 400, 800, 1600, 2500, 2500, 2500]
    for (const [nth, most] of longest.entries()) {
      expect(pauses[nth + 1], `pause ${nth}`).toBeGreaterThanOrEqual(most * 0.6 - 10)
      expect(pauses[nth + 1], `pause ${nth}`).toBeLessThanOrEqual(most + 10)
    }
  } finally {
    vi.useRealTimers()
  }
})

test('who waits for one room does not hear that another’s commit fails', async () => {
  const held = Promise.withResolvers<void>()
  class HoldingStore extends GatedStore {
    override async append(batch: JournalBatch) {
      if (batch.rooms.every(({ roomId }) => roomId === roomA)) await held.promise
      return await super.append(batch)
    }
  }
  const store = new HoldingStore()
  store.brokenRooms.add(roomB)
  const journal = new Journal(store, { pace })
  journal.append(roomB, record(1))
  await vi.waitFor(() => expect(journal.isFailing(roomB)).toBe(true))
  journal.append(roomA, record(2))
  const flushed = journal.flush(roomA)
  const tries = store.batches.length
  await vi.waitFor(() => expect(store.batches.length).toBeGreaterThan(tries + 3))
  held.resolve()
  await flushed
  expect(await stored(store, roomA)).toEqual([2])
  store.brokenRooms.clear()
})

test('a commit that somebody hurried is not made once more when its pause is over', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace: { ...pace, firstRetryMs: 60, longestRetryMs: 60 } })
  store.broken = true
  journal.append(roomA, record(1))
  await vi.waitFor(() => expect(journal.failing).toBe(true))
  store.broken = false
  const tries = store.batches.length
  await journal.flush()
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(store.batches.length).toBe(tries + 1)
})

test('a flush does not wait for the pause after a failure, also of a room that was set apart', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace: { ...pace, firstRetryMs: 1_000_000, longestRetryMs: 1_000_000 } })
  store.broken = true
  journal.append(roomA, record(1))
  await vi.waitFor(() => expect(journal.failing).toBe(true))
  store.broken = false
  await journal.flush()
  store.brokenRooms.add(roomB)
  journal.append(roomA, record(2))
  journal.append(roomB, record(3))
  await vi.waitFor(() => expect(journal.isFailing(roomB)).toBe(true))
  store.brokenRooms.clear()
  await journal.flush(roomB)
  expect([await stored(store, roomA), await stored(store, roomB)]).toEqual([[1, 2], [3]])
})

test('a store that is slow works, and one that does not answer for two seconds fails until it does', async () => {
  const store = new GatedStore()
  const journal = new Journal(store, { pace })
  const heard: string[] = []
  journal.on('failing', (error) => heard.push((error as Error).message))
  journal.on('recovered', () => heard.push('recovered'))
  for (let n = 0; n < 8; n++) {
    store.gate = Promise.withResolvers()
    journal.append(roomA, record(n))
    await new Promise((resolve) => setTimeout(resolve, 350))
    store.gate.resolve()
  }
  await journal.flush()
  expect(heard).toEqual([])
  store.gate = Promise.withResolvers()
  journal.append(roomA, record(9))
  await vi.waitFor(() => expect(journal.failing).toBe(true))
  store.gate.resolve()
  await journal.flush()
  expect(heard).toEqual(['the store does not answer', 'recovered'])
})
