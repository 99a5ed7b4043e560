import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { expect, test, vi } from 'vitest'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import type { DocumentStore, RoomAppend } from '../../ports/document-store.ts'
import { Journal } from './journal.ts'

const roomA = roomIdSchema.parse('room-aaaaaa')
const roomB = roomIdSchema.parse('room-bbbbbb')
const update = (n: number) => new Uint8Array([n])
const pace = { commitEveryMs: 1, firstRetryMs: 1, longestRetryMs: 4 }

/** A store whose appends wait for `release`, and fail while `broken`. */
class GatedStore extends MemoryDocumentStore {
  broken = false
  batches: Array<readonly RoomAppend[]> = []
  gate: PromiseWithResolvers<void> | undefined

  override async append(batch: readonly RoomAppend[]): Promise<Map<RoomId, number>> {
    this.batches.push(batch.map(({ roomId, entries }) => ({ roomId, entries: [...entries] })))
    await this.gate?.promise
    if (this.broken) throw new Error('disk full')
    return super.append(batch)
  }
}

const stored = async (store: DocumentStore, roomId: RoomId) =>
  (await store.load(roomId)).tail.map(({ update: bytes }) => bytes[0])

test('nobody is told "durable" before the commit has passed', async () => {
  const store = new GatedStore()
  store.gate = Promise.withResolvers()
  const journal = new Journal(store, { pace })
  const acked: number[] = []
  journal.append(roomA, update(1), null)
  journal.whenDurable(roomA, () => acked.push(1))
  await vi.waitFor(() => expect(store.batches).toHaveLength(1))
  journal.append(roomA, update(2), null)
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
  journal.append(roomA, update(1), null)
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
  journal.append(roomA, update(1), null)
  await vi.waitFor(() => expect(store.batches).toHaveLength(1))
  for (let n = 2; n < 10; n++) journal.append(n % 2 ? roomA : roomB, update(n), null)
  store.gate.resolve()
  await journal.flush()
  expect(store.batches).toHaveLength(2)
  expect(await stored(store, roomB)).toEqual([2, 4, 6, 8])
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
    journal.append(roomA, update(n), null)
    journal.whenDurable(roomA, () => acked.push(n))
  }
  await vi.waitFor(() => expect(store.batches.length).toBeGreaterThan(3))
  expect([acked, journal.failing, journal.pendingCount]).toEqual([[], true, 3])
  journal.append(roomA, update(4), null)
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
  journal.append(roomA, update(1), null)
  await expect(journal.flush(roomA)).rejects.toThrow('disk full')
  expect(journal.pendingCount).toBe(1)
  store.broken = false
  await journal.flush()
  expect(await stored(store, roomA)).toEqual([1])
})

test('too much waiting for a failing store is said to be too much', async () => {
  const store = new GatedStore()
  store.broken = true
  const journal = new Journal(store, { pace })
  for (let n = 0; n < 17; n++) journal.append(roomA, new Uint8Array(4 * 1024 * 1024), null)
  expect(journal.overloaded).toBe(true)
  store.broken = false
  await journal.flush()
  expect(journal.overloaded).toBe(false)
})

test('also those who wait for a failing store are counted, not only bytes', async () => {
  const store = new GatedStore()
  store.broken = true
  const journal = new Journal(store, { pace })
  journal.append(roomA, update(1), null)
  for (let n = 0; n < 250_000; n++) journal.whenDurable(roomA, () => undefined)
  expect(journal.overloaded).toBe(true)
  store.broken = false
  await journal.flush()
  expect(journal.overloaded).toBe(false)
})
