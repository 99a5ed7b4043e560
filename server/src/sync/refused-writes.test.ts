import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { DocumentStore } from '../ports/document-store.ts'
import { aroundStore } from '../testing/around-store.ts'
import { HeldCalls } from '../testing/held-calls.ts'
import { RawClient } from '../testing/raw-client.ts'
import { drawLarge, joinRoom, openRoom, removeWord, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const MB = 1024 * 1024
const MOST_WORDS = 20

let server: TestServer
const held = new HeldCalls<DocumentStore>()

beforeAll(async () => {
  server = await startTestServer({
    wrapDocumentStore: (store) => aroundStore(store, held.around),
    environment: { UNSTORED_BYTES: `${2.5 * MB}`, MAX_BOARD_ELEMENTS: `${MOST_WORDS}` },
  })
})
afterAll(() => server.remove())

/** What a client was told of its writes; a store that is held for long is told of too, at whatever moment. */
const toldSince = (client: RawClient) =>
  client.told.filter((each) => typeof each === 'string' || each.type === 'refused')
const refusal = (reason: string) => [{ type: 'refused', reason }, 'refused']

test('a viewer is told why right before each refusal, in the order of the writes, and stays', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const [ada, viewer] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, viewerToken)]
  viewer.write(viewer.edit(setWord('graffiti')))
  // Says nothing, so that there is nothing to refuse: the answer to a question of the server's, from who lacks nothing.
  viewer.write(Uint8Array.of(0, 0), 'step2')
  viewer.write(viewer.edit(setWord('more')))
  // Names a client of which it inserts nothing: no update that a library writes, and no answer either.
  viewer.write(Uint8Array.of(1, 0, 5, 0, 0))
  await vi.waitFor(() => expect(viewer.answers).toHaveLength(4))
  const refused = refusal('read_only')
  expect(toldSince(viewer)).toEqual([...refused, 'durable', ...refused, ...refused])
  ada.write(ada.edit(setWord('drawing')))
  await vi.waitFor(() => expect(wordsOf(viewer)).toContain('drawing'))
  expect(wordsOf(ada)).toEqual(['drawing'])
})

test('whose words a full board had no space for is asked for them when somebody deletes something', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  ada.write(ada.edit((doc) => doc.transact(() => Array.from({ length: MOST_WORDS }, (_, n) => setWord(`w${n}`)(doc)))))
  ed.write(ed.edit(setWord('too much')))
  await vi.waitFor(() => expect(toldSince(ed)).toMatchObject(refusal('board_full')))
  ed.onStep1 = (stateVector) => ed.write(Y.encodeStateAsUpdate(ed.doc, stateVector), 'step2')
  ada.write(ada.edit(removeWord('w0')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['refused', 'durable']))
  await vi.waitFor(() => expect(wordsOf(ada)).toContain('too much'))
})

test('a write that refers to what is not known is refused by that name, between those that are saved', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, ed] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  held.hold('append')
  ed.write(ed.edit(setWord('first')))
  const lost = ed.edit(setWord('second'))
  ed.write(ed.edit(setWord('third')))
  ed.write(lost)
  // All three have been dealt with when this is answered.
  ed.sendType(MESSAGE.queryAwareness)
  await vi.waitFor(() => expect(ed.awarenessUpdates).toHaveLength(1))
  expect(toldSince(ed)).toEqual([])
  held.release()
  await vi.waitFor(() => expect(ed.answers).toHaveLength(3))
  expect(toldSince(ed)).toEqual(['durable', ...refusal('missing_dependencies'), 'durable'])
  // Asked for what it has, it is asked once, gives it, and all is well.
  ed.write(Y.encodeStateAsUpdate(ed.doc), 'step2')
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['first', 'second', 'third']))
  // Others see it before it is durable.
  await vi.waitFor(() => expect(ed.answers.slice(3)).toEqual(['durable']))
})

