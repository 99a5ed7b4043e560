import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { findFreePort } from '../testing/free-port.ts'
import { RawClient } from '../testing/raw-client.ts'
import { removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { ApiCaller } from '../testing/test-server.ts'
import { strokesOf, Writer } from './writer.ts'

const ROUNDS = 20
const WRITERS = 20
/** The moments of the kills: `KILL_SEED=…` repeats a run's. */
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)

let dataDir: string
let port: number
let server: ServerProcess

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  port = await findFreePort()
  server = await ServerProcess.start(port, dataDir)
})
afterAll(async () => {
  await server.end('SIGKILL')
  await removeServerData(dataDir)
})

async function openRoom() {
  const api = new ApiCaller(`http://127.0.0.1:${port}`)
  const { accessToken } = await api.guest()
  const { id: roomId } = await api.createRoom(accessToken)
  return { roomId, token: await api.roomToken(accessToken, roomId, 'editor') }
}

const url = () => `ws://127.0.0.1:${port}/sync`

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The room as somebody sees it who comes anew. */
async function read(roomId: string, token: string): Promise<Set<string>> {
  const reader = new RawClient(url(), roomId)
  await reader.join(token)
  await vi.waitFor(() => expect(reader.step1Count).toBe(1), 10_000)
  const strokes = strokesOf(reader.doc)
  reader.terminate()
  return strokes
}

test(`kill -9 under ${WRITERS} writers, ${ROUNDS} rounds: no acknowledged stroke is missing, and all converge`, async () => {
  const { roomId, token } = await openRoom()
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
    server = await ServerProcess.start(port, dataDir)
    const stored = await read(roomId, token)
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
  const { roomId, token } = await openRoom()
  const writers = Array.from({ length: 5 }, (_, n) => new Writer(`w${n}`))
  await Promise.all(writers.map((writer) => writer.connect(url(), roomId, token)))
  for (const writer of writers) writer.draw()
  await vi.waitFor(() => expect(writers[0]?.acknowledged.size).toBeGreaterThan(20))
  const exit = server.end('SIGTERM')
  for (const writer of writers) expect(await writer.closed).toEqual({ code: 1001, reason: 'shutting_down' })
  for (const writer of writers) writer.stop()
  expect(await exit).toBe(0)
  server = await ServerProcess.start(port, dataDir)
  const stored = await read(roomId, token)
  for (const { acknowledged } of writers) expect([...acknowledged].filter((key) => !stored.has(key))).toEqual([])
})
