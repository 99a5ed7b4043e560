import { roomIdSchema } from '@sketchroom/shared/ids'
import { MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import * as Y from 'yjs'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { Compaction } from '../core/documents/compaction.ts'
import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import { holdCuts } from '../testing/held-cuts.ts'
import { RawClient } from '../testing/raw-client.ts'
import { SlowReader } from '../testing/slow-reader.ts'
import { drawLarge, joinRoom, openRoom, setWord, wordsOf, writePlain } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

/** Half as many as a board may have. */
const TEXTS = 10_000
/** All of them are 20 MB. */
const TEXT_LENGTH = 2_000
const PER_EDIT = 125

let server: TestServer
let store: DocumentStore
let room: Awaited<ReturnType<typeof openRoom>>

/** A board of many texts, drawn through the journal, left, and stored as a snapshot. */
async function drawBoard(): Promise<void> {
  server = await startTestServer({
    wrapDocumentStore: (inner) => (store = inner),
    // A single value may be as large as a message; here it is to be larger than all buffers.
    environment: { MESSAGE_BYTES: `${16 * 1024 * 1024}` },
  })
  room = await openRoom(server)
  const ada = new RawClient(server.syncUrl, room.roomId)
  await ada.join(room.ownerToken)
  await vi.waitFor(() => expect(ada.notices).toHaveLength(1))
  for (let n = 0; n < TEXTS; n += PER_EDIT) {
    ada.write(
      ada.edit((doc) => {
        doc.transact(() => {
          for (let i = n; i < n + PER_EDIT; i++) writePlain(`text-${i}`, `${i} `.padEnd(TEXT_LENGTH, '.'))(doc)
        })
      }),
    )
  }
  await vi.waitFor(() => expect(ada.answers).toHaveLength(TEXTS / PER_EDIT), { timeout: 60_000 })
  expect(new Set(ada.answers)).toEqual(new Set(['durable']))
  ada.close()
  const roomId = roomIdSchema.parse(room.roomId)
  await vi.waitFor(async () => expect(await store.listSnapshots(roomId)).toHaveLength(1))
  const { snapshot, tail } = await store.load(roomId)
  expect(snapshot?.bytes.length).toBeGreaterThan(TEXTS * TEXT_LENGTH)
  expect(tail).toEqual([])
}

beforeAll(drawBoard)
afterAll(() => server.remove())

const idsOf = (client: RawClient, name: string): string[] =>
  [...client.doc.getMap('elements').keys()].filter((id) => id.startsWith(name))
const textsOf = (client: RawClient): number => idsOf(client, 'text-').length

/** An editor over a connection that can be made slow. */
async function comeSlowly(): Promise<{ client: RawClient; reader: SlowReader }> {
  const reader = new SlowReader()
  const client = new RawClient(server.syncUrl, room.roomId, reader.options)
  onTestFinished(() => client.terminate())
  await client.open()
  return { client, reader }
}

test('a board of 20 MB opens for who may draw, and is asked for nothing twice', async () => {
  const ed = await joinRoom(server, room.roomId, room.editorToken)
  await vi.waitFor(() => expect(textsOf(ed)).toBe(TEXTS))
  expect([ed.isOpen, ed.step1Count]).toEqual([true, 1])
  ed.write(ed.edit(setWord('drawn on it')))
  await vi.waitFor(() => expect(ed.answers).toEqual(['durable']))
})

test('it comes in messages of which none is large, and each builds on those before it', async () => {
  const { client, reader } = await comeSlowly()
  let waited = false
  client.onUpdate = () => (waited ||= client.doc.store.pendingStructs !== null || client.doc.store.pendingDs !== null)
  await client.join(room.editorToken)
  await vi.waitFor(() => expect(textsOf(client)).toBe(TEXTS))
  const messages = reader.frames.filter(({ opcode }) => opcode === 2)
  expect(messages.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(TEXTS * TEXT_LENGTH)
  expect(messages.every(({ isLast }) => isLast)).toBe(true)
  expect(Math.max(...messages.map(({ length }) => length))).toBeLessThan(PIECE_BYTES + 100)
  expect(waited).toBe(false)
})

test('who reads slowly is not cut, and hears what is drawn meanwhile after the board', async () => {
  const ada = await joinRoom(server, room.roomId, room.ownerToken)
  await vi.waitFor(() => expect(textsOf(ada)).toBe(TEXTS))
  const { client, reader } = await comeSlowly()
  const textsWhenHeard: number[] = []
  client.onUpdate = () => {
    if (client.doc.getMap('elements').has('meanwhile')) textsWhenHeard.push(textsOf(client))
  }
  reader.readSlowly(2)
  await client.join(room.editorToken)
  await vi.waitFor(() => expect(reader.frames.length).toBeGreaterThan(3))
  ada.write(ada.edit(setWord('meanwhile')))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(1))
  expect(textsOf(client)).toBeLessThan(TEXTS)
  await vi.waitFor(() => expect(textsWhenHeard).toEqual([TEXTS]))
  expect(client.isOpen).toBe(true)
})

test('who asks again and again while the board is on its way is answered once more, when that has gone', async () => {
  const ada = await joinRoom(server, room.roomId, room.ownerToken)
  await vi.waitFor(() => expect(textsOf(ada)).toBe(TEXTS))
  const { client, reader } = await comeSlowly()
  reader.readSlowly(2)
  await client.join(room.editorToken)
  await vi.waitFor(() => expect(reader.frames.length).toBeGreaterThan(3))
  for (let n = 0; n < 20; n++) client.sendType(MESSAGE.sync, Uint8Array.of(SYNC.step1, 1, 0))
  await client.handled()
  const answersBefore: number[] = []
  client.onUpdate = () => {
    if (client.doc.getMap('elements').has('asked')) answersBefore.push(client.step2Count)
  }
  ada.write(ada.edit(setWord('asked')))
  reader.goOn()
  // However many were asked for, there is only one behind the one that is on its way.
  await vi.waitFor(() => expect(answersBefore.length).toBeGreaterThan(0))
  expect(answersBefore[0]).toBeLessThanOrEqual(2)
  await vi.waitFor(() => expect([textsOf(client), client.step2Count]).toEqual([TEXTS, 2]))
  await client.handled()
  expect(client.step2Count).toBe(2)
})

test('an acknowledgement does not wait until the board has come', async () => {
  const { client, reader } = await comeSlowly()
  reader.readSlowly(2)
  await client.join(room.editorToken)
  await vi.waitFor(() => expect(reader.frames.length).toBeGreaterThan(3))
  client.write(client.edit(setWord('drawn meanwhile')))
  await vi.waitFor(() => expect(client.answers).toEqual(['durable']), { interval: 2 })
  expect(textsOf(client)).toBeLessThan(TEXTS)
  await vi.waitFor(() => expect(textsOf(client)).toBe(TEXTS))
})

test('a board with a fresh paste that is not large waits for no thread', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(ada.edit(drawLarge(200_000)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const cuts = holdCuts()
  const bob = await joinRoom(server, roomId, viewerToken)
  await vi.waitFor(() => expect([wordsOf(bob), bob.step2Count]).toEqual([['large-0'], 1]))
  // Nor does who comes back, and lacks all of it but a word.
  const back = new RawClient(server.syncUrl, roomId)
  onTestFinished(() => back.terminate())
  setWord('mine')(back.doc)
  await back.join(viewerToken)
  await vi.waitFor(() => expect([wordsOf(back), back.step2Count]).toEqual([['large-0', 'mine'], 1]))
  expect(cuts.calls).not.toHaveBeenCalled()
})

test('what is drawn elsewhere does not wait for an answer that a thread puts together', async () => {
  const [here, other] = [await openRoom(server), await openRoom(server)]
  const [ada, cleo] = [
    await joinRoom(server, here.roomId, here.ownerToken),
    await joinRoom(server, other.roomId, other.ownerToken),
  ]
  ada.write(ada.edit(drawLarge(300_000)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const cuts = holdCuts()
  const bob = await joinRoom(server, here.roomId, here.viewerToken)
  await cuts.begun()
  const elsewhere = new RawClient(server.syncUrl, other.roomId, { shared: bob })
  await elsewhere.join(other.viewerToken)
  await vi.waitFor(() => expect(elsewhere.step2Count).toBe(1))
  cleo.write(cleo.edit(setWord('drawn elsewhere')))
  ada.write(ada.edit(setWord('drawn here')))
  await vi.waitFor(() => expect(wordsOf(elsewhere)).toEqual(['drawn elsewhere']))
  expect(wordsOf(bob)).toEqual([])
  await cuts.finish()
  // Of one room, all comes in order.
  const words: string[][] = []
  bob.onUpdate = () => words.push(wordsOf(bob))
  await vi.waitFor(() => expect([wordsOf(bob), bob.step2Count]).toEqual([['drawn here', 'large-0', 'large-1'], 1]))
  expect(words.filter((each) => each.length > 0)[0]).toContain('large-0')
})

test('who leaves while the board is on its way to them is sent nothing more of it', async () => {
  const other = await openRoom(server)
  const ada = await joinRoom(server, other.roomId, other.ownerToken)
  const { client, reader } = await comeSlowly()
  const elsewhere = new RawClient(server.syncUrl, other.roomId, { shared: client })
  await elsewhere.join(other.editorToken)
  await vi.waitFor(() => expect(elsewhere.step2Count).toBe(1))
  reader.readSlowly(2)
  await client.join(room.editorToken)
  await vi.waitFor(() => expect(textsOf(client)).toBeGreaterThan(0))
  client.sendType(MESSAGE.close)
  await elsewhere.handled()
  ada.write(ada.edit(setWord('drawn')))
  // Updates come in the order in which they were sent, whatever room they are of.
  await vi.waitFor(() => expect(wordsOf(elsewhere)).toEqual(['drawn']))
  expect(textsOf(client)).toBeLessThan(TEXTS)
})

test('a board on its way to many who read slowly takes no memory for each', async () => {
  const joiners: Array<Awaited<ReturnType<typeof comeSlowly>>> = []
  const before = process.memoryUsage().arrayBuffers
  for (let n = 0; n < 40; n++) {
    const { client, reader } = await comeSlowly()
    reader.readSlowly(5)
    await client.join(n % 2 === 0 ? room.viewerToken : room.editorToken)
    joiners.push({ client, reader })
  }
  await vi.waitFor(() => expect(joiners.every(({ client }) => textsOf(client) > 0)).toBe(true))
  for (const { reader } of joiners) reader.stop()
  // Their own documents are in this process too, but none has much yet.
  const [texts, grown] = [
    Math.max(...joiners.map(({ client }) => textsOf(client))),
    process.memoryUsage().arrayBuffers - before,
  ]
  expect(texts).toBeLessThan(TEXTS / 2)
  // What is on its way to each, in both ends of this process: a small part of the board's 20 MB.
  expect(grown / joiners.length).toBeLessThan(4 * 1024 * 1024)
})

test('heartbeats pass a board that is on its way, and come as whole messages of their own', async () => {
  const { client, reader } = await comeSlowly()
  reader.readSlowly(2)
  await client.join(room.editorToken)
  await vi.waitFor(() => expect(reader.frames.length).toBeGreaterThan(3))
  // One that comes while the system takes no more for this client is not answered; the next is.
  await vi.waitFor(() => {
    client.ping()
    expect(client.pongCount).toBeGreaterThan(0)
  })
  await vi.waitFor(() => expect(textsOf(client)).toBe(TEXTS))
  expect(client.isOpen).toBe(true)
})

test('who is removed while the board is built for what they drew has drawn nothing', async () => {
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const { user, accessToken } = await server.api.guest('Bob')
  await server.api.setMember(room.ownerToken, room.roomId, user.id, 'editor')
  const bob = await joinRoom(server, room.roomId, accessToken)
  const before = await store.load(roomIdSchema.parse(room.roomId))
  bob.write(bob.edit(setWord('first')))
  bob.write(bob.edit(setWord('second')))
  const path = `/api/v1/rooms/${room.roomId}/members/${user.id}`
  expect((await server.api.call('DELETE', path, { token: room.ownerToken })).status).toBe(204)
  expect(await bob.closed).toEqual({ code: 4403, reason: 'forbidden' })
  expect(bob.answers).toEqual([])
  const ada = await joinRoom(server, room.roomId, room.ownerToken)
  ada.write(ada.edit(setWord('after')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  expect(wordsOf(ada).filter((word) => ['first', 'second'].includes(word))).toEqual([])
  expect((await store.load(roomIdSchema.parse(room.roomId))).head).toBe(before.head + 1)
})

test('who asks for the board again and again, and reads nothing of it, is cut, too', async () => {
  const small = await openRoom(server)
  const ada = await joinRoom(server, small.roomId, small.ownerToken)
  ada.write(ada.edit(drawLarge(40_000)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const reader = new SlowReader()
  const client = new RawClient(server.syncUrl, small.roomId, reader.options)
  onTestFinished(() => client.terminate())
  // A viewer is sent nothing but what it asks for.
  await client.join(small.viewerToken)
  await vi.waitFor(() => expect(client.notices).toHaveLength(1))
  reader.stop()
  const isIn = async () => {
    const answer = await server.api.call('GET', `/api/v1/rooms/${small.roomId}`, { token: small.ownerToken })
    return ((await answer.json()) as { present: unknown[] }).present.length === 2
  }
  const stateVectorOfNothing = Uint8Array.of(SYNC.step1, 1, 0)
  let asked = 0
  for (; await isIn(); asked += 25) {
    expect(asked * 40_000).toBeLessThan(64 * 1024 * 1024)
    for (let n = 0; n < 25; n++) client.sendType(MESSAGE.sync, stateVectorOfNothing)
  }
  expect(asked * 40_000).toBeGreaterThan(512 * 1024)
  reader.goOn()
  expect((await client.closed).code).toBe(1006)
})

test('an edit that is itself larger than what may wait for a reader reaches everybody, and cuts nobody', async () => {
  const small = await openRoom(server)
  const [ada, ed] = [
    await joinRoom(server, small.roomId, small.ownerToken),
    await joinRoom(server, small.roomId, small.editorToken),
  ]
  ada.write(ada.edit(drawLarge(12_000_000)))
  ada.write(ada.edit(setWord('after it')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  await vi.waitFor(() => expect(wordsOf(ed)).toEqual(wordsOf(ada)))
  expect(ed.isOpen).toBe(true)
})

test('who lacks much of the board is sent just that, in pieces, and the board is not built for it', async () => {
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const { client } = await comeSlowly()
  await client.join(room.viewerToken)
  // The line is cut in the middle.
  await vi.waitFor(() => expect(textsOf(client)).toBeGreaterThan(TEXTS / 3), { interval: 1 })
  client.terminate()
  const had = textsOf(client)
  const reader = new SlowReader()
  const back = new RawClient(server.syncUrl, room.roomId, { ...reader.options, doc: client.doc })
  onTestFinished(() => back.terminate())
  await back.join(room.viewerToken)
  await vi.waitFor(() => expect(textsOf(back)).toBe(TEXTS))
  expect(had).toBeLessThan(TEXTS)
  expect(back.receivedBytes).toBeLessThan((TEXTS - had) * (TEXT_LENGTH + 100) + 500_000)
  expect(Math.max(...reader.frames.map(({ length }) => length))).toBeLessThan(PIECE_BYTES + 100)
})

test('whoever says that they have something of nobody is sent the board as it is stored, and no thread works for each', async () => {
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const works = (['cut', 'measure'] as const).map((name) => vi.spyOn(Compaction.prototype, name))
  onTestFinished(() => works.forEach((work) => work.mockRestore()))
  const askers = await Promise.all(
    [1, 2, 3].map(async (client) => {
      const { client: asker } = await comeSlowly()
      asker.sendToken(room.viewerToken)
      asker.askForMissing(Y.encodeStateVector(new Map([[client, 1]])))
      return asker
    }),
  )
  await vi.waitFor(() => expect(askers.map(textsOf)).toEqual(askers.map(() => TEXTS)))
  expect(works.map(({ mock }) => mock.calls.length)).toEqual([0, 1])
})

test('who lacks a few large things is sent just those, in pieces', async () => {
  const ada = await joinRoom(server, room.roomId, room.ownerToken)
  onTestFinished(() => ada.terminate())
  await vi.waitFor(() => expect(textsOf(ada)).toBe(TEXTS))
  // What she draws next follows on something that everybody has.
  ada.write(ada.edit(setWord('before them')))
  const away = new Y.Doc()
  Y.applyUpdate(away, Y.encodeStateAsUpdate(ada.doc))
  for (let n = 0; n < 6; n++) ada.write(ada.edit(writePlain(`large-${n}`, 'x'.repeat(50_000))))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(7))
  const sizes: number[] = []
  away.on('update', (update: Uint8Array) => sizes.push(update.length))
  const back = new RawClient(server.syncUrl, room.roomId, { doc: away })
  onTestFinished(() => back.terminate())
  await back.join(room.viewerToken)
  await vi.waitFor(() => expect(idsOf(back, 'large-')).toHaveLength(6))
  expect(Math.max(...sizes)).toBeLessThan(PIECE_BYTES + 100)
})

test('the first edits, of two people at once, wait until the board is built piece by piece, and come in order', async () => {
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(0))
  const cut = vi.spyOn(Compaction.prototype, 'cut')
  onTestFinished(() => cut.mockRestore())
  const [ed, ada] = [
    await joinRoom(server, room.roomId, room.editorToken),
    await joinRoom(server, room.roomId, room.ownerToken),
  ]
  await vi.waitFor(() => expect([textsOf(ed), textsOf(ada)]).toEqual([TEXTS, TEXTS]))
  const bytesBefore = ed.receivedBytes
  for (let n = 0; n < 5; n++) {
    ed.write(ed.edit(setWord(`ed ${n}`)))
    ada.write(ada.edit(setWord(`ada ${n}`)))
  }
  await vi.waitFor(() => expect([ed.answers, ada.answers]).toEqual(Array(2).fill(Array(5).fill('durable'))))
  for (const each of [ed, ada]) {
    await vi.waitFor(() => expect(wordsOf(each)).toEqual(expect.arrayContaining(['ed 4', 'ada 4', 'ed 0', 'ada 0'])))
  }
  // Written over what was on the board: this needs the board.
  const fifth = ({ doc }: RawClient) => doc.getMap<Y.Map<unknown>>('elements').get('text-5')
  ada.write(ada.edit(() => fifth(ada)?.set('words', 'changed')))
  await vi.waitFor(() => expect([ada.answers.at(-1), fifth(ed)?.get('words')]).toEqual(['durable', 'changed']))
  // It is stored in pieces: neither who joins nor who draws waits until it has been cut.
  expect(cut).not.toHaveBeenCalled()
  expect(ed.receivedBytes - bytesBefore).toBeLessThan(10_000)
})
