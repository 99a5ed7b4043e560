import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { findFreePort } from '../testing/free-port.ts'
import { removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { openRoom } from '../testing/test-room.ts'
import { ApiCaller } from '../testing/test-server.ts'
import { createRandom } from './seeded-random.ts'
import { readStrokes, strokesOf, UNBOUNDED, Writer } from './writer.ts'

/** By hand, `KILL_ROUNDS=100` for long. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 6)
const WRITERS = 20
/** The moments of the kills: `KILL_SEED=…` repeats a run's. */
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)

let dataDir: string
let port: number
let server: ServerProcess

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  port = await findFreePort()
  server = await ServerProcess.start(port, dataDir, UNBOUNDED)
})
afterAll(async () => {
  await server.end('SIGKILL')
  await removeServerData(dataDir)
})

const url = () => `ws://127.0.0.1:${port}/sync`

test(`kill -9 under ${WRITERS} writers, ${ROUNDS} rounds: no acknowledged stroke is missing, and all converge`, async () => {
  const { roomId, editorToken: token } = await openRoom({ api: new ApiCaller(`http://127.0.0.1:${port}`) })
  const writers = Array.from({ length: WRITERS }, (_, n) => new Writer(`w${n}`))
  await Promise.all(writers.map((writer) => writer.connect(url(), roomId, token)))
  let acknowledged = 0
  let unacknowledged = 0
  const random = createRandom(SEED)
  for (let round = 0; round < ROUNDS; round++) {
    for (const writer of writers) writer.draw()
    await new Promise((resolve) => setTimeout(resolve, 20 + random() * 300))
    await server.end('SIGKILL')
    for (const writer of writers) writer.stop()
    await Promise.all(writers.map((writer) => writer.closed))
    unacknowledged += writers.reduce((sum, { written, acknowledged: acked }) => sum + written.length - acked.size, 0)

    // A stranger looks first: were the writers back already, they would bring what was lost.
    server = await ServerProcess.start(port, dataDir, UNBOUNDED)
    const stored = await readStrokes(url(), roomId, token)
    for (const writer of writers) {
      const missing = [...writer.acknowledged].filter((key) => !stored.has(key))
      expect(missing, `seed ${SEED}, round ${round}: acknowledged strokes of ${writer.name} that are missing`).toEqual(
        [],
      )
    }
    await Promise.all(writers.map((writer) => writer.connect(url(), roomId, token)))
    await Promise.all(writers.map((writer) => writer.settled()))
    const all = new Set(writers.flatMap(({ written }) => written))
    await vi.waitFor(() => {
      for (const { doc } of writers) expect(strokesOf(doc).size).toBe(all.size)
    }, 20_000)
    acknowledged = all.size
  }
  console.log(
    `seed ${SEED}, ${ROUNDS} kills: ${acknowledged} strokes acknowledged, 0 missing; ${unacknowledged} were under way`,
  )
  expect(unacknowledged, 'no round was killed in the middle of a burst').toBeGreaterThan(0)
  for (const writer of writers) writer.disconnect()
})

test('SIGTERM in mid-edit: clients are told, acknowledged strokes are kept, the exit code is 0', async () => {
  const { roomId, editorToken: token } = await openRoom({ api: new ApiCaller(`http://127.0.0.1:${port}`) })
  const writers = Array.from({ length: 5 }, (_, n) => new Writer(`w${n}`))
  await Promise.all(writers.map((writer) => writer.connect(url(), roomId, token)))
  for (const writer of writers) writer.draw()
  await vi.waitFor(() => expect(writers[0]?.acknowledged.size).toBeGreaterThan(20))
  const exit = server.end('SIGTERM')
  for (const writer of writers) expect(await writer.closed).toEqual({ code: 1001, reason: 'shutting_down' })
  for (const writer of writers) writer.stop()
  expect(await exit).toBe(0)
  server = await ServerProcess.start(port, dataDir, UNBOUNDED)
  const stored = await readStrokes(url(), roomId, token)
  for (const { acknowledged } of writers) expect([...acknowledged].filter((key) => !stored.has(key))).toEqual([])
})
