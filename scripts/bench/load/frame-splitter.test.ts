import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { FrameSplitter, OPCODE } from './frame-splitter.ts'
import { LightSocket, wholeMessages } from './light-socket.ts'

/** A frame as a server writes it: by itself a whole binary message. */
function frame(
  payload: Buffer,
  { opcode = OPCODE.binary, final = true }: { opcode?: number; final?: boolean } = {},
): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (final ? 0x80 : 0) | opcode
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

/** What is read of a stream that comes in pieces of `step` bytes. */
function readStream(stream: Buffer, step: number) {
  const messages: Buffer[] = []
  const controls: Array<[opcode: number, payload: string]> = []
  const splitter = new FrameSplitter({
    onData: wholeMessages((payload) => messages.push(Buffer.from(payload))),
    onControl: (opcode, payload) => controls.push([opcode, payload.toString()]),
  })
  for (let at = 0; at < stream.length; at += step) splitter.push(stream.subarray(at, at + step))
  return { messages, controls }
}

const steps = (stream: Buffer) => [1, 2, 3, 7, 127, 1000, 65_536, stream.length]

test('frames come out whole wherever the stream is cut', () => {
  const payloads = [0, 1, 125, 126, 300, 70_000, 0].map((length) => Buffer.alloc(length, length % 251))
  const stream = Buffer.concat(payloads.map((payload) => frame(payload)))
  for (const step of steps(stream)) {
    const { messages } = readStream(stream, step)
    expect(Buffer.concat(messages).equals(Buffer.concat(payloads)), `cut every ${step} bytes`).toBe(true)
    expect(messages.map(({ length }) => length)).toEqual(payloads.map(({ length }) => length))
  }
})

test('a message in several frames comes out as one, and what stands between its frames by itself', () => {
  const parts = [300, 0, 70_000, 5].map((length, n) => Buffer.alloc(length, n + 1))
  const stream = Buffer.concat([
    frame(parts[0] as Buffer, { final: false }),
    frame(Buffer.from('still there?'), { opcode: OPCODE.ping }),
    frame(parts[1] as Buffer, { opcode: OPCODE.continuation, final: false }),
    frame(parts[2] as Buffer, { opcode: OPCODE.continuation, final: false }),
    frame(Buffer.alloc(0), { opcode: OPCODE.ping }),
    frame(parts[3] as Buffer, { opcode: OPCODE.continuation }),
    frame(Buffer.from('next')),
  ])
  for (const step of steps(stream)) {
    const { messages, controls } = readStream(stream, step)
    expect(messages.map(({ length }) => length)).toEqual([70_305, 4])
    expect(messages[0]?.equals(Buffer.concat(parts)), `cut every ${step} bytes`).toBe(true)
    expect(controls).toEqual([
      [OPCODE.ping, 'still there?'],
      [OPCODE.ping, ''],
    ])
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
  const onMessage = (payload: Buffer) => {
    echoed.push(Buffer.from(payload))
    if (echoed.length === payloads.length) resolve()
  }
  const client = await LightSocket.open({ port, path: '/' }, wholeMessages(onMessage))
  client.together(() => payloads.forEach((payload) => client.send(payload)))
  await promise
  expect(Buffer.concat(echoed).equals(Buffer.concat(payloads))).toBe(true)
  const [socket] = (await connected) as [WebSocket]
  const pong = once(socket, 'pong')
  socket.ping('still there?')
  expect(String((await pong)[0])).toBe('still there?')
  await client.ping()
  client.end()
})
