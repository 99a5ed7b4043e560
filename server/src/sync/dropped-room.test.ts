import { crc32 } from 'node:zlib'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { JournalHoleError, type DocumentStore, type UpdateRecord } from '../ports/document-store.ts'
import { recordOf } from '../core/documents/clock-ranges.ts'
import { aroundStore } from '../testing/around-store.ts'
import { breakRooms, createBreakingUpdate } from '../testing/breaking-update.ts'
import { HeldCalls } from '../testing/held-calls.ts'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let store: DocumentStore
const held = new HeldCalls<DocumentStore>()

let mendRooms: () => void

beforeAll(async () => {
  mendRooms = breakRooms()
  server = await startTestServer({
    wrapDocumentStore: (inner) => {
      store = inner
      return aroundStore(inner, held.around)
    },
  })
})
afterAll(async () => {
  mendRooms()
  await server.remove()
})

/** The words that the room has in the store. */
async function storedWords(roomId: string): Promise<string[]> {
  const { snapshot, tail } = await store.load(roomIdSchema.parse(roomId))
  const doc = new Y.Doc()
  if (snapshot) Y.applyUpdate(doc, snapshot.bytes)
  for (const { update } of tail) Y.applyUpdate(doc, update)
  return wordsOf({ doc })
}

/** An update of its own, that needs nothing else. */
function wordUpdate(word: string): Uint8Array {
  const doc = new Y.Doc()
  setWord(word)(doc)
  return Y.encodeStateAsUpdate(doc)
}

test('an update that does not integrate takes nobody’s work: everybody comes back to what was saved', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const before = server.app.roomCount()
  const [ada, eve] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  ada.write(ada.edit(setWord('drawn')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  eve.write(createBreakingUpdate())
  expect(await eve.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  expect(await ada.closed).toEqual({ code: 1011, reason: 'internal' })
  expect(wordsOf(ada)).toEqual(['drawn'])
  expect(server.app.roomCount()).toBe(before)
  const [back, other] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  await vi.waitFor(() => expect([wordsOf(back), wordsOf(other)]).toEqual([['drawn'], ['drawn']]))
  other.write(wordUpdate('after'))
  await vi.waitFor(() => expect(wordsOf(back)).toEqual(['after', 'drawn']))
  expect(await storedWords(roomId)).toEqual(['after', 'drawn'])
})

test('an unload that races with a drop leaves one live document', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  onTestFinished(() => held.release())
  const eve = await joinRoom(server, roomId, editorToken)
  const before = server.app.roomCount()
  held.hold('append')
  eve.write(wordUpdate('last'))
  await vi.waitFor(() => expect(held.waiting).toHaveLength(1))
  // The last one leaves, and the room waits for the store before it goes.
  eve.terminate()
  await vi.waitFor(async () => expect(await presentIn(roomId, ownerToken)).toBe(0))
  const again = await joinRoom(server, roomId, editorToken)
  again.write(createBreakingUpdate())
  expect((await again.closed).reason).toBe('malformed_update')
  // Two come to the room anew, one before the store goes on and one after.
  const first = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => first.terminate())
  await first.join(ownerToken)
  held.release()
  const second = await joinRoom(server, roomId, editorToken)
  await vi.waitFor(() => expect(first.notices).toHaveLength(1))
  await vi.waitFor(() => expect([wordsOf(first), wordsOf(second)]).toEqual([['last'], ['last']]))
  expect(server.app.roomCount()).toBe(before)
  first.write(wordUpdate('one'))
  second.write(wordUpdate('two'))
  await vi.waitFor(() => expect(wordsOf(first)).toEqual(expect.arrayContaining(['last', 'two'])))
  await vi.waitFor(() => expect(wordsOf(second)).toEqual(expect.arrayContaining(['last', 'one'])))
  const third = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(third)).toEqual(['last', 'one', 'two']))
  for (const client of [first, second, third]) client.terminate()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(before - 1))
})

test('drops and departures in any order leave a room that works', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  for (let n = 0; n < 15; n++) {
    const clients = await Promise.all([1, 2, 3].map(() => joinRoom(server, roomId, editorToken)))
    clients[n % 3]?.write(wordUpdate(`w${n}`))
    await vi.waitFor(() => expect(clients[n % 3]?.answers).toEqual(['durable']))
    clients[0]?.write(createBreakingUpdate())
    for (const client of clients.slice(1)) client.terminate()
    await Promise.all(clients.map(({ closed }) => closed))
  }
  const words = Array.from({ length: 15 }, (_, n) => `w${n}`).sort()
  const ada = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(words))
  expect(await storedWords(roomId)).toEqual(words)
})

test.for([
  ['who comes back with what they had', true],
  ['who comes for the first time and draws', false],
] as const)('a stored record that Yjs does not take is set aside, found out by %s', async ([, comesBack]) => {
  const { roomId: id, ownerToken, editorToken } = await openRoom(server)
  const roomId = roomIdSchema.parse(id)
  const bytes = Uint8Array.of(9, 9, 9, 9)
  const unreadable = { ...recordOf(wordUpdate('x'), null, 1), update: bytes, crc: crc32(bytes) }
  await appendStored(
    roomId,
    recordOf(wordUpdate('before'), null, 1),
    unreadable,
    recordOf(wordUpdate('after'), null, 1),
  )
  const doc = new Y.Doc()
  if (comesBack) Y.applyUpdate(doc, wordUpdate('mine'))
  const ed = new RawClient(server.syncUrl, roomId, { doc })
  onTestFinished(() => ed.terminate())
  await ed.open()
  ed.sendToken(editorToken)
  await vi.waitFor(() => expect(ed.notices).toHaveLength(1))
  if (comesBack) ed.askForMissing()
  else ed.write(wordUpdate('drawn'))
  // It is no fault of the client's, who may try again.
  expect(await ed.closed).toEqual({ code: 1011, reason: 'internal' })
  const ada = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['after', 'before']))
  expect(await store.listQuarantined(roomId)).toMatchObject([{ kind: 'update', seq: 2 }])
})

test('what others wrote, and what is only in a snapshot by now, comes with the room loaded anew', async () => {
  const { roomId: id, ownerToken } = await openRoom(server)
  const roomId = roomIdSchema.parse(id)
  const ada = await joinRoom(server, id, ownerToken)
  ada.write(ada.edit(setWord('first')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  await appendStored(roomId, recordOf(wordUpdate('of others'), null, 1))
  // As it is when the other's update was purged: it can be read no more.
  const readSince = vi.spyOn(store, 'readSince').mockRejectedValue(new JournalHoleError(roomId, 1, 3))
  onTestFinished(() => readSince.mockRestore())
  ada.write(ada.edit(setWord('second')))
  expect((await ada.closed).reason).toBe('internal')
  const back = await joinRoom(server, id, ownerToken)
  await vi.waitFor(() => expect(wordsOf(back)).toEqual(['first', 'of others', 'second']))
})

async function appendStored(roomId: RoomId, ...entries: UpdateRecord[]): Promise<void> {
  await store.append({ id: crypto.randomUUID(), rooms: [{ roomId, entries }] })
}

async function presentIn(roomId: string, token: string): Promise<number> {
  const answer = await server.api.call('GET', `/api/v1/rooms/${roomId}`, { token })
  return ((await answer.json()) as { present: unknown[] }).present.length
}
