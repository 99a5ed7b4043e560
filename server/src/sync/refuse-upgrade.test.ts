import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { refuseUpgrade } from './refuse-upgrade.ts'

let server: Server
beforeEach(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => void server.close())

const openSockets = () =>
  new Promise<number>((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n))))

/** Asks for an upgrade that is refused; the answer. */
async function ask(options: { hangUpAfterMs: number; allowHalfOpen: boolean }): Promise<string> {
  server.once('upgrade', (_request, socket: Duplex) =>
    refuseUpgrade(socket, { status: 503, code: 'shutting_down' }, options.hangUpAfterMs),
  )
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: options.allowHalfOpen }).setEncoding('utf8')
  socket.on('error', () => undefined)
  let answer = ''
  socket.on('data', (chunk: string) => (answer += chunk))
  socket.once('data', () => socket.write('but I had more to say'))
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await once(socket, 'end')
  return answer
}

test('a peer that hangs up is let go at once', async () => {
  const answer = await ask({ hangUpAfterMs: 60_000, allowHalfOpen: false })
  expect(answer).toMatch(/^HTTP\/1.1 503 .*Connection: close\r\n\r\n\{"status":503,"code":"shutting_down"\}$/s)
  await vi.waitFor(async () => expect(await openSockets()).toBe(0))
})

test('a peer that keeps its own side open is hung up on', async () => {
  await ask({ hangUpAfterMs: 10, allowHalfOpen: true })
  await vi.waitFor(async () => expect(await openSockets()).toBe(0))
})
