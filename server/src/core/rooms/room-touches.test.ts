import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryRoomStore } from '../../adapters/memory/memory-room-store.ts'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import { Journal } from '../documents/journal.ts'
import { RoomTouches } from './room-touches.ts'

const [roomA, roomB] = [roomIdSchema.parse('room-aaaaaa'), roomIdSchema.parse('room-bbbbbb')]
const AFTER_MS = 10_000

/** Writes down what it is asked to note; refuses while `broken`. */
class ListeningStore extends MemoryRoomStore {
  broken = false
  readonly noted: Array<Array<[RoomId, number]>> = []

  override async touchRooms(changedAt: ReadonlyMap<RoomId, number>): Promise<void> {
    if (this.broken) throw new Error('disk full')
    this.noted.push([...changedAt])
  }
}

let store: ListeningStore
let journal: Journal
let touches: RoomTouches
let now: number
const committed = (roomId: RoomId) => journal.emit('committed', { roomId, firstSeq: 1, records: [] })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  store = new ListeningStore()
  journal = new Journal(new MemoryDocumentStore())
  now = 1
  touches = new RoomTouches({ journal, store, log: pino({ level: 'silent' }), now: () => now })
})
afterEach(() => vi.useRealTimers())

test('rooms that changed are noted together after a while, each with its last change, and only once', async () => {
  committed(roomA)
  now = 2
  committed(roomB)
  now = 3
  committed(roomA)
  await vi.advanceTimersByTimeAsync(AFTER_MS - 1)
  expect(store.noted).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(store.noted).toEqual([
    [
      [roomA, 3],
      [roomB, 2],
    ],
  ])
  await vi.advanceTimersByTimeAsync(10 * AFTER_MS)
  expect(store.noted).toHaveLength(1)
  committed(roomB)
  await vi.advanceTimersByTimeAsync(AFTER_MS)
  expect(store.noted.slice(1)).toEqual([[[roomB, 3]]])
})

test('what the store refuses is tried again, with what has changed since', async () => {
  store.broken = true
  committed(roomA)
  committed(roomB)
  await vi.advanceTimersByTimeAsync(AFTER_MS)
  now = 5
  committed(roomB)
  store.broken = false
  await vi.advanceTimersByTimeAsync(AFTER_MS)
  expect(store.noted).toEqual([
    [
      [roomA, 1],
      [roomB, 5],
    ],
  ])
})

test('what is left is noted at the end, and nothing after it', async () => {
  committed(roomA)
  await touches.close()
  expect(store.noted).toEqual([[[roomA, 1]]])
  committed(roomB)
  await vi.advanceTimersByTimeAsync(10 * AFTER_MS)
  expect(store.noted).toHaveLength(1)
})

test('the end waits for what is being noted, and notes it again if that fails', async () => {
  const answer = Promise.withResolvers<void>()
  const touchRooms = store.touchRooms.bind(store)
  store.touchRooms = async () => {
    store.touchRooms = async (changedAt) => {
      await new Promise((resolve) => setImmediate(resolve))
      await touchRooms(changedAt)
    }
    await answer.promise
  }
  committed(roomA)
  await vi.advanceTimersByTimeAsync(AFTER_MS)
  const closed = touches.close()
  answer.reject(new Error('connection reset'))
  await closed
  expect(store.noted).toEqual([[[roomA, 1]]])
})

test('what is closed notes nothing, also if nothing had changed before', async () => {
  await touches.close()
  committed(roomA)
  await vi.advanceTimersByTimeAsync(10 * AFTER_MS)
  expect(store.noted).toEqual([])
})
