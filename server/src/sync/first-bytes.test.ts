import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FirstBytes } from './first-bytes.ts'

let server: Server
/** The sizes of the messages that came through. */
let received: number[]
let firstBytes: FirstBytes

beforeEach(async () => {
  received = []
  server = createServer()
  const upgrader = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket: Socket, head: Buffer) =>
    upgrader.handleUpgrade(request, socket, head, (webSocket) => {
      firstBytes = new FirstBytes(webSocket, socket)
      webSocket.on('message', (data: Buffer) => {
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

test('256 KB in all may come, and no more', async () => {
  const socket = await open()
  // A frame's own head is counted with it: 8 bytes here, 14 for the large one.
  socket.send(new Uint8Array(1_000))
  socket.send(new Uint8Array(256 * 1024 - 1_008 - 14))
  await once(socket, 'message')
  if (received.length < 2) await once(socket, 'message')
  expect(received).toEqual([1_000, 256 * 1024 - 1_008 - 14])
  socket.send(new Uint8Array())
  expect((await once(socket, 'close'))[0]).toBe(4413)
})

test('after signing in, nothing is counted', async () => {
  const socket = await open()
  firstBytes.signedIn()
  socket.send(new Uint8Array(2_000_000))
  await once(socket, 'message')
  expect(received).toEqual([2_000_000])
  socket.close()
})
