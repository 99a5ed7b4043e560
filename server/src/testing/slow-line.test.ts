import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { SlowLine } from './slow-line.ts'

/** A server that sends back what it gets, and a line to it. */
async function openLine(bytesPerSecond: number) {
  const server = createServer((socket) => void socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const line = await SlowLine.to(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, { bytesPerSecond })
  onTestFinished(async () => {
    await line.close()
    server.close()
  })
  const call = () => {
    const { port } = new URL(line.url('tcp://127.0.0.1:1'))
    const socket = connect(Number(port), '127.0.0.1')
    const got = { socket, bytes: 0, ended: false }
    socket.on('data', (chunk: Buffer) => (got.bytes += chunk.length))
    socket.on('error', () => undefined)
    socket.once('close', () => (got.ended = true))
    return got
  }
  return { line, call }
}

test('what goes over the line takes its time, both ways at once, and arrives whole', async () => {
  const { line, call } = await openLine(100_000)
  const caller = call()
  const startedAt = performance.now()
  caller.socket.write(Buffer.alloc(50_000))
  await vi.waitFor(() => expect(caller.bytes).toBeGreaterThan(0), { interval: 1 })
  expect(line.moved.up, 'what comes back waits until all has gone').toBeLessThan(50_000)
  await vi.waitFor(() => expect(caller.bytes).toBe(50_000), { interval: 5 })
  // Half a second, of which it may make up a tenth of one.
  expect(performance.now() - startedAt).toBeGreaterThan(390)
  expect(line.moved).toEqual({ up: 50_000, down: 50_000 })
})

test('a line that is cut loses what was on its way, and lets nobody through until it is mended', async () => {
  const { line, call } = await openLine(100_000)
  const caller = call()
  caller.socket.write(Buffer.alloc(50_000))
  await vi.waitFor(() => expect(caller.bytes).toBeGreaterThan(0))
  line.cut()
  await vi.waitFor(() => expect(caller.ended).toBe(true))
  expect(caller.bytes).toBeLessThan(50_000)
  const refused = call()
  await vi.waitFor(() => expect(refused.ended).toBe(true))
  line.mend()
  const next = call()
  next.socket.write(Buffer.alloc(1_000))
  await vi.waitFor(() => expect(next.bytes).toBe(1_000))
})
