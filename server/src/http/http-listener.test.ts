import { once } from 'node:events'
import { request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createHttpServer, HttpListener, limitConnections } from './http-listener.ts'

let server: Server
let listener: HttpListener

/** Short times, and a pace that only what drips falls behind. */
const LIMITS = { headMs: 50, requestMs: 60_000, checkEveryMs: 10, graceMs: 100, leastBytesPerSecond: 500 }

beforeEach(async () => {
  server = createHttpServer(() => undefined, LIMITS)
  listener = new HttpListener(server)
  await listener.open({ port: 0, host: '127.0.0.1' })
})
afterEach(() => server.closeAllConnections())

/** Asks something, and resolves when the request is under way: its answer, and what the server answers with. */
async function ask(headers: Record<string, string> = {}) {
  const { port } = server.address() as AddressInfo
  const asked = request({ port, host: '127.0.0.1', headers })
  const answer = new Promise<IncomingMessage>((resolve, reject) =>
    asked.once('response', resolve).once('error', reject),
  )
  asked.end()
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  return { answer, response }
}

test('whoever asked before it closed is answered, and told to come no more; nobody else gets in', async () => {
  const { answer, response } = await ask({ connection: 'keep-alive' })
  const closed = listener.close(60_000)
  expect(server.listening).toBe(false)
  response.end('at last')
  const { statusCode, headers } = await answer
  expect([statusCode, headers.connection]).toEqual([200, 'close'])
  expect(await closed).toBe(true)
})

test('who is not answered by the deadline is cut off', async () => {
  const { answer } = await ask()
  const cut = expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await listener.close(1)).toBe(false)
  await cut
})

test('a connection that was upgraded is neither waited for nor cut off', async () => {
  const { port } = server.address() as AddressInfo
  server.on('upgrade', (_request, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.pipe(socket)
  })
  const asked = request({ port, host: '127.0.0.1', headers: { connection: 'Upgrade', upgrade: 'echo' } }).end()
  const [, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Duplex]
  expect(await listener.close(60_000)).toBe(true)
  socket.write('still there?')
  expect(String((await once(socket, 'data'))[0])).toBe('still there?')
  socket.destroy()
})

test.each([
  ['nothing', ''],
  ['half a request', 'GET /live HTTP/1.1\r\nHost: a'],
  ['half an upgrade', 'GET /sync HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'],
])('a connection that sends %s is told that it took too long, and ended', async (_what, sent) => {
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('utf8')
  let answer = ''
  socket.on('data', (chunk: string) => (answer += chunk))
  socket.write(sent)
  await once(socket, 'end')
  expect(answer).toMatch(/^HTTP\/1.1 408 /)
  // The peer keeps its own side open; the descriptor is free all the same.
  await vi.waitFor(async () => expect(await countConnections()).toBe(0))
  socket.destroy()
})

const countConnections = () =>
  new Promise<number>((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n))))

/** Begins a request with a body of 4,000 bytes; `answer` is what has come back. */
function post() {
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1' }).setEncoding('utf8')
  const peer = {
    socket,
    answer: '',
    send: (bytes: number) => void (socket.writable && socket.write('x'.repeat(bytes))),
  }
  socket.on('data', (chunk: string) => (peer.answer += chunk)).on('error', () => undefined)
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n')
  return peer
}

test('a body that comes byte by byte cannot hold its connection', async () => {
  const peer = post()
  const drip = setInterval(() => peer.send(1), 10)
  await once(peer.socket, 'close')
  clearInterval(drip)
  expect(peer.answer).toMatch(/^HTTP\/1.1 408 /)
})

test('a body on a slow line is waited for, also when the line stands still for a while', async () => {
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    incoming.resume().once('end', () => response.end('got it'))
  })
  const peer = post()
  peer.send(1_000)
  const begunAt = performance.now()
  await vi.waitFor(() => expect(performance.now() - begunAt).toBeGreaterThan(2 * LIMITS.graceMs))
  peer.send(3_000)
  await vi.waitFor(() => expect(peer.answer).toMatch(/^HTTP\/1.1 200 .*got it/s))
  peer.socket.destroy()
})

test('an address cannot have more connections than it may, and has another when one is closed', async () => {
  let open = 0
  const onRefused = vi.fn<() => void>()
  const limit = {
    take(_ip: string, socket: Socket) {
      if (open >= 2) return false
      open += 1
      socket.once('close', () => (open -= 1))
      return true
    },
  }
  limitConnections(server, limit, onRefused)
  const [first, second] = [post(), post()]
  await vi.waitFor(async () => expect(await countConnections()).toBe(2))
  const third = post()
  await once(third.socket, 'close')
  expect(third.answer).toMatch(/^HTTP\/1.1 429 .*Retry-After: 30/s)
  expect(onRefused).toHaveBeenCalledOnce()
  expect([first.socket.destroyed, second.socket.destroyed]).toEqual([false, false])
  first.socket.destroy()
  await vi.waitFor(async () => expect(await countConnections()).toBe(1))
  const fourth = post()
  await once(server, 'request')
  for (const { socket } of [second, fourth]) socket.destroy()
})
