import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { RawClient } from '../testing/raw-client.ts'
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
    // However much of it is refused in one pause, it is one question.
    for (let n = 0; n < 3; n++) ada.write(rest, 'step2')
  }
  ada.write(rest)
  // At once, then after one second and after two: in three seconds three times, where it used to be 500 times.
  await vi.waitFor(() => expect(askedAt).toHaveLength(3), { timeout: 30_000 })
  expect((askedAt[2] as number) - (askedAt[0] as number)).toBeGreaterThan(2_500)
  expect(new Set(ada.answers)).toEqual(new Set(['refused']))
  // It stays, and what it draws beside the hole is saved.
  const beside = new Y.Doc()
  setWord('beside')(beside)
  ada.write(Y.encodeStateAsUpdate(beside))
  await vi.waitFor(() => expect(ada.answers.at(-1)).toBe('durable'))
})

test('who has left is asked no more, also when the socket serves another stay', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const first = await joinRoom(server, roomId, ownerToken)
  const tab = new RawClient(server.syncUrl, `${roomId}\0second-tab`, { shared: first })
  await tab.join(ownerToken)
  await vi.waitFor(() => expect([first.step1Count, tab.step1Count]).toEqual([1, 1]))
  for (const client of [first, tab]) {
    client.edit(setWord('lost'))
    const rest = client.edit(setWord('kept'))
    client.onStep1 = () => client.write(rest, 'step2')
    client.write(rest)
  }
  // Both have been asked at once, and the next question is due in a second, to the first of them first.
  await vi.waitFor(() =>
    expect([first.answers, tab.answers]).toEqual([
      ['refused', 'refused'],
      ['refused', 'refused'],
    ]),
  )
  first.sendType(MESSAGE.close)
  await vi.waitFor(() => expect(tab.step1Count).toBe(3))
  expect(first.step1Count).toBe(2)
})

test('a client that was only behind is asked at once, gives all, and is not asked again', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  await vi.waitFor(() => expect([ada.step1Count, ed.step1Count]).toEqual([1, 1]))
  // The clock: she cannot give what is missing, and is asked again when the first pause is over.
  ada.edit(setWord('lost'))
  const rest = ada.edit(setWord('kept'))
  ada.onStep1 = () => ada.write(rest, 'step2')
  ada.write(rest)
  await vi.waitFor(() => expect(ada.answers).toEqual(['refused', 'refused']))
  ed.onStep1 = (stateVector) => ed.write(Y.encodeStateAsUpdate(ed.doc, stateVector), 'step2')
  // Drawn while it thought it was connected, and what it sent then got lost.
  ed.edit(setWord('one'))
  ed.edit(setWord('two'))
  ed.write(ed.edit(setWord('three')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['refused', 'durable']), { interval: 5 })
  expect(ada.step1Count).toBe(2)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['kept', 'lost', 'one', 'three', 'two']))
  ed.write(ed.edit(setWord('four')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['refused', 'durable', 'durable']))
  expect(ed.step1Count).toBe(2)
})
