import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import * as encoding from 'lib0/encoding'
import { MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { heldBytes } from '../testing/held-bytes.ts'
import { startPlainHocuspocus } from '../testing/plain-hocuspocus.ts'
import { drawLarge, joinRoom, openRoom } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const MAX_SOCKETS = 3
let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ trustProxy: 1, environment: { MAX_SOCKETS_PER_ADDRESS: `${MAX_SOCKETS}` } })
})
afterAll(() => server.remove())

/** A peer that asks for an upgrade and never hangs up by itself. */
async function upgrade(path: string, { address = '203.0.113.7', to = server.api.origin } = {}) {
  const { port, hostname } = new URL(to)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const peer = { socket, received: Buffer.alloc(0), isOver: false }
  socket.on('data', (chunk: Buffer) => (peer.received = Buffer.concat([peer.received, chunk])))
  socket.on('error', () => undefined)
  socket.once('close', () => (peer.isOver = true))
  await once(socket, 'connect')
  const head = [
    `GET ${path} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    `X-Forwarded-For: ${address}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  await vi.waitFor(() => expect(peer.received.includes('\r\n\r\n')).toBe(true))
  return peer
}

const statusOf = ({ received }: { received: Buffer }) => Number(received.toString('latin1').split(' ')[1])

/** The head of a masked binary frame; with a mask of zeros, what follows is the payload as it is. */
function frameHead(length: number): Buffer {
  const head = Buffer.alloc(14)
  head.writeUInt8(0x82, 0)
  head.writeUInt8(0x80 | 127, 1)
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}

/** What a close frame of the server says, when that is the last thing it sent. */
function findCloseCode({ received }: { received: Buffer }): number | undefined {
  const frame = received.subarray(received.indexOf('\r\n\r\n') + 4)
  const at = frame.lastIndexOf(0x88)
  return at === -1 ? undefined : frame.readUInt16BE(at + 2)
}

test('a refused upgrade gives its descriptor back, although the peer keeps its own side open', async () => {
  const peers = await Promise.all(Array.from({ length: 100 }, () => upgrade('/nowhere')))
  expect(new Set(peers.map(statusOf))).toEqual(new Set([404]))
  // Whoever writes to a socket that nobody has any more is told so by TCP.
  await vi.waitFor(() => {
    for (const { socket } of peers) if (socket.writable) socket.write('still here')
    expect(peers.filter(({ isOver }) => !isOver)).toEqual([])
  })
})

test('an address has as many sockets as it may; the next is refused until one of them is gone', async () => {
  const address = '203.0.113.20'
  const peers = []
  for (let n = 0; n < MAX_SOCKETS; n++) peers.push(await upgrade('/sync', { address }))
  expect(peers.map(statusOf)).toEqual([101, 101, 101])
  const refused = await upgrade('/sync', { address })
  const [head = '', body = ''] = refused.received.toString().split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1.1 429 .*Content-Type: application\/problem\+json.*Retry-After: \d+\r\n/s)
  expect(JSON.parse(body)).toEqual({ status: 429, code: 'rate_limited' })
  // The proxy's word counts, so somebody else behind it is not refused; a client's own word about itself does not.
  expect(statusOf(await upgrade('/sync', { address: '203.0.113.21' }))).toBe(101)
  expect(statusOf(await upgrade('/sync', { address: `198.51.100.1, ${address}` }))).toBe(429)
  peers[0]?.socket.destroy()
  await vi.waitFor(async () => expect(statusOf(await upgrade('/sync', { address }))).toBe(101))
})

test('a frame that is too large for somebody who is in no room is cut while it comes', async () => {
  const peer = await upgrade('/sync')
  peer.socket.write(frameHead(4 * 1024 * 1024))
  peer.socket.write(Buffer.alloc(300_000))
  await vi.waitFor(() => expect(findCloseCode(peer)).toBe(4413))
  await vi.waitFor(() => {
    if (peer.socket.writable) peer.socket.write(Buffer.alloc(100))
    expect(peer.isOver).toBe(true)
  })
})

