import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { IncomingBytes } from './incoming-bytes.ts'
import { LargeReads } from './large-reads.ts'
import { UnhandledBytes } from './unhandled-bytes.ts'

const limits = { firstMessageBytes: 64 * 1024, messageBytes: 1e9, messageMs: 60_000 }

let server: Server
/** The sizes of the messages that came through. */
let received: number[]
let incoming: IncomingBytes
const largeReads = new LargeReads()

beforeEach(async () => {
  received = []
  const unhandled = new UnhandledBytes({ perAddress: 1_500_000, total: 1e9 })
  server = createServer()
  const upgrader = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket: Socket, head: Buffer) =>
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      incoming = new IncomingBytes({ webSocket, stream: socket, address: 'a', limits, unhandled, largeReads })
      webSocket.on('message', (data: Buffer) => {
        if (webSocket.readyState !== WebSocket.OPEN) return
        received.push(data.length)
        webSocket.send('read')
      })
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => void server.close())

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  socket.on('error', () => undefined)
  await once(socket, 'open')
  return socket
}

test('of a frame that is too large nothing comes through, also when all of it was sent', async () => {
  const socket = await open()
  socket.send(new Uint8Array(2_000_000))
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([4413, 'too_large'])
  expect(received).toEqual([])
})

test('256 KB in all may come, in messages of 64 KB, and no more', async () => {
  const socket = await open()
  for (let n = 0; n < 4; n++) {
    // A frame's own head is counted with it: 8 bytes.
    socket.send(new Uint8Array(64 * 1024 - 8))
    await once(socket, 'message')
  }
  expect(received).toHaveLength(4)
  socket.send(new Uint8Array())
  expect((await once(socket, 'close'))[0]).toBe(4413)
})

test('after signing in, nothing is counted', async () => {
  const socket = await open()
  incoming.signedIn('ada')
  socket.send(new Uint8Array(1_000_000))
  await once(socket, 'message')
  expect(received).toEqual([1_000_000])
  socket.close()
})

test('a stranger cannot send a message of more than 64 KB', async () => {
  const socket = await open()
  socket.send(new Uint8Array(70_000))
  expect((await once(socket, 'close'))[0]).toBe(4413)
  expect(received).toEqual([])
})

test('of an address with too much that is unfinished, the largest is let go, and the others go on', async () => {
  const begin = async (bytes: number) => {
    const socket = await open()
    incoming.signedIn(`who sends ${bytes}`)
    // A fragment: the message is not whole.
    await new Promise((resolve) => socket.send(new Uint8Array(bytes), { fin: false }, resolve))
    return socket
  }
  const small = await begin(400_000)
  const large = await begin(900_000)
  const gone = once(large, 'close')
  const next = await begin(500_000)
  await gone
  for (const socket of [small, next]) socket.send(new Uint8Array(10), { fin: true })
  await Promise.all([small, next].map((socket) => once(socket, 'message')))
  expect(received.sort()).toEqual([400_010, 500_010])
  for (const socket of [small, next]) socket.close()
})

test('a message that is begun must come: drop by drop, or with pongs between its parts, it is given up', async () => {
  const socket = await open()
  expect([incoming.isStuck(), incoming.isStuck()]).toEqual([false, false])
  socket.send(new Uint8Array(1_000), { fin: false })
  socket.pong()
  // It is answered when all that is before it has come.
  const handled = async () => {
    socket.ping()
    await once(socket, 'pong')
  }
  await handled()
  expect(incoming.isStuck()).toBe(false)
  socket.send(new Uint8Array(20_000), { fin: false })
  await handled()
  expect(incoming.isStuck()).toBe(false)
  socket.send(new Uint8Array(10), { fin: false })
  await handled()
  // While it is not read from, it cannot send more.
  incoming.pause()
  expect(incoming.isStuck()).toBe(false)
  incoming.resume()
  expect(incoming.isStuck()).toBe(true)
  socket.send(new Uint8Array(10))
  await once(socket, 'message')
  expect(incoming.isStuck()).toBe(false)
  socket.close()
})

test('while large messages come, another that has come whole has them wait a moment, but for the first, and nobody else', async () => {
  const begin = async (bytes: number) => {
    const socket = await open()
    const itsIncoming = incoming
    itsIncoming.signedIn(`who sends ${bytes}`)
    await new Promise((resolve) => socket.send(new Uint8Array(bytes), { fin: false }, resolve))
    await vi.waitFor(() => expect(itsIncoming.unfinishedBytes).toBeGreaterThan(bytes))
    return { socket, incoming: itsIncoming }
  }
  const [small, before, large, whole] = [
    await begin(50_000),
    await begin(300_000),
    await begin(350_000),
    await begin(600_000),
  ]
  whole.socket.send(new Uint8Array(10), { fin: true })
  await vi.waitFor(() => expect(received).toEqual([600_010]), { interval: 1 })
  expect([small, before, large, whole].map((each) => each.incoming.isPaused)).toEqual([false, false, true, false])
  for (const { socket } of [small, before, large]) socket.send(new Uint8Array(10), { fin: true })
  await vi.waitFor(() => expect(received.toSorted((a, b) => a - b)).toEqual([50_010, 300_010, 350_010, 600_010]))
  for (const { socket } of [small, before, large, whole]) socket.close()
})
