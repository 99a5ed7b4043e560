import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FrameBuilder, FrameWriter } from './frame-writer.ts'

/** A `ws` socket of a server, the stream under it, and what its client receives. */
async function connect() {
  const server = createServer().listen(0, '127.0.0.1')
  const upgrader = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const accepted = new Promise<{ socket: WebSocket; stream: Socket }>((resolve) => {
    server.on('upgrade', (request, stream: Socket, head) =>
      upgrader.handleUpgrade(request, stream, head, (socket) => resolve({ socket, stream })),
    )
  })
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.terminate()
    server.close()
  })
  const received: Buffer[] = []
  const pings: string[] = []
  client.on('message', (data) => received.push(data as Buffer))
  client.on('ping', (data) => pings.push(data.toString()))
  const { socket, stream } = await accepted
  const writer = new FrameWriter(stream, new FrameBuilder())
  socket.on('pong', (words) => writer.ponged(words.toString()))
  return { socket, stream, writer, client, received, pings }
}

test('messages of every size arrive whole and in order, between the pings and the goodbye of ws', async () => {
  const { socket, writer, client, received, pings } = await connect()
  const messages = [0, 1, 125, 126, 65_535, 65_536, 300_000].map((length) => Buffer.alloc(length, length % 251))
  for (const message of messages) {
    writer.write(message)
    socket.ping('from ws')
  }
  while (received.length < messages.length) await once(client, 'message')
  socket.close(4000, 'done')
  const [code, reason] = (await once(client, 'close')) as [number, Buffer]
  expect([code, reason.toString()]).toEqual([4000, 'done'])
  expect(received.map(({ length }) => length)).toEqual(messages.map(({ length }) => length))
  expect(Buffer.concat(received).equals(Buffer.concat(messages))).toBe(true)
  expect(pings.filter((words) => words === 'from ws')).toHaveLength(messages.length)
})

test('what is written in one turn goes to the system as one', async () => {
  const { writer, client, received } = await connect()
  for (let n = 0; n < 5; n++) writer.write(Buffer.of(n))
  expect(writer.bufferedBytes).toBe(5 * 3)
  while (received.length < 5) await once(client, 'message')
  expect(received.map(([first]) => first)).toEqual([0, 1, 2, 3, 4])
  expect(writer.bufferedBytes).toBe(0)
})

test('a large body that others share does not count as waiting, but the message itself does', async () => {
  const { socket, writer, client, received } = await connect()
  client.pause()
  const [head, body] = [Buffer.alloc(50, 1), Buffer.alloc(8 * 1024 * 1024, 2)]
  writer.writeShared(head, body)
  expect(writer.bufferedBytes).toBe(0)
  for (let n = 0; n < 1_000; n++) writer.writeShared(head, body.subarray(0, 100_000))
  expect(writer.bufferedBytes).toBeGreaterThan(1_000 * 50)
  expect(writer.bufferedBytes).toBeLessThan(1_000 * 1_000)
  client.resume()
  while (received.length < 1_001) await once(client, 'message')
  expect(received.map(({ length }) => length)).toEqual([
    head.length + body.length,
    ...Array.from({ length: 1_000 }, () => head.length + 100_000),
  ])
  socket.terminate()
})

test('a broadcast’s frame is built once, and each message gets its own', () => {
  const builder = new FrameBuilder()
  const [one, two] = [Buffer.from('one'), Buffer.from('two')]
  const frame = builder.build(one)
  expect(builder.build(one)).toBe(frame)
  expect(builder.build(two).subarray(2).toString()).toBe('two')
  expect(frame.subarray(2).toString()).toBe('one')
})
