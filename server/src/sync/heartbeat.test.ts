import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { RawClient } from '../testing/raw-client.ts'
import { SlowLine } from '../testing/slow-line.ts'
import { SlowReader } from '../testing/slow-reader.ts'
import { drawLarge, joinRoom, openRoom, setWord } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const HEARTBEAT_MS = 15_000
/** More than the system's buffers hold between server and client. */
const LARGE_CHARACTERS = 12_000_000
/** Each of them fits into a message. */
const LARGE_EDITS = 4

let server: TestServer
let room: Awaited<ReturnType<typeof openRoom>>

async function drawBoard(): Promise<void> {
  server = await startTestServer({ environment: { MESSAGE_BYTES: `${2 * LARGE_CHARACTERS}` } })
  room = await openRoom(server)
  const ada = new RawClient(server.syncUrl, room.roomId)
  await ada.join(room.ownerToken)
  await vi.waitFor(() => expect(ada.step1Count).toBe(1))
  for (let n = 0; n < LARGE_EDITS; n++) ada.write(ada.edit(drawLarge(LARGE_CHARACTERS / LARGE_EDITS, `${n}`)))
  await vi.waitFor(() => expect(ada.answers).toEqual(Array(LARGE_EDITS).fill('durable')))
  ada.close()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
}

beforeAll(drawBoard)
afterAll(() => server.remove())

beforeEach(() => {
  // Sockets stay real; only the clock of the heartbeats, which begins when a client connects, is ours.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
})

const beat = () => vi.advanceTimersByTime(HEARTBEAT_MS)

/** Lets the next heartbeat come, and a client that answers it answer. */
async function beatFor(client: RawClient): Promise<void> {
  beat()
  // It has come to the client by the first; what the client says to it has been heard by the second.
  await client.handled()
  await client.handled()
}

/** Somebody who is sent the large board over a line that is read from as slowly as the test says. */
async function comeSlowly({ autoPong = false } = {}): Promise<{ client: RawClient; reader: SlowReader }> {
  const reader = new SlowReader()
  const client = new RawClient(server.syncUrl, room.roomId, { ...reader.options, autoPong })
  onTestFinished(() => client.terminate())
  await client.open()
  reader.readSlowly(20)
  await client.join(room.viewerToken)
  await vi.waitFor(() => expect(reader.frames.length).toBeGreaterThan(3))
  return { client, reader }
}

/** Somebody in a room of their own, over a slow line, who answers no heartbeat. */
async function comeOverLine({ bytesPerSecond }: { bytesPerSecond: number }) {
  const quiet = await openRoom(server)
  const line = await SlowLine.to(server.syncUrl, { bytesPerSecond })
  onTestFinished(() => line.close())
  const client = new RawClient(line.url(server.syncUrl), quiet.roomId, { autoPong: false })
  onTestFinished(() => client.terminate())
  await client.join(quiet.editorToken)
  await vi.waitFor(() => expect(client.step1Count).toBe(1))
  return { client, line }
}

test('who answers the heartbeats and says nothing else stays, and is heard afterwards', async () => {
  const quiet = await openRoom(server)
  const client = await joinRoom(server, quiet.roomId, quiet.editorToken)
  for (let n = 0; n < 4; n++) await beatFor(client)
  client.write(client.edit(setWord('still here')))
  await vi.waitFor(() => expect(client.answers).toEqual(['durable']))
})

test('who answers no heartbeat until the next is cut, and not before', async () => {
  const quiet = await openRoom(server)
  const client = new RawClient(server.syncUrl, quiet.roomId, { autoPong: false })
  await client.join(quiet.editorToken)
  await vi.waitFor(() => expect(client.step1Count).toBe(1))
  await beatFor(client)
  expect(client.isOpen).toBe(true)
  beat()
  expect((await client.closed).code).toBe(1006)
})

test('who is sent a large board answers in between, however slowly it comes', async () => {
  const { client, reader } = await comeSlowly({ autoPong: true })
  for (let n = 0; n < 3; n++) {
    const received = reader.frames.length
    beat()
    // All that may be on its way to them, twice.
    await vi.waitFor(() => expect(reader.frames.length).toBeGreaterThan(received + 20))
  }
  expect(client.isOpen).toBe(true)
})

test('a large message that comes is a sign of life, although no answer gets past it', async () => {
  const { client, line } = await comeOverLine({ bytesPerSecond: 2_000_000 })
  client.write(client.edit(drawLarge(2_000_000)))
  for (let n = 0; n < 4; n++) {
    const { up } = line.moved
    await vi.waitFor(() => expect(line.moved.up).toBeGreaterThan(up + 100_000), { interval: 5 })
    beat()
  }
  expect(client.answers).toEqual([])
  await vi.waitFor(() => expect(client.answers).toEqual(['durable']))
})

test('one that comes drop by drop is none', async () => {
  const { client, line } = await comeOverLine({ bytesPerSecond: 2_000_000 })
  line.setSpeed(100)
  client.write(client.edit(drawLarge(2_000_000)))
  beat()
  const { up } = line.moved
  await vi.waitFor(() => expect(line.moved.up).toBeGreaterThan(up + 10), { interval: 5 })
  beat()
  line.setSpeed(2_000_000)
  expect((await client.closed).code).toBe(1006)
})

test('a large board of which nothing more is read is none', async () => {
  const { client, reader } = await comeSlowly()
  reader.stop()
  // What the system's buffers still take moves, too.
  for (let n = 0; n < 4; n++) {
    beat()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  reader.goOn()
  expect((await client.closed).code).toBe(1006)
})

test('a y-websocket client hears something at each heartbeat, since its library gives up without', async () => {
  const { roomId, editorToken } = await openRoom(server)
  const socket = new WebSocket(`${server.yjsUrl}/${roomId}`, ['sketchroom', editorToken])
  onTestFinished(() => socket.terminate())
  const messages: string[] = []
  socket.on('message', (data: Buffer) => messages.push(data.toString('hex')))
  await vi.waitFor(() => expect(socket.readyState).toBe(WebSocket.OPEN))
  beat()
  // An awareness message about nobody.
  await vi.waitFor(() => expect(messages).toContain('010100'))
})