test('an update that names its client twice, of which Yjs takes only the second part, is not taken for saved', async () => {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const [ada, eve] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, editorToken)]
  const parts = ['one', 'two'].map((word) => eve.edit(setWord(word)))
  // Each is the number of clients, what the client inserted, and that nothing was deleted.
  const inside = parts.flatMap((part) => [...part.subarray(1, -1)])
  eve.write(Uint8Array.of(2, ...inside, 0))
  expect(await eve.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  expect(eve.answers).toEqual([])
  ada.write(ada.edit(setWord('fine')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const back = new RawClient(server.syncUrl, roomId, { doc: ada.doc })
  onTestFinished(() => back.terminate())
  await back.join(editorToken)
  await vi.waitFor(() => expect(back.notices).toHaveLength(1))
  await back.handled()
  expect(wordsOf(back)).toEqual(['fine'])
  // Nothing of it waits in the room, to come out when its beginning does.
  back.write(parts[0] as Uint8Array)
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['fine', 'one']))
})

test('what no longer fits before a store that does not answer is refused there, and nobody elsewhere hears of it', async () => {
  const [full, other] = [await openRoom(server), await openRoom(server)]
  const [eve, ada] = [
    await joinRoom(server, full.roomId, full.ownerToken),
    await joinRoom(server, other.roomId, other.ownerToken),
  ]
  eve.write(eve.edit(setWord('known')))
  const deletion = eve.edit(removeWord('known'))
  eve.write(deletion)
  await vi.waitFor(() => expect(eve.answers).toEqual(['durable', 'durable']))
  held.hold('append')
  onTestFinished(() => held.release())
  for (let n = 0; n < 3; n++) eve.write(eve.edit(drawLarge(MB, `${n}`)))
  const word = new Y.Doc()
  setWord('word')(word)
  eve.write(Y.encodeStateAsUpdate(word))
  // Nothing has to be stored for what says nothing new: with these, whoever comes back is up to date.
  eve.write(Uint8Array.of(0, 0), 'step2')
  eve.write(deletion, 'step2')
  eve.sendType(MESSAGE.queryAwareness)
  await vi.waitFor(() => expect(eve.awarenessUpdates).toHaveLength(1))
  ada.write(ada.edit(setWord('fine')))
  ada.sendType(MESSAGE.queryAwareness)
  await vi.waitFor(() => expect(ada.awarenessUpdates).toHaveLength(1))
  held.release()
  await vi.waitFor(() => expect(eve.answers).toHaveLength(8))
  const pictures = ['durable', 'durable', 'durable']
  expect(toldSince(eve).slice(2)).toEqual([...pictures, ...refusal('store_unavailable'), 'durable', 'durable'])
  await vi.waitFor(() => expect(toldSince(ada)).toEqual(['durable']))
  eve.write(Y.encodeStateAsUpdate(word))
  await vi.waitFor(() => expect(eve.answers.at(-1)).toBe('durable'))
  const later = await joinRoom(server, full.roomId, full.ownerToken)
  await vi.waitFor(() => expect(wordsOf(later).filter((id) => !id.includes('-'))).toEqual(['word']))
})

