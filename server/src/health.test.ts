import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryDocumentStore } from './adapters/memory/memory-document-store.ts'
import { Journal } from './core/documents/journal.ts'
import { createHealth } from './health.ts'

/** A store that answers a ping when the test says so. */
class SlowStore extends MemoryDocumentStore {
  readonly pings: Array<PromiseWithResolvers<void>> = []

  override ping(): Promise<void> {
    const ping = Promise.withResolvers<void>()
    this.pings.push(ping)
    return ping.promise
  }
}

let store: SlowStore
let clock: { now: number }
let health: ReturnType<typeof createHealth>

beforeEach(() => {
  store = new SlowStore()
  clock = { now: 1_000 }
  health = createHealth({ journal: new Journal(store), store, now: () => clock.now })
})
afterEach(() => vi.useRealTimers())

const askMany = () => Promise.all(Array.from({ length: 100 }, () => health.report()))

test('however many ask at once, the store is pinged once, and all hear the same', async () => {
  const reports = askMany()
  store.pings[0]?.resolve()
  expect(new Set((await reports).map(({ status }) => status))).toEqual(new Set(['ok']))
  expect(store.pings).toHaveLength(1)
})

test('an answer is good for a second, whatever it was', async () => {
  const first = health.report()
  store.pings[0]?.reject(new Error('disk full'))
  expect(await first).toMatchObject({ status: 'failing', store: 'failing' })
  clock.now += 999
  expect(await health.report()).toMatchObject({ store: 'failing' })
  expect(store.pings).toHaveLength(1)
  clock.now += 1
  const next = health.report()
  store.pings[1]?.resolve()
  expect(await next).toMatchObject({ status: 'ok', store: 'ok' })
})

test('who is not serving yet, or lacks the store though nobody has drawn, is not ready', async () => {
  const ready = health.ready()
  store.pings[0]?.resolve()
  expect(await ready).toBe(false)
  health.setServing(true)
  expect(await health.ready()).toBe(true)
  clock.now += 1_000
  const without = health.ready()
  store.pings[1]?.reject(new Error('disk full'))
  expect(await without).toBe(false)
})

test('Redis that is away is told, and fails nothing', async () => {
  const bus = { isUp: false }
  health = createHealth({ journal: new Journal(store), store, bus, now: () => clock.now })
  const away = health.report()
  store.pings[0]?.resolve()
  expect(await away).toMatchObject({ status: 'ok', redis: 'away' })
  bus.isUp = true
  expect(await health.report()).toMatchObject({ status: 'ok', redis: 'ok' })
})

test('a store that does not answer in time counts as failing, and is not asked again meanwhile', async () => {
  vi.useFakeTimers()
  for (let round = 1; round <= 3; round++) {
    const reports = askMany()
    await vi.advanceTimersByTimeAsync(2_000)
    expect((await reports)[0]).toMatchObject({ store: 'failing' })
    clock.now += 2_000
  }
  expect(store.pings).toHaveLength(1)
  store.pings[0]?.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(await health.report()).toMatchObject({ store: 'ok' })
})
