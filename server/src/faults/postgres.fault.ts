import { setTimeout as wait } from 'node:timers/promises'
import { apiPath } from '@sketchroom/shared/api/paths'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { openStorage } from '../adapters/sql/open-storage.ts'
import { RawClient } from '../testing/raw-client.ts'
import { startTestPostgres, type TestPostgres } from '../testing/test-postgres.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { Instance } from './instance.ts'
import { createRandom } from './seeded-random.ts'
import { readStrokes, strokesOf, Writer } from './writer.ts'

const KILLS = 3
const WRITERS = 20
/** Each draws 3 strokes so often: what waits while PostgreSQL is gone stays below what a server takes. */
const PACE = { everyMs: 10 }
/** The moments of the kills: `KILL_SEED=…` repeats a run's. */
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)

// Of its own, since it is killed.
let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

/** An instance that ends with its test. */
async function startInstance(databaseUrl: string): Promise<Instance> {
  const instance = await Instance.start(databaseUrl)
  onTestFinished(() => instance.remove())
  return instance
}

/** What the database itself has of a room; nothing of it has gone through a server's memory. */
async function readStored(databaseUrl: string, id: string): Promise<{ seqs: number[]; strokes: Set<string> }> {
  const { documentStore, close } = await openStorage({ file: '', databaseUrl })
  const updates = await documentStore.readSince(roomIdSchema.parse(id), 0)
  await close()
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const { update } of updates) Y.applyUpdate(doc, update)
  })
  return { seqs: updates.map(({ seq }) => seq), strokes: strokesOf(doc) }
}

const createWriters = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => new Writer(`${name}${n}`))
const acknowledgedBy = (writers: readonly Writer[]) => writers.flatMap(({ acknowledged }) => [...acknowledged])
const writtenBy = (writers: readonly Writer[]) => writers.flatMap(({ written }) => written)

async function expectAllHave(writers: readonly Writer[], strokes: readonly string[], when: string): Promise<void> {
  await vi.waitFor(() => {
    for (const { doc, name } of writers) expect(strokesOf(doc).size, `${when}: what ${name} sees`).toBe(strokes.length)
  }, 20_000)
}

async function expectStored(databaseUrl: string, roomId: string, strokes: readonly string[], when: string) {
  const stored = await readStored(databaseUrl, roomId)
  const missing = strokes.filter((stroke) => !stored.strokes.has(stroke))
  expect(missing, `${when}: acknowledged strokes that are missing`).toEqual([])
  const gapless = Array.from({ length: stored.seqs.length }, (_, n) => n + 1)
  expect(stored.seqs, `${when}: the numbers of the updates`).toEqual(gapless)
}

test(`PostgreSQL is killed ${KILLS} times under ${WRITERS} writers: nothing acknowledged is missing, nobody has to come back`, async () => {
  const databaseUrl = await postgres.createDatabase()
  const server = await startInstance(databaseUrl)
  const { roomId, editorToken: token } = await openRoom(server)
  const writers = createWriters('w', WRITERS)
  await Promise.all(writers.map((writer) => writer.connect(server.syncUrl, roomId, token)))
  const random = createRandom(SEED)
  let waited = 0
  for (let round = 0; round < KILLS; round++) {
    const when = `seed ${SEED}, kill ${round}`
    const before = acknowledgedBy(writers).length
    for (const writer of writers) writer.draw(PACE)
    await vi.waitFor(() => expect(acknowledgedBy(writers).length).toBeGreaterThan(before + 10 * WRITERS))
    await wait(random() * 300)
    await postgres.kill()
    const isTold = (writer: Writer) => writer.notices.at(-1)
    for (const writer of writers) {
      await vi.waitFor(() => expect(isTold(writer), when).toEqual({ type: 'store', state: 'failing' }))
    }
    // They go on, and what they see of each other does not wait for PostgreSQL.
    const seen = strokesOf(writers[0]!.doc).size
    await vi.waitFor(() => expect(strokesOf(writers[0]!.doc).size).toBeGreaterThan(seen + 10 * WRITERS))
    await wait(random() * 1_000)
    for (const writer of writers) writer.stop()
    waited += writtenBy(writers).length - acknowledgedBy(writers).length
    const acknowledged = acknowledgedBy(writers)

    await postgres.restart()
    await Promise.all(writers.map((writer) => writer.settled()))
    await expectStored(databaseUrl, roomId, [...acknowledged, ...acknowledgedBy(writers)], when)
    await expectAllHave(writers, writtenBy(writers), when)
    for (const writer of writers) {
      expect([writer.isConnected, isTold(writer)], when).toEqual([true, { type: 'store', state: 'ok' }])
    }
  }
  const strokes = writtenBy(writers)
  const other = await startInstance(databaseUrl)
  expect((await readStrokes(other.syncUrl, roomId, token)).size).toBe(strokes.length)
  for (const writer of writers) writer.disconnect()
  console.log(
    `seed ${SEED}, ${KILLS} kills of PostgreSQL: ${strokes.length} strokes acknowledged, 0 missing; ${waited} waited for it`,
  )
  expect(waited, 'nothing waited while PostgreSQL was gone').toBeGreaterThan(0)
})

