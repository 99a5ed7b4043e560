import { mkdtemp } from 'node:fs/promises'
import { readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { KIND } from '../core/gate/read-content.ts'
import { Bystander } from '../testing/bystander.ts'
import { craft, craftStateVector, element, ENDLESS, value, type CraftedClient } from '../testing/crafted-update.ts'
import { startPlainHocuspocus } from '../testing/plain-hocuspocus.ts'
import { RawClient } from '../testing/raw-client.ts'
import { drawLarge, joinRoom, openRoom, overwrite, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

/*
 * What whoever holds a link may send, by any program: one test for each kind that was seen to do harm. Where it can be, the
 * same is sent to a Hocuspocus as it is shipped, which shows that the test can fail. All the while, somebody draws in another
 * room, and must not notice.
 */

/** Others use this machine, too. */
const FLOOR_MS = 1_000

let server: TestServer
let bystander: Bystander
let quietMs: number
/** Whether somebody is at it now: a control stops the process that all this runs in. */
let isUnderAttack = false

beforeAll(async () => {
  server = await startTestServer()
  await watchAnotherRoom()
})
afterEach(() => (isUnderAttack ? expectNobodyElseToNotice() : undefined))
afterAll(() => server.remove())

async function watchAnotherRoom(): Promise<void> {
  const { roomId, ownerToken } = await openRoom(server)
  const client = new RawClient(server.syncUrl, roomId)
  await client.join(ownerToken)
  await vi.waitFor(() => expect(client.step1Count).toBe(1))
  bystander = new Bystander(client)
  // The first edits of a process take long.
  await vi.waitFor(() => expect(bystander.answered).toBeGreaterThan(20))
  bystander.takeP99()
  await vi.waitFor(() => expect(bystander.answered).toBeGreaterThan(50), { timeout: 10_000 })
  quietMs = bystander.takeP99()
}

async function expectNobodyElseToNotice(): Promise<void> {
  isUnderAttack = false
  await vi.waitFor(() => expect(bystander.answered).toBeGreaterThan(5))
  expect(bystander.takeP99(), 'of somebody in another room').toBeLessThan(Math.max(5 * quietMs, FLOOR_MS))
}

/** A board on which Ada has drawn, and Eve may draw. */
async function openBoard() {
  const room = await openRoom(server)
  const [ada, eve] = [
    await joinRoom(server, room.roomId, room.ownerToken),
    await joinRoom(server, room.roomId, room.editorToken),
  ]
  ada.write(ada.edit(setWord('before')))
  await vi.waitFor(() => expect([ada.answers, wordsOf(eve)]).toEqual([['durable'], ['before']]))
  bystander.takeP99()
  isUnderAttack = true
  return { ...room, ada, eve }
}

/** The same on a Hocuspocus. */
async function openControl() {
  const { join } = await startPlainHocuspocus()
  const [ada, eve] = [await join('control'), await join('control')]
  ada.write(ada.edit(setWord('before')))
  await vi.waitFor(() => expect([ada.answers, wordsOf(eve)]).toEqual([['durable'], ['before']]))
  return { ada, eve, join }
}

/** What somebody new, or a server that begins anew, makes of the board. */
async function newcomerSees(roomId: string, token: string): Promise<string[]> {
  const newcomer = await joinRoom(server, roomId, token)
  await vi.waitFor(() => expect(newcomer.step2Count).toBeGreaterThan(0))
  const words = wordsOf(newcomer)
  newcomer.terminate()
  return words
}

/** Sends it, and waits until it was answered or has ended the connection. */
async function send(client: RawClient, update: Uint8Array): Promise<void> {
  const before = client.answers.length
  client.write(update)
  await vi.waitFor(() => expect(client.answers.length > before || !client.isOpen).toBe(true), { timeout: 30_000 })
}

test.for<[string, Uint8Array]>([
  ['eight bytes with a collected struct of no length', Uint8Array.of(1, 1, 0xe1, 0x3c, 0, 0, 0, 0)],
  ['twelve bytes that delete nothing', craft([], [[1, [0, 0]]])],
  ['a struct that refers to a later one', craft([[7, 0, { kind: KIND.any, any: [1], origin: [7, 3] }]])],
  ['the first of two updates that Yjs merges without end', ENDLESS[0]],
  ['the second of these', ENDLESS[1]],
])('1: %s do not brick a board', async ([, poison]) => {
  const { roomId, ownerToken, ada, eve } = await openBoard()
  await send(eve, poison)
  expect(await eve.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  ada.write(ada.edit(setWord('after')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['after', 'before'])
})

test('1, control: a plain Hocuspocus acknowledges the eight bytes, and nobody can open the board any more', async () => {
  const { eve, join } = await openControl()
  await send(eve, Uint8Array.of(1, 1, 0xe1, 0x3c, 0, 0, 0, 0))
  expect(eve.answers.at(-1)).toBe('durable')
  const faults: string[] = []
  await join('control', (newcomer) => (newcomer.onFault = (fault) => faults.push(String(fault))))
  await vi.waitFor(() => expect(faults).toEqual(['Error: Unexpected case']))
})

/** Seven bytes that say that 33,554,431 structs follow: as many as V8 sets room aside for. */
const ABSURD = Uint8Array.of(1, 0xff, 0xff, 0xff, 0x0f, 7, 0)

test('sixty updates of seven bytes with an absurd length stop nobody', async () => {
  const { roomId, ownerToken, editorToken, ada } = await openBoard()
  for (let n = 0; n < 3; n++) {
    const socket = new RawClient(server.syncUrl, roomId)
    const stays = Array.from({ length: 20 }, (_, stay) => {
      return new RawClient(server.syncUrl, `${roomId}\0${stay}`, { shared: socket })
    })
    for (const stay of stays) await stay.join(editorToken)
    await vi.waitFor(() => expect(stays.every(({ step1Count }) => step1Count > 0)).toBe(true))
    for (const stay of stays) stay.write(ABSURD)
    expect(await socket.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  }
  ada.write(ada.edit(setWord('after')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['after', 'before'])
})

test('the same, control: a plain Hocuspocus stands at each of these seven bytes', async () => {
  const { eve } = await openControl()
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  onTestFinished(() => printed.mockRestore())
  const tookMs = async (update: Uint8Array) => {
    const began = performance.now()
    eve.write(update)
    await eve.handled()
    return performance.now() - began
  }
  // Half a second or more, each: sixty of them come to as many as these.
  expect(await tookMs(ABSURD)).toBeGreaterThan(5 * (await tookMs(eve.edit(drawLarge(1_000)))))
})

/** Updates of a kilobyte each, that all build on something that nobody has. */
const dangling = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    craft([
      [7, 1 + 2 * n, element(`e${n}`)],
      [9_000 + n, 1, { kind: KIND.binary, binary: new Uint8Array(1_000), parent: 'elements', key: 'x' }],
    ]),
  )

test('1,500 updates that lack what they build on wait nowhere, and nobody is sent any of them', async () => {
  const { roomId, ownerToken, ada, eve } = await openBoard()
  for (const update of dangling(1_500)) eve.write(update)
  await vi.waitFor(() => expect(eve.answers).toHaveLength(1_500))
  expect(new Set(eve.answers)).toEqual(new Set(['refused']))
  // With the one at the beginning: with pauses that grow, however many come. See `asking-again.test.ts`.
  expect(eve.step1Count).toBeLessThan(5)
  ada.write(ada.edit(setWord('after')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  const newcomer = await joinRoom(server, roomId, ownerToken)
  await vi.waitFor(() => expect(wordsOf(newcomer)).toEqual(['after', 'before']))
  expect(newcomer.receivedBytes).toBeLessThan(10_000)
})

test('the same, control: a plain Hocuspocus acknowledges such updates, and sends all of them to whoever joins', async () => {
  const { eve, join } = await openControl()
  for (const update of dangling(300)) eve.write(update)
  await vi.waitFor(() => expect(eve.answers).toHaveLength(300))
  expect(new Set(eve.answers)).toEqual(new Set(['durable']))
  const newcomer = await join('control')
  await vi.waitFor(() => expect(newcomer.receivedBytes).toBeGreaterThan(300_000))
  expect(wordsOf(newcomer)).toEqual(['before'])
})

/** Two megabytes of root types, and clients that each write one key of one map: seconds of work for Yjs. */
const roots = (count: number) =>
  craft([[7, 0, ...Array.from({ length: count }, (_, n) => value(`r${n.toString(36)}`, 'k', 1))]])
const crowd = (count: number) =>
  craft(Array.from({ length: count }, (_, n): CraftedClient => [10 + n, 0, value('meta', 'k', 1)]))

test.for<[string, Uint8Array]>([
  ['160,000 root types', roots(160_000)],
  ['90,000 root types', roots(90_000)],
  ['80,000 clients that write one key', crowd(80_000)],
  ['4,000 clients that write one key', crowd(4_000)],
  ['a million structs', craft([[7, 0, ...Array.from({ length: 1_000_000 }, () => ({ kind: KIND.gc, length: 1 }))]])],
])('2 and 5: %s in one frame cost their sender an answer, and nobody anything', async ([, heavy]) => {
  const { roomId, ownerToken, ada, eve } = await openBoard()
  await send(eve, heavy)
  expect(eve.answers).toEqual(['refused'])
  expect(eve.notices.at(-1)).toMatchObject({ type: 'refused' })
  ada.write(ada.edit(setWord('after')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['after', 'before'])
})

test('2, control: on a plain Hocuspocus, far fewer root types stand in everybody’s way', async () => {
  const { eve } = await openControl()
  const began = performance.now()
  await send(eve, roots(1_000))
  const few = performance.now() - began
  const again = performance.now()
  await send(eve, craft([[8, 0, ...Array.from({ length: 16_000 }, (_, n) => value(`s${n}`, 'k', 1))]]))
  expect(eve.answers.at(-1)).toBe('durable')
  // Sixteen times as many, and far more than sixteen times as long.
  expect(performance.now() - again).toBeGreaterThan(20 * Math.max(1, Math.min(few, 20)))
})

/** What Ada draws while she is away, under clocks at which somebody else has written meanwhile. */
function forge(ada: RawClient): Uint8Array {
  const clock = Y.getState(ada.doc.store, ada.doc.clientID)
  return craft([[ada.doc.clientID, clock, ...Array.from({ length: 60 }, (_, n) => element(`forged-${n}`))]])
}

test('3: nobody writes under somebody else’s Yjs client while they are away, and what they drew is there', async () => {
  const { roomId, ownerToken, ada, eve } = await openBoard()
  ada.terminate()
  await ada.closed
  await send(eve, forge(ada))
  expect(eve.told.slice(-2)).toMatchObject([{ type: 'refused', reason: 'foreign_client' }, 'refused'])
  ada.edit(setWord('while away'))
  const back = new RawClient(server.syncUrl, roomId, { doc: ada.doc })
  onTestFinished(() => back.terminate())
  back.onStep1 = (stateVector) => back.write(Y.encodeStateAsUpdate(back.doc, stateVector), 'step2')
  await back.join(ownerToken)
  await vi.waitFor(() => expect(back.answers).toEqual(['durable']))
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['before', 'while away'])
})

test('3, control: on a plain Hocuspocus, Ada is told that it is saved, and nobody else has it', async () => {
  const { ada, eve, join } = await openControl()
  ada.terminate()
  await ada.closed
  await send(eve, forge(ada))
  expect(eve.answers.at(-1)).toBe('durable')
  const update = ada.edit(setWord('while away'))
  const back = await join('control')
  await send(back, update)
  expect([back.answers.at(-1), wordsOf(eve).includes('while away')]).toEqual(['durable', false])
})

test('3: one Yjs client id is not two people’s, whoever was first, and after a restart of the room, too', async () => {
  const { roomId, ownerToken, editorToken, ada, eve } = await openBoard()
  const other = new Y.Doc()
  other.clientID = ada.doc.clientID
  setWord('impostor')(other)
  await send(eve, Y.encodeStateAsUpdate(other))
  // All of it is "known", by its clocks alone. Somebody who has the other's drawing, and sends it again, does no harm.
  expect(Y.getState(other.store, other.clientID)).toBe(Y.getState(ada.doc.store, ada.doc.clientID))
  await send(eve, Y.encodeStateAsUpdate(ada.doc))
  expect(eve.answers).toEqual(['refused', 'durable'])
  for (const client of [ada, eve]) client.terminate()
  // The bystander's stays.
  await vi.waitFor(() => expect(server.app.roomCount()).toBe(1), { timeout: 20_000 })
  const again = await joinRoom(server, roomId, editorToken)
  await send(again, forge(ada))
  expect(again.answers).toEqual(['refused'])
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['before'])
})

test('4: updates that do not integrate, one after the other, never cost the room anything', async () => {
  const { roomId, ownerToken, editorToken, ada } = await openBoard()
  const breaking = craft([[7, 0, { kind: KIND.deleted, length: 0, parent: 'elements', key: 'a' }]])
  for (let n = 0; n < 10; n++) {
    const eve = await joinRoom(server, roomId, editorToken)
    eve.write(breaking)
    expect((await eve.closed).code).toBe(4403)
    ada.write(ada.edit(setWord(`word-${n}`)))
    await vi.waitFor(() => expect(ada.answers).toHaveLength(2 + n))
  }
  expect([ada.isOpen, new Set(ada.answers)]).toEqual([true, new Set(['durable'])])
  expect(await newcomerSees(roomId, ownerToken)).toHaveLength(11)
})

test.for<[string, Uint8Array]>([
  ['20,000 maps within maps', nestedMaps(20_000)],
  [
    '90,000 empty types',
    craft([[7, 0, ...Array.from({ length: 90_000 }, (_, n) => ({ ...element(`e${n}`), type: 0 }))]]),
  ],
  ['a document in a document', craft([[7, 0, { kind: 9, parent: 'elements', key: 'a' }]])],
  ['an element under the name of every object’s prototype', craft([[7, 0, element('__proto__')]])],
  [
    '99,000 empty maps, about as many structs as a message takes',
    craft([[7, 0, ...Array.from({ length: 99_000 }, (_, n) => element(`e${n}`))]]),
  ],
])('5: %s are refused', async ([, update]) => {
  const { roomId, ownerToken, eve } = await openBoard()
  await send(eve, update)
  expect(eve.answers).toEqual(['refused'])
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['before'])
})

function nestedMaps(depth: number): Uint8Array {
  const maps = Array.from({ length: depth }, (_, n) => ({ ...element('in'), parent: [7, n] as const }))
  return craft([[7, 0, element('outer'), ...maps]])
}

test('5, control: on a plain Hocuspocus, nobody can read the board after maps within maps, or trusts what they read', async () => {
  const { ada, eve } = await openControl()
  await send(eve, craft([[8, 0, element('__proto__')]]))
  await vi.waitFor(() => expect(ada.doc.getMap('elements').has('__proto__')).toBe(true))
  expect(Object.getPrototypeOf(ada.doc.getMap('elements').toJSON())).not.toBe(Object.prototype)
  await send(eve, nestedMaps(10_000))
  expect(eve.answers).toEqual(['durable', 'durable'])
  await vi.waitFor(() => expect(ada.doc.getMap('elements').has('outer')).toBe(true))
  expect(() => ada.doc.getMap('elements').toJSON()).toThrow(RangeError)
})

const HOLED = craft([
  [7, 0, element('whole'), { kind: KIND.skip, length: 2 }, element('behind-the-gap')],
  [8, 0, { kind: KIND.gc, length: 5 }],
])

test('6: of an update that leaves a gap, nothing is applied, stored or told', async () => {
  const { roomId, ownerToken, ada, eve } = await openBoard()
  await send(eve, HOLED)
  expect(eve.told.slice(-2)).toMatchObject([{ type: 'refused', reason: 'missing_dependencies' }, 'refused'])
  await vi.waitFor(() => expect(eve.step1Count).toBeGreaterThan(1))
  ada.write(ada.edit(setWord('after')))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable', 'durable']))
  expect(wordsOf(ada)).toEqual(['after', 'before'])
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['after', 'before'])
})

test('6, control: a plain Hocuspocus acknowledges it, and has a part of it', async () => {
  const { ada, eve } = await openControl()
  await send(eve, HOLED)
  expect(eve.answers).toEqual(['durable'])
  await vi.waitFor(() => expect(wordsOf(ada)).toEqual(['before', 'whole']))
})

test('7: a state vector that names far more clients than have ever drawn here is not read', async () => {
  const { roomId, ownerToken, viewerToken, ada } = await openBoard()
  const viewer = await joinRoom(server, roomId, viewerToken)
  viewer.askForMissing(craftStateVector(200_000))
  expect(await viewer.closed).toEqual({ code: 4403, reason: 'malformed_update' })
  expect(ada.isOpen).toBe(true)
  expect(await newcomerSees(roomId, ownerToken)).toEqual(['before'])
})

const MB = 1024 * 1024

/** What the files of a directory take, in bytes. */
const sizeOf = (directory: string) =>
  readdirSync(directory).reduce((sum, name) => sum + statSync(joinPath(directory, name)).size, 0)

test('12: one key that is written over and over cannot fill the disk faster than its writer’s allowance', async () => {
  const dataDir = await mkdtemp(joinPath(tmpdir(), 'sketchroom-'))
  // The first is an eighth of the default, so that it is used up sooner; the second is the default.
  const [atOnce, perSecond] = [4 * MB, MB]
  const own = await startTestServer({ dataDir, environment: { BYTES_AT_ONCE: `${atOnce}` } })
  onTestFinished(() => own.remove())
  const { roomId, ownerToken, editorToken } = await openRoom(own)
  const [ada, eve] = [await joinRoom(own, roomId, ownerToken), await joinRoom(own, roomId, editorToken)]
  const began = performance.now()
  for (let n = 0; n < 12; n++) eve.write(eve.edit(overwrite(MB - 1_000)))
  await vi.waitFor(() => expect(eve.answers.length).toBeGreaterThan(atOnce / MB), { timeout: 20_000 })
  // Others draw on, while all of it would have been stored.
  for (let n = 0; n < 20; n++) {
    ada.write(ada.edit(setWord(`between ${n}`)))
    await vi.waitFor(() => expect(ada.answers).toHaveLength(n + 1), { interval: 5 })
  }
  // What is written stands in the log, and in the database; and the last may overdraw.
  const allowed = 2 * (atOnce + MB + (perSecond * (performance.now() - began)) / 1_000)
  expect(sizeOf(dataDir)).toBeLessThan(allowed)
  expect(new Set(eve.answers)).toEqual(new Set(['durable']))
  // More than a value may take is not stored at all.
  const bob = await joinRoom(own, roomId, ownerToken)
  await send(bob, bob.edit(overwrite(5 * MB)))
  expect(bob.told.slice(-2)).toMatchObject([{ reason: 'invalid_content' }, 'refused'])
})

test('12, control: a plain Hocuspocus takes a key of ten megabytes as often as it is written', async () => {
  const { eve } = await openControl()
  for (let n = 0; n < 2; n++) await send(eve, eve.edit(overwrite(10 * MB)))
  expect(eve.answers).toEqual(['durable', 'durable'])
})
