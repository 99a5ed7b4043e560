import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts'
import { startTestRedis, type TestRedis } from '../testing/test-redis.ts'
import { openRoom } from '../testing/test-room.ts'
import { Instance } from './instance.ts'
import { strokesOf, Writer } from './writer.ts'

const WRITERS = 50
/** As the app does: from 0.2 to 2 s after a drop. */
const comeBackAfterMs = () => 200 + Math.random() * 1_800

let postgres: TestPostgres
let redis: TestRedis
let instances: readonly Instance[]
beforeAll(async () => {
  postgres = await startTestPostgres()
  redis = await startTestRedis()
  const databaseUrl = await postgres.createDatabase()
  instances = [await Instance.start(databaseUrl, redis.url), await Instance.start(databaseUrl, redis.url)]
})
afterAll(async () => {
  for (const instance of instances) await instance.remove()
  await redis.kill()
  await postgres.stop()
})

test(`both instances are restarted, one after the other, under ${WRITERS} writers: nothing is lost, and nobody is away for long`, async () => {
  const { roomId, editorToken: token } = await openRoom(instances[0] as Instance)
  const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(`w${n}`))
  const over = new AbortController()
  const awayMs: number[] = []

  /** Stays connected to whichever instance a load balancer would choose. */
  async function stay(writer: Writer): Promise<void> {
    let leftAt: number | undefined
    while (!over.signal.aborted) {
      const isIn = await writer.connect(await chooseUrl(), roomId, token).then(
        () => true,
        () => false,
      )
      if (isIn) {
        if (leftAt !== undefined) awayMs.push(performance.now() - leftAt)
        const aborted = new Promise((resolve) => over.signal.addEventListener('abort', resolve))
        await Promise.race([writer.closed, aborted])
        leftAt = performance.now()
      }
      if (!over.signal.aborted) await wait(comeBackAfterMs())
    }
  }
  const staying = writers.map(stay)
  await vi.waitFor(() => expect(writers.every(({ isConnected }) => isConnected)).toBe(true), 20_000)
  for (const writer of writers) writer.draw({ everyMs: 500 })
  for (const instance of instances) {
    expect(await instance.stop()).toBe(0)
    await instance.restart()
  }
  await wait(1_000)
  for (const writer of writers) writer.stop()
  await Promise.all(writers.map((writer) => writer.settled()))
  const written = writers.flatMap((writer) => writer.written)
  await vi.waitFor(() => {
    for (const { doc, name } of writers) expect(strokesOf(doc).size, `what ${name} sees`).toBe(written.length)
  }, 20_000)
  over.abort()
  await Promise.all(staying)
  for (const writer of writers) writer.disconnect()
  const longest = Math.max(...awayMs)
  console.log(
    `${written.length} edits, 0 lost; ${awayMs.length} times somebody had to come back, ${Math.round(longest)} ms at most`,
  )
  // On a slow machine, fifty people who come at once take longer than they do on one that serves people.
  expect(longest).toBeLessThan(10_000)
})

async function chooseUrl(): Promise<string> {
  for (;;) {
    for (const { api, syncUrl } of [...instances].sort(() => Math.random() - 0.5)) {
      const isReady = await api.call('GET', '/ready').then(
        ({ ok }) => ok,
        () => false,
      )
      if (isReady) return syncUrl
    }
    await wait(50)
  }
}
