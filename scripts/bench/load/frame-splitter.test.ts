import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { FrameSplitter, OPCODE } from './frame-splitter.ts'
import { LightSocket } from './light-socket.ts'

/** A binary frame as a server writes it. */
function frame(payload: Buffer): Buffer {
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.of(0x82, length), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x82
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

test('frames come out whole wherever the stream is cut', () => {
  const payloads = [0, 1, 125, 126, 300, 70_000].map((length) => Buffer.alloc(length, length % 251))
  const stream = Buffer.concat(payloads.map(frame))
  for (const step of [1, 2, 3, 7, 127, 1000, 65_536, stream.length]) {
    const seen: Buffer[] = []
    const splitter = new FrameSplitter((opcode, payload) => {
      expect(opcode).toBe(OPCODE.binary)
      seen.push(Buffer.from(payload))
    })
    for (let at = 0; at < stream.length; at += step) splitter.push(stream.subarray(at, at + step))
    expect(Buffer.concat(seen).equals(Buffer.concat(payloads)), `cut every ${step} bytes`).toBe(true)
    expect(seen.map(({ length }) => length)).toEqual(payloads.map(({ length }) => length))
  }
})

test('the light client speaks WebSocket with a real server: messages of every size, and answers to pings', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close())
  await once(server, 'listening')
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
  const connected = once(server, 'connection')
  const echoed: Buffer[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const payloads = [1, 125, 126, 65_535, 65_536, 200_000].map((length) => Buffer.alloc(length, length % 251))
  const { port } = server.address() as AddressInfo
  const client = await LightSocket.open({ port, path: '/' }, (payload) => {
    echoed.push(Buffer.from(payload))
    if (echoed.length === payloads.length) resolve()
  })
  client.together(() => payloads.forEach((payload) => client.send(payload)))
  await promise
  expect(Buffer.concat(echoed).equals(Buffer.concat(payloads))).toBe(true)
  const [socket] = (await connected) as [WebSocket]
  const pong = once(socket, 'pong')
  socket.ping('still there?')
  expect(String((await pong)[0])).toBe('still there?')
  client.end()
})
