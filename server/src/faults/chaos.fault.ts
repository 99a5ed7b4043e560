import { setTimeout as wait } from 'node:timers/promises'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openStorage } from '../adapters/sql/open-storage.ts'
import { decodeRanges, ClockRanges } from '../core/documents/clock-ranges.ts'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts'
import { startTestRedis, type TestRedis } from '../testing/test-redis.ts'
import { openRoom } from '../testing/test-room.ts'
import { Instance } from './instance.ts'
import { createRandom } from './seeded-random.ts'
import { readStrokes, strokesOf, Writer } from './writer.ts'

/** By hand, `pnpm test:faults` for long: docs/reliability.md. */
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 18)
/** `CHAOS_SEED=…` repeats the order of a run's faults and the choices of its clients, though not the machine's timing. */
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000)
const WRITERS = 20
const EVERY_MS = SECONDS < 60 ? 3_000 : 10_000
/** Until everything that died is back. */
const OUTAGE_MS = EVERY_MS / 2
/** Each draws 3 strokes so often. */
const PACE = { everyMs: 600 }

let postgres: TestPostgres
let redis: TestRedis
let databaseUrl: string
let instances: readonly [Instance, Instance]
beforeAll(async () => {
  postgres = await startTestPostgres()
  redis = await startTestRedis()
  databaseUrl = await postgres.createDatabase()
  instances = [await Instance.start(databaseUrl, redis.url), await Instance.start(databaseUrl, redis.url)]
})
afterAll(async () => {
  for (const instance of instances) await instance.remove()
  await redis.kill()
  await postgres.stop()
})

const random = createRandom(SEED)
const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

/** What dies, and how it comes back. */
const FAULTS: Readonly<Record<string, () => Promise<() => Promise<void> | void>>> = {
  async 'an instance is killed'() {
    const instance = oneOf(instances)
    await instance.kill()
    return () => instance.restart()
  },
  async 'Redis is stopped'() {
    await redis.kill()
    return () => redis.restart()
  },
  async 'Redis is frozen'() {
    redis.freeze()
    return () => redis.thaw()
  },
  async 'PostgreSQL is restarted'() {
    await postgres.kill()
    return () => postgres.restart()
  },
  async 'PostgreSQL is frozen'() {
    await postgres.freeze()
    return () => postgres.thaw()
  },
  async 'one instance is cut off from Redis'() {
    const { line } = oneOf(instances)
    line?.break()
    return () => line?.mend()
  },
}

test(`${WRITERS} people come and go on two instances while everything dies: nothing acknowledged is missing, and all see the same`, async () => {
  const { roomId, editorToken: token } = await openRoom(instances[0])
  const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(`w${n}`))
  const stop = new AbortController()
  const wandering = writers.map((writer) => wander(writer, { roomId, token, signal: stop.signal }))

  const happened: string[] = []
  const end = performance.now() + SECONDS * 1_000
  for (let names = shuffled(); performance.now() < end; names = names.length > 1 ? names.slice(1) : shuffled()) {
    const name = names[0] as string
    happened.push(name)
    const started = performance.now()
    const mend = await (FAULTS[name] as (typeof FAULTS)[string])()
    await wait(OUTAGE_MS)
    await mend()
    await wait(Math.max(0, started + EVERY_MS - performance.now()))
  }
  const told = `seed ${SEED}: ${happened.join(', ')}`

  stop.abort()
  await Promise.all(wandering)
  const settling = performance.now()
  await Promise.all(writers.map((writer, n) => comeBack(writer, (instances[n % 2] as Instance).syncUrl, roomId, token)))
  const backMs = performance.now() - settling
  await Promise.all(writers.map((writer) => writer.settled()))
  const savedMs = performance.now() - settling
  const written = writers.flatMap((writer) => writer.written)
  await vi.waitFor(() => {
    for (const { doc, name } of writers) expect(strokesOf(doc).size, `${told}: what ${name} sees`).toBe(written.length)
  }, 30_000)
  const settledMs = performance.now() - settling

  for (const { syncUrl } of instances) {
    const seen = await readStrokes(syncUrl, roomId, token)
    expect(
      written.filter((stroke) => !seen.has(stroke)),
      `${told}: acknowledged and missing`,
    ).toEqual([])
    expect(seen.size, told).toBe(written.length)
  }
  const { twice } = await readJournal(roomId)
  console.log(
    `${told}\n${happened.length} faults in ${SECONDS} s, ${written.length} edits acknowledged, 0 missing, 0 duplicated; ` +
      `${twice} stored by two instances; when all was well again, everybody was back after ${Math.round(backMs)} ms, ` +
      `all was saved after ${Math.round(savedMs)} ms, and all saw the same after ${Math.round(settledMs)} ms`,
  )
  for (const writer of writers) writer.disconnect()
})

function shuffled(): string[] {
  return Object.keys(FAULTS)
    .map((name) => ({ name, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name)
}

/** Draws without end, now on one instance, now on the other, now offline. */
async function wander(writer: Writer, at: { roomId: string; token: string; signal: AbortSignal }): Promise<void> {
  writer.draw(PACE)
  while (!at.signal.aborted) {
    const { syncUrl } = oneOf(instances)
    const stayMs = 500 + random() * 6_000
    const isIn = await writer.connect(syncUrl, at.roomId, at.token).then(
      () => true,
      () => false,
    )
    if (isIn) await Promise.race([writer.closed, wait(stayMs, undefined, at).catch(() => undefined)])
    writer.disconnect()
    await wait(random() * 1_000)
  }
  writer.stop()
}

async function comeBack(writer: Writer, syncUrl: string, roomId: string, token: string): Promise<void> {
  for (;;) {
    try {
      return await writer.connect(syncUrl, roomId, token)
    } catch {
      await wait(200)
    }
  }
}

/** How many of what people inserted is in the journal more than once: sent to one instance, and then again to the other. */
async function readJournal(roomId: string): Promise<{ twice: number }> {
  const { documentStore, close } = await openStorage({ file: '', databaseUrl })
  const updates = await documentStore.readSince(roomIdSchema.parse(roomId), 0)
  await close()
  const seqs = updates.map(({ seq }) => seq)
  expect(seqs, 'the numbers of the updates').toEqual(Array.from({ length: seqs.length }, (_, n) => n + 1))
  const known = new ClockRanges()
  let twice = 0
  for (const { ranges } of updates) {
    const { inserted } = decodeRanges(ranges)
    for (const [client, parts] of inserted) {
      for (const [from, to] of parts) if (known.covers(client, from, to - from)) twice += 1
    }
    known.addAll(inserted)
  }
  return { twice }
}
