import { roomIdSchema } from '@sketchroom/shared/ids'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { DocumentStore } from '../ports/document-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { HeldCalls } from '../testing/held-calls.ts'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, openRoom, removeWord, setWord, STEPS_PER_WORD as STEPS, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const held = new HeldCalls<DocumentStore>()
let server: TestServer
let store: DocumentStore
beforeAll(async () => {
  server = await startTestServer({
    wrapDocumentStore: (inner) => {
      store = inner
      return aroundStore(inner, held.around)
    },
  })
})
afterEach(() => held.release())
afterAll(() => server.remove())

/** What the store has of a room, as a state vector. */
async function storedOf(roomId: string): Promise<Map<number, number>> {
  const { snapshot, tail } = await store.load(roomIdSchema.parse(roomId))
  const doc = new Y.Doc()
  for (const update of [...(snapshot ? [snapshot.bytes] : []), ...tail.map((each) => each.update)]) {
    Y.applyUpdate(doc, update)
  }
  return Y.decodeStateVector(Y.encodeStateVector(doc))
}

/** Updates of several Yjs clients, as one that says what all of them did. */
function ofSeveral(count: number): { update: Uint8Array; reach: Map<number, number> } {
  const docs = Array.from({ length: count }, () => new Y.Doc())
  for (const [index, doc] of docs.entries()) {
    for (let n = 0; n <= index; n++) setWord(`${index} ${n}`)(doc)
  }
  const update = Y.mergeUpdates(docs.map((doc) => Y.encodeStateAsUpdate(doc)))
  return { update, reach: new Map(docs.map((doc, index) => [doc.clientID, (index + 1) * STEPS])) }
}

/** The element, its words, and each of their letters is a step. */
const writeShared = (doc: Y.Doc) => doc.getMap('elements').set('text', new Y.Map([['words', new Y.Text('five!')]]))

test('an acknowledgement names whose structs the write held, and how far they are durable', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const me = ada.doc.clientID
  ada.write(ada.edit(setWord('one')))
  ada.write(ada.edit(writeShared))
  const { update, reach } = ofSeveral(3)
  ada.write(update)
  await vi.waitFor(() => expect(ada.named).toEqual([new Map([[me, STEPS]]), new Map([[me, STEPS + 7]]), reach]))
})

test('a write that only deletes, or says nothing, names nobody', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(ada.edit(setWord('gone')))
  ada.write(ada.edit(removeWord('gone')))
  ada.write(Uint8Array.of(0, 0), 'step2')
  await vi.waitFor(() => expect(ada.named).toEqual([new Map([[ada.doc.clientID, STEPS]]), new Map(), new Map()]))
  const viewer = await joinRoom(server, roomId, viewerToken)
  viewer.write(Uint8Array.of(0, 0), 'step2')
  await vi.waitFor(() => expect(viewer.named).toEqual([new Map()]))
})

test('a refused write names nobody, also of what was durable before', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(ada.edit(setWord('one')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const viewer = await joinRoom(server, roomId, viewerToken)
  viewer.write(Y.encodeStateAsUpdate(ada.doc))
  await vi.waitFor(() => expect(viewer.answers).toEqual(['refused']))
  expect(viewer.named).toEqual([])
})

test('who repeats what is still on its way to the store is answered when it is there, and not before', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  held.hold('append')
  const update = ada.edit(setWord('one'))
  ada.write(update)
  await vi.waitFor(() => expect(wordsOf(ed)).toEqual(['one']))
  ed.write(update)
  ada.write(update, 'step2')
  await ed.handled()
  await ada.handled()
  expect([ada.named, ed.named]).toEqual([[], []])
  held.release()
  const named = new Map([[ada.doc.clientID, STEPS]])
  await vi.waitFor(() => expect([ada.named, ed.named]).toEqual([[named, named], [named]]))
})

test('who repeats what the room has since long, and nobody has built, is told so', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const first = ada.edit(setWord('one'))
  ada.write(first)
  ada.write(ada.edit(setWord('two')))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(2))
  ada.close()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const back = await joinRoom(server, roomId, ownerToken)
  back.write(first)
  // No further than this write says, though the room has more.
  await vi.waitFor(() => expect(back.named).toEqual([new Map([[ada.doc.clientID, STEPS]])]))
})

test('at whatever moment an acknowledgement comes, the store has what it names', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const clients = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  const checks: Array<Promise<string[]>> = []
  const check = async (client: RawClient) => {
    const named = client.named.at(-1) ?? new Map<number, number>()
    const stored = await storedOf(roomId)
    return [...named].filter(([id, clock]) => (stored.get(id) ?? 0) < clock).map(([id, clock]) => `${id} to ${clock}`)
  }
  for (const client of clients) client.onAnswer = () => checks.push(check(client))
  for (let n = 0; n < 40; n++) {
    for (const client of clients) {
      const update = client.edit(setWord(`${client.doc.clientID} ${n}`))
      client.write(n % 5 === 4 ? Y.encodeStateAsUpdate(client.doc) : update)
    }
    await clients[n % 2]?.handled()
  }
  await vi.waitFor(() => expect(checks).toHaveLength(80))
  expect((await Promise.all(checks)).flat()).toEqual([])
  expect(clients.map(({ doc, named }) => named.at(-1)?.get(doc.clientID))).toEqual([40 * STEPS, 40 * STEPS])
})

test('in a room that has lost a record, nothing behind what is lost is named', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const updates = ['one', 'two', 'three'].map((word) => ada.edit(setWord(word)))
  const fourth = ada.edit(setWord('four'))
  for (const update of updates) ada.write(update)
  await vi.waitFor(() => expect(ada.answers).toHaveLength(3))
  ada.close()
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  await store.quarantine({ roomId: roomIdSchema.parse(roomId), kind: 'update', seq: 2 }, 'test')

  const back = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => back.terminate())
  await back.join(ownerToken)
  back.write(fourth)
  // It is stored, and answered; but of what came before it, one part is not there.
  await vi.waitFor(() => expect(back.named).toEqual([new Map([[ada.doc.clientID, STEPS]])]))
  back.write(updates[1] as Uint8Array)
  back.write(fourth)
  await vi.waitFor(() => expect(back.named.at(-1)).toEqual(new Map([[ada.doc.clientID, 4 * STEPS]])))
})
