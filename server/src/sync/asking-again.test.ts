import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

test('a client that cannot give what is missing is asked ever more rarely', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(ada.step1Count).toBe(1))
  // A row that its device has lost: it has what came after, and gives that whenever it is asked.
  ada.edit(setWord('lost'))
  const rest = ada.edit(setWord('kept'))
  const askedAt: number[] = []
  ada.onStep1 = () => {
    askedAt.push(performance.now())
    ada.write(rest, 'step2')
  }
  ada.write(rest)
  // At once, then after one second and after two: each pause is longer than all the time before.
  await vi.waitFor(() => expect(askedAt).toHaveLength(3), { timeout: 30_000 })
  const [first, second, third] = askedAt as [number, number, number]
  expect(third - second).toBeGreaterThan(second - first)
  expect(second - first).toBeGreaterThan(500)
  expect(new Set(ada.answers)).toEqual(new Set(['refused']))
  // It stays, and what it draws beside the hole is saved.
  const beside = new Y.Doc()
  setWord('beside')(beside)
  ada.write(Y.encodeStateAsUpdate(beside))
  await vi.waitFor(() => expect(ada.answers.at(-1)).toBe('durable'))
})

test('a client that was only behind is asked at once, gives all, and is not asked again', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  await vi.waitFor(() => expect(ed.step1Count).toBe(1))
  ed.onStep1 = (stateVector) => ed.write(Y.encodeStateAsUpdate(ed.doc, stateVector), 'step2')
  // Drawn while it thought it was connected, and what it sent then got lost.
  ed.edit(setWord('one'))
  ed.edit(setWord('two'))
  const sentAt = performance.now()
  ed.write(ed.edit(setWord('three')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['refused', 'durable']), { interval: 5 })
  expect(performance.now() - sentAt).toBeLessThan(900)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['one', 'three', 'two']))
  ed.write(ed.edit(setWord('four')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['refused', 'durable', 'durable']))
  expect(ed.step1Count).toBe(2)
})
