import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, test } from 'vitest'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import { drain, flushInTime } from './drain.ts'
import { Journal } from './journal.ts'

const roomId = roomIdSchema.parse('room-aaaaaa')
const record = { update: Uint8Array.of(1), author: null, at: 1, ranges: new Uint8Array(), crc: 0 }
const pace = { commitEveryMs: 1, firstRetryMs: 1, longestRetryMs: 4 }

/** A store that fails so many times, and never answers when it hangs. */
class TroubledStore extends MemoryDocumentStore {
  failures = 0
  hangs = false

  override async append(...args: Parameters<MemoryDocumentStore['append']>) {
    if (this.hangs) await new Promise(() => undefined)
    if (this.failures > 0) {
      this.failures -= 1
      throw new Error('disk full')
    }
    return await super.append(...args)
  }

  override async ping(): Promise<void> {
    if (this.failures > 0 || this.hangs) throw new Error('disk full')
  }
}

function newJournal() {
  const store = new TroubledStore()
  return { store, journal: new Journal(store, { pace }) }
}
const headOf = async (store: TroubledStore) => (await store.load(roomId)).head

test('a journal is drained when all of it is durable, what came meanwhile too', async () => {
  const { store, journal } = newJournal()
  await drain(journal, 10)
  journal.append(roomId, record)
  journal.whenDurable(roomId, () => journal.append(roomId, record))
  await drain(journal, 5_000)
  expect([journal.pendingCount, await headOf(store)]).toEqual([0, 2])
})

test('a store that fails is tried again until it works', async () => {
  const { store, journal } = newJournal()
  store.failures = 5
  journal.append(roomId, record)
  await drain(journal, 5_000)
  expect(await headOf(store)).toBe(1)
})

test.each(['fails', 'hangs'])('a store that %s past the deadline is given up, with how much is left', async (how) => {
  const { store, journal } = newJournal()
  if (how === 'hangs') store.hangs = true
  else store.failures = Infinity
  for (let n = 0; n < 3; n++) journal.append(roomId, record)
  const since = performance.now()
  await expect(drain(journal, 300)).rejects.toThrow('3 updates are not durable')
  expect(performance.now() - since).toBeGreaterThanOrEqual(290)
  store.failures = 0
})

test('a flush in time says whether all was durable in time', async () => {
  const { store, journal } = newJournal()
  journal.append(roomId, record)
  expect(await flushInTime(journal, 5_000)).toBe(true)
  store.failures = 3
  journal.append(roomId, record)
  expect(await flushInTime(journal, 5_000)).toBe(false)
  await drain(journal, 5_000)
  store.hangs = true
  journal.append(roomId, record)
  expect(await flushInTime(journal, 50)).toBe(false)
})
