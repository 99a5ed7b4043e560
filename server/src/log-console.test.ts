import { AUTH, MESSAGE } from '@sketchroom/shared/protocol/frames'
import * as encoding from 'lib0/encoding'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { logConsole, type Printer } from './log-console.ts'
import { openRoom } from './testing/test-room.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'

const METHODS = ['error', 'warn', 'info', 'log', 'debug', 'trace'] as const

test('whatever is printed becomes lines of JSON', () => {
  const lines: string[] = []
  const printer = Object.fromEntries(METHODS.map((method) => [method, () => undefined])) as unknown as Printer
  logConsole(printer, pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }))
  for (const method of METHODS) printer[method]('%s said\n{"level":60}', 'Eve', new Error('no\r\nJSON'), { a: [1] })
  printer.error('x'.repeat(100_000))
  const logged = lines.map((line) => JSON.parse(line) as { level: number; msg: string; from: string })
  expect(logged.map(({ level }) => level)).toEqual([50, 40, 30, 30, 20, 20, 50])
  expect(logged[0]).toMatchObject({ from: 'console', msg: expect.stringContaining('Eve said\n{"level":60}') })
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1 && line.length < 3_000)).toBe(true)
})

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

test('malformed Auth frames print nothing', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const frame = (...rest: ReadonlyArray<number | string>) => {
    const encoder = encoding.createEncoder()
    encoding.writeVarString(encoder, roomId)
    encoding.writeVarUint(encoder, MESSAGE.auth)
    for (const part of rest) {
      if (typeof part === 'string') encoding.writeVarString(encoder, part)
      else encoding.writeVarUint(encoder, part)
    }
    return encoding.toUint8Array(encoder)
  }
  const good = frame(AUTH.token, ownerToken)
  const malformed = [frame(), frame(AUTH.token), frame(9), frame(AUTH.permissionDenied, 'x'), frame(AUTH.token, 500)]
  const printed = METHODS.map((method) => vi.spyOn(console, method).mockImplementation(() => undefined))
  const sendAndClose = (...frames: Uint8Array[]) =>
    new Promise((resolve) => {
      const socket = new WebSocket(server.syncUrl)
      socket.once('open', () => {
        for (const bytes of frames) socket.send(bytes)
        socket.close()
      })
      socket.once('close', resolve)
    })
  await Promise.all(malformed.flatMap((bytes) => [sendAndClose(bytes), sendAndClose(good, bytes)]))
  const calls = printed.flatMap(({ mock }) => mock.calls)
  vi.restoreAllMocks()
  expect(calls).toEqual([])
})