test('who has had a day’s bytes stored cannot have more stored by coming again; they read on, and others draw on', async () => {
  const small = await startTestServer({ environment: { DAILY_BYTES_PER_USER: `${MB / 2}` } })
  onTestFinished(() => small.remove())
  const { roomId, ownerToken, editorToken } = await openRoom(small)
  const eve = await joinRoom(small, roomId, editorToken)
  const stored = eve.edit(drawLarge(0.3 * MB))
  // What is known already costs nothing.
  for (let n = 0; n < 3; n++) eve.write(stored)
  eve.write(eve.edit(drawLarge(0.3 * MB, 'more')))
  eve.write(eve.edit(setWord('too much')))
  eve.write(stored)
  await vi.waitFor(() => expect(eve.answers).toHaveLength(6))
  const durable = Array<string>(4).fill('durable')
  expect(toldSince(eve)).toEqual([...durable, ...refusal('store_unavailable'), 'durable'])
  eve.terminate()
  const again = await joinRoom(small, roomId, editorToken)
  again.write(again.edit(setWord('again')))
  await vi.waitFor(() => expect(toldSince(again)).toEqual(refusal('store_unavailable')))
  const ada = await joinRoom(small, roomId, ownerToken)
  ada.write(ada.edit(setWord('fine')))
  await vi.waitFor(() => expect([ada.answers, wordsOf(again).includes('fine')]).toEqual([['durable'], true]))
  // By the clocks, the room has that already; but it is something else.
  const other = new Y.Doc()
  other.clientID = ada.doc.clientID
  setWord('lost')(other)
  again.write(Y.encodeStateAsUpdate(other))
  again.write(Y.encodeStateAsUpdate(ada.doc))
  await vi.waitFor(() => expect(again.answers).toEqual(['refused', 'refused', 'durable']))
})

test('nobody can have a day’s bytes stored many times over in updates that are smaller than what the store needs for each', async () => {
  const small = await startTestServer({ environment: { DAILY_BYTES_PER_USER: '20000' } })
  onTestFinished(() => small.remove())
  const { roomId, editorToken } = await openRoom(small)
  const eve = await joinRoom(small, roomId, editorToken)
  let sent = 0
  for (let n = 0; n < 200; n++) {
    const update = eve.edit((doc) => void doc.getMap('meta').set('k', n))
    eve.write(update)
    sent += update.length
  }
  await vi.waitFor(() => expect(eve.answers).toHaveLength(200))
  expect(sent).toBeLessThan(10_000)
  expect(eve.answers.filter((answer) => answer === 'durable').length).toBeLessThan(170)
  expect(eve.answers.at(-1)).toBe('refused')
})

test('who has been told that they are in may draw while the room is read, for as long as that takes', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  held.hold('load')
  onTestFinished(() => held.release())
  const ada = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => ada.terminate())
  const authenticated = new Promise<void>((resolve) => (ada.onAuthenticated = resolve))
  await ada.open()
  ada.sendToken(ownerToken)
  await authenticated
  for (let n = 0; n < 1_600; n++) ada.write(ada.edit(setWord('word')))
  // More than a client may send before it is known.
  ada.write(ada.edit(drawLarge(300_000)))
  await ada.handled()
  held.release()
  await vi.waitFor(() => expect(ada.answers).toHaveLength(1_601))
  expect(new Set(ada.answers)).toEqual(new Set(['durable']))
})

test('who draws more than can be kept while the room is read is to come back later', async () => {
  const { roomId, ownerToken } = await openRoom(server)
  held.hold('load')
  onTestFinished(() => held.release())
  const ada = new RawClient(server.syncUrl, roomId)
  const authenticated = new Promise<void>((resolve) => (ada.onAuthenticated = resolve))
  await ada.open()
  ada.sendToken(ownerToken)
  await authenticated
  for (let n = 0; n < 5; n++) ada.write(ada.edit(drawLarge(300_000, `${n}`)))
  expect(await ada.closed).toEqual({ code: 4503, reason: 'store_unavailable' })
})

test.for(['is refused', 'says nothing'])(
  'who goes on writing what %s, and waits for no answer, is sent away to come back later',
  async (what) => {
    const { roomId, ownerToken, viewerToken } = await openRoom(server)
    const [ada, viewer] = [await joinRoom(server, roomId, ownerToken), await joinRoom(server, roomId, viewerToken)]
    held.hold('append')
    onTestFinished(() => held.release())
    ada.write(ada.edit(setWord('waiting for the store')))
    const write = what === 'is refused' ? viewer.edit(setWord('graffiti')) : Uint8Array.of(0, 0)
    for (let n = 0; n < 1_100; n++) viewer.write(write)
    expect(await viewer.closed).toEqual({ code: 4503, reason: 'store_unavailable' })
    expect(ada.isOpen).toBe(true)
  },
)