test('two servers over one database: whoever commits sees what the other has committed', async () => {
  const databaseUrl = await postgres.createDatabase()
  const [first, second] = [await startInstance(databaseUrl), await startInstance(databaseUrl)]
  const { roomId, editorToken: token } = await openRoom(first)
  const [ada, bob] = [await joinRoom(first, roomId, token), await joinRoom(second, roomId, token)]
  ada.write(ada.edit(setWord('from the first')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  bob.write(bob.edit(setWord('from the second')))
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['from the first', 'from the second']))
  ada.write(ada.edit(setWord('from the first again')))
  await vi.waitFor(() => expect(wordsOf(ada)).toHaveLength(3))
})

test(`two servers over one database, each killed in turn under ${WRITERS} writers: nothing acknowledged is missing, and all converge`, async () => {
  const databaseUrl = await postgres.createDatabase()
  const servers = [await startInstance(databaseUrl), await startInstance(databaseUrl)] as const
  const { roomId, editorToken: token } = await openRoom(servers[0])
  const sides = servers.map((server, n) => ({ server, writers: createWriters(`s${n}w`, WRITERS / 2) }))
  const writers = sides.flatMap((side) => side.writers)
  const random = createRandom(SEED)
  let underWay = 0
  const connect = async ({ server, writers: ofServer }: (typeof sides)[number]) => {
    await Promise.all(ofServer.map((writer) => writer.connect(server.syncUrl, roomId, token)))
  }
  await Promise.all(sides.map(connect))
  for (const [round, side] of sides.entries()) {
    const when = `seed ${SEED}, server ${round} killed`
    for (const writer of writers) writer.draw(PACE)
    await vi.waitFor(() => {
      for (const { acknowledged } of writers) expect(acknowledged.size).toBeGreaterThan(30 * (round + 1))
    })
    await wait(random() * 300)
    await side.server.kill()
    for (const writer of writers) writer.stop()
    await Promise.all(side.writers.map(({ closed }) => closed))
    underWay += writtenBy(side.writers).length - acknowledgedBy(side.writers).length
    await expectStored(databaseUrl, roomId, acknowledgedBy(writers), when)

    await side.server.restart()
    await connect(side)
    await Promise.all(writers.map((writer) => writer.settled()))
    // Without a channel between them, each hears of the other with its own next commit.
    for (const { server } of sides) {
      const passer = await joinRoom(server, roomId, token)
      passer.write(passer.edit(setWord(`${server.port} after ${round}`)))
      await vi.waitFor(() => expect(passer.answers).toEqual(['durable']))
    }
    await expectAllHave(writers, writtenBy(writers), when)
  }
  await expectStored(databaseUrl, roomId, acknowledgedBy(writers), `seed ${SEED}, in the end`)
  const strokes = writtenBy(writers)
  const third = await startInstance(databaseUrl)
  expect((await readStrokes(third.syncUrl, roomId, token)).size).toBe(strokes.length)
  for (const writer of writers) writer.disconnect()
  console.log(
    `seed ${SEED}, two servers: ${strokes.length} strokes acknowledged, 0 missing; ${underWay} were under way`,
  )
  expect(underWay, 'neither server was killed in the middle of a burst').toBeGreaterThan(0)
})

/** By hand, `OUTAGE_SECONDS=30`. */
const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? 2) * 1_000

test.each([
  { what: 'stopped', away: () => postgres.kill(), back: () => postgres.restart() },
  { what: 'frozen', away: () => postgres.freeze(), back: () => postgres.thaw() },
])(
  `PostgreSQL is $what for ${OUTAGE_MS / 1_000} s: requests are told so, nothing is lost, and all is acknowledged soon after`,
  async ({ what, away, back }) => {
    const server = await startInstance(await postgres.createDatabase())
    const { roomId, editorToken: token, ownerToken } = await openRoom(server)
    const writers = createWriters('w', 5)
    await Promise.all(writers.map((writer) => writer.connect(server.syncUrl, roomId, token)))
    for (const writer of writers) writer.draw({ everyMs: 50 })
    await vi.waitFor(() => expect(acknowledgedBy(writers).length).toBeGreaterThan(0))
    await away()
    if (what === 'stopped') {
      const refused = await server.api.call('GET', apiPath('room', { roomId }), { token: ownerToken })
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
      expect(await refused.json()).toMatchObject({ code: 'store_unavailable' })
      const late = new RawClient(server.syncUrl, roomId)
      await late.join(token)
      expect(await late.closed).toEqual({ code: 4503, reason: 'store_unavailable' })
    }
    await wait(OUTAGE_MS)
    for (const writer of writers) writer.stop()
    const waiting = writtenBy(writers).length - acknowledgedBy(writers).length
    await back()
    const returned = performance.now()
    await Promise.all(writers.map((writer) => writer.settled()))
    console.log(
      `${what}: ${waiting} edits waited, all acknowledged ${Math.round(performance.now() - returned)} ms after its return`,
    )
    expect(waiting).toBeGreaterThan(0)
    await vi.waitFor(async () => {
      expect((await server.api.call('GET', apiPath('room', { roomId }), { token: ownerToken })).status).toBe(200)
    })
    for (const writer of writers) writer.disconnect()
  },
)
