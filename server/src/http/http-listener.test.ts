import { once } from 'node:events'
import { request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createHttpServer, HttpListener } from './http-listener.ts'

let server: Server
let listener: HttpListener

beforeEach(async () => {
  server = createHttpServer(() => undefined, { headMs: 50, requestMs: 60_000, checkEveryMs: 10 })
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
  const openSockets = () =>
    new Promise<number>((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n))))
  await once(socket, 'end')
  expect(answer).toMatch(/^HTTP\/1.1 408 /)
  // The peer keeps its own side open; the descriptor is free all the same.
  await vi.waitFor(async () => expect(await openSockets()).toBe(0))
  socket.destroy()
})
