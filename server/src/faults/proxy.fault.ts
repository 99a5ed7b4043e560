import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { removeServerData } from '../testing/server-data.ts'
import { startTestNginx, type TestNginx } from '../testing/test-nginx.ts'
import { startTestRedis, type TestRedis } from '../testing/test-redis.ts'
import { openRoom } from '../testing/test-room.ts'
import { ApiCaller, startTestServer, type TestServer } from '../testing/test-server.ts'
import { readStrokes, strokesOf, UNBOUNDED, Writer } from './writer.ts'

/** So many that all pairs would hardly meet by chance: once in 256 times. */
const ROOMS = 8

let dataDir: string
let redis: TestRedis
let nginx: TestNginx
let instances: readonly [TestServer, TestServer]
let api: ApiCaller
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  redis = await startTestRedis()
  const start = () => startTestServer({ dataDir, trustProxy: 1, environment: { REDIS_URL: redis.url, ...UNBOUNDED } })
  instances = [await start(), await start()]
  const [first, second] = instances.map(({ api: { origin } }) => Number(new URL(origin).port))
  nginx = await startTestNginx([first!, second!])
  api = new ApiCaller(`http://127.0.0.1:${nginx.port}`)
})
afterEach(async () => {
  await nginx.stop()
  for (const instance of instances) await instance.stop()
  await redis.kill()
  await removeServerData(dataDir)
})

/** Where the app connects to, and where a y-websocket client would. */
const syncUrlOf = (roomId: string) => `ws://127.0.0.1:${nginx.port}/sync?v=1&room=${roomId}`
const yjsUrlOf = (roomId: string, token: string) => `ws://127.0.0.1:${nginx.port}/yjs/${roomId}?token=${token}`

test('behind nginx, those who draw together meet on one instance, whichever client they use', async () => {
  const people: Array<{ terminate(): void }> = []
  for (let n = 0; n < ROOMS; n++) {
    const { roomId, editorToken, viewerToken } = await openRoom({ api })
    const ada = new RawClient(syncUrlOf(roomId), roomId)
    await ada.join(editorToken)
    await vi.waitFor(() => expect(ada.step2Count).toBe(1))
    people.push(ada, await joinByYjs(yjsUrlOf(roomId, viewerToken)))
  }
  expect(instances[0].app.roomCount() + instances[1].app.roomCount()).toBe(ROOMS)
  for (const person of people) person.terminate()
})

/** Asks for the drawing as a y-websocket client does, and waits for an answer. */
async function joinByYjs(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  socket.send(Uint8Array.of(0, 0, 1, 0))
  await once(socket, 'message')
  return socket
}

test('one instance is stopped: both who draw there go on at the other, and nothing is lost', async () => {
  const { roomId, editorToken: token } = await openRoom({ api })
  const url = syncUrlOf(roomId)
  const writers = [new Writer('ada'), new Writer('bob')]
  const over = new AbortController()
  async function stay(writer: Writer): Promise<void> {
    while (!over.signal.aborted) {
      await writer.connect(url, roomId, token).then(
        () => writer.closed,
        () => undefined,
      )
      // As the app does: within 2 s after a drop.
      await wait(200 + Math.random() * 800)
    }
  }
  const staying = writers.map(stay)
  for (const writer of writers) writer.draw({ everyMs: 50 })
  await vi.waitFor(() => expect(writers.every(({ acknowledged }) => acknowledged.size > 0)).toBe(true))
  const here = instances.find(({ app }) => app.roomCount() === 1)
  const other = instances.find((instance) => instance !== here)
  expect([here?.app.roomCount(), other?.app.roomCount()]).toEqual([1, 0])
  // While it says goodbye, it still listens, and answers upgrades with 503.
  await here?.stop()
  const before = writers.map(({ acknowledged }) => acknowledged.size)
  await vi.waitFor(() => {
    for (const [n, { acknowledged }] of writers.entries()) expect(acknowledged.size).toBeGreaterThan(before[n]!)
  }, 10_000)
  expect(other?.app.roomCount()).toBe(1)
  for (const writer of writers) writer.stop()
  await Promise.all(writers.map((writer) => writer.settled()))
  const written = writers.flatMap((writer) => writer.written)
  await vi.waitFor(() => {
    for (const { doc, name } of writers) expect(strokesOf(doc).size, `what ${name} sees`).toBe(written.length)
  })
  expect((await readStrokes(url, roomId, token)).size).toBe(written.length)
  over.abort()
  for (const writer of writers) writer.disconnect()
  await Promise.all(staying)
})