const MB = 1024 * 1024
const PART = Buffer.alloc(MB)

/** So many who each say that four megabytes come, and send one. */
async function beginFrames<Peer extends { socket: Socket }>(count: number, come: (n: number) => Promise<Peer>) {
  const peers = await Promise.all(Array.from({ length: count }, (_, n) => come(n)))
  for (const { socket } of peers) {
    socket.write(frameHead(4 * MB))
    socket.write(PART)
  }
  return peers
}

test('sixty who never sign in cannot have the megabytes kept that each of them begins to send', async () => {
  const before = heldBytes()
  const peers = await beginFrames(60, (n) => upgrade('/sync', { address: `203.0.113.${100 + n}` }))
  await vi.waitFor(() => expect(new Set(peers.map(findCloseCode))).toEqual(new Set([4413])))
  await vi.waitFor(() => expect(heldBytes() - before).toBeLessThan(8 * MB))
})

test('the same, control: a plain Hocuspocus keeps all of it', async () => {
  const { url } = await startPlainHocuspocus()
  const before = heldBytes()
  await beginFrames(60, () => upgrade('/', { to: url }))
  await vi.waitFor(() => expect(heldBytes() - before).toBeGreaterThan(32 * MB))
})

test('what is sent before joining is counted in all, however small the pieces', async () => {
  const peer = await upgrade('/sync')
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, 'somewhere-1')
  encoding.writeVarUint(encoder, MESSAGE.sync)
  encoding.writeVarUint(encoder, SYNC.step1)
  encoding.writeVarUint8Array(encoder, new Uint8Array(1_000))
  const payload = encoding.toUint8Array(encoder)
  const send = (count: number) => {
    for (let n = 0; n < count; n++) peer.socket.write(Buffer.concat([frameHead(payload.length), payload]))
  }
  send(250)
  // A ping is answered when all that came before it has been read.
  peer.socket.write(Buffer.from([0x89, 0x80, 0, 0, 0, 0]))
  await vi.waitFor(() => expect(peer.received.includes(Buffer.from([0x8a, 0]))).toBe(true))
  expect(findCloseCode(peer)).toBeUndefined()
  send(10)
  await vi.waitFor(() => expect(findCloseCode(peer)).toBe(4413))
})

test('who has not signed in has ten seconds for it, however they drip', { timeout: 30_000 }, async () => {
  const peer = await upgrade('/sync')
  const cameAt = performance.now()
  peer.socket.write(frameHead(1_000_000))
  const drip = setInterval(() => void (peer.socket.writable && peer.socket.write(Buffer.alloc(200))), 100)
  onTestFinished(() => clearInterval(drip))
  await vi.waitFor(() => expect(findCloseCode(peer)).toBe(4401), { timeout: 20_000 })
  const tookMs = performance.now() - cameAt
  expect(tookMs).toBeGreaterThan(9_900)
  expect(tookMs).toBeLessThan(11_500)
})

test('a client library that is in the middle of a large frame learns why it was cut', async () => {
  const socket = new WebSocket(server.syncUrl, { headers: { 'x-forwarded-for': '203.0.113.30' } })
  await once(socket, 'open')
  socket.on('error', () => undefined)
  socket.send(new Uint8Array(7 * 1024 * 1024))
  expect((await once(socket, 'close'))[0]).toBe(4413)
})

test('whoever is in a room may send more, in one frame and in all', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  for (let n = 0; n < 3; n++) ada.write(ada.edit(drawLarge(300_000, `${n}`)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable', 'durable']))
})

test('who has gone is not waited for when the server stops', async () => {
  const other = await startTestServer()
  onTestFinished(() => other.remove())
  const { roomId, ownerToken } = await openRoom(other)
  const gone = await joinRoom(other, roomId, ownerToken)
  gone.close()
  await gone.closed
  // Each part has a time of its own; one that waits for somebody who has gone would use it up.
  expect(await other.stop()).toBe(true)
})
