import * as encoding from 'lib0/encoding'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { heldBytes } from '../testing/held-bytes.ts'
import { startPlainHocuspocus } from '../testing/plain-hocuspocus.ts'
import { RawClient } from '../testing/raw-client.ts'
import { SlowReader } from '../testing/slow-reader.ts'
import { drawLarge, joinRoom, openRoom, removeWord, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const MB = 1024 * 1024
const HEARTBEAT_MS = 15_000
const PICTURE_BYTES = 50_000
/** More than the system's buffers hold between server and client. */
const PICTURES = 100

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ environment: { READER_STALL_SECONDS: '1' } })
})
afterAll(() => server.remove())

async function comeSlowly(roomId: string, token: string) {
  const reader = new SlowReader()
  const client = new RawClient(server.syncUrl, roomId, reader.options)
  onTestFinished(() => client.terminate())
  await client.join(token)
  await vi.waitFor(() => expect(client.step2Count).toBe(1))
  return { client, reader }
}

/** A cursor of one awareness client, at this clock. */
function cursor(clientId: number, clock: number): Uint8Array {
  return encoding.encode((encoder) => {
    for (const number of [1, clientId, clock]) encoding.writeVarUint(encoder, number)
    encoding.writeVarString(encoder, JSON.stringify({ pointer: clock }))
  })
}

/** Each picture takes the place of the one before, and there is a word with each, and one that goes. */
async function drawPictures(ada: RawClient): Promise<void> {
  const before = ada.answers.length
  for (let n = 0; n < PICTURES; n++) {
    ada.write(
      ada.edit((doc) =>
        doc.transact(() => {
          const elements = doc.getMap<Y.Map<unknown>>('elements')
          if (n === 0) elements.set('picture', new Y.Map())
          elements.get('picture')?.set('one', new Uint8Array(PICTURE_BYTES))
          setWord(`word ${n}`)(doc)
          removeWord(`word ${n - 1}`)(doc)
        }),
      ),
    )
    ada.sendAwareness(cursor(ada.doc.clientID, n + 1))
    // So that they are not all told in one.
    if (n % 5 === 0) await vi.waitFor(() => expect(ada.answers.length).toBeGreaterThan(before + n), { interval: 1 })
  }
}

test('twenty who do not read cannot have what is drawn pile up, and are sent what they lack at once when they do', async () => {
  const { roomId, ownerToken, editorToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  const bob = await joinRoom(server, roomId, editorToken)
  const { client, reader } = await comeSlowly(roomId, viewerToken)
  ada.write(ada.edit(setWord('to be deleted')))
  await vi.waitFor(() => expect(wordsOf(client)).toEqual(['to be deleted']))
  const others = await Promise.all(Array.from({ length: 19 }, () => comeSlowly(roomId, viewerToken)))
  for (const each of [reader, ...others.map((other) => other.reader)]) each.stop()
  const before = heldBytes()
  ada.write(ada.edit(removeWord('to be deleted')))
  await drawPictures(ada)
  await vi.waitFor(() => expect(wordsOf(bob)).toEqual(['picture', `word ${PICTURES - 1}`]))
  await vi.waitFor(() => expect(heldBytes() - before).toBeLessThan(24 * MB))
  const [received, cursors] = [client.receivedBytes, client.awarenessUpdates.length]
  reader.goOn()
  await vi.waitFor(() => expect(wordsOf(client)).toEqual(['picture', `word ${PICTURES - 1}`]))
  expect(Y.encodeStateVector(client.doc)).toEqual(Y.encodeStateVector(bob.doc))
  // What the system had taken for them by then, and one picture.
  expect(client.receivedBytes - received).toBeLessThan((PICTURES * PICTURE_BYTES) / 2)
  expect(client.awarenessUpdates.length - cursors).toBeLessThan(PICTURES / 2)
  await vi.waitFor(() => expect(Buffer.from(client.awarenessUpdates.at(-1) ?? []).toString()).toContain(`:${PICTURES}`))
  ada.write(ada.edit(setWord('and on')))
  await vi.waitFor(() => expect(wordsOf(client)).toContain('and on'))
  expect(client.isOpen).toBe(true)
})

test('who takes nothing for long is cut, also when they go on talking', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { client, reader } = await comeSlowly(roomId, viewerToken)
  reader.stop()
  await drawPictures(ada)
  let clock = 0
  const isIn = async () => {
    client.sendAwareness(cursor(client.doc.clientID, (clock += 1)))
    const room = await server.api.call('GET', `/api/v1/rooms/${roomId}`, { token: ownerToken })
    return ((await room.json()) as { present: unknown[] }).present.length === 2
  }
  const from = performance.now()
  while (await isIn()) vi.advanceTimersByTime(HEARTBEAT_MS)
  expect(performance.now() - from).toBeGreaterThan(1_000)
})

const BOARD_BYTES = MB / 2
const QUESTIONS = 300

/** Asks for the whole board again and again, and reads none of it. */
function askOnAndOn(client: RawClient, reader: SlowReader): void {
  reader.stop()
  for (let n = 0; n < QUESTIONS; n++) client.askForMissing(Uint8Array.of(0))
}

test('who asks 300 times for the whole board and reads nothing cannot have the answers pile up', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  ada.write(ada.edit(drawLarge(BOARD_BYTES)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const { client, reader } = await comeSlowly(roomId, viewerToken)
  const before = heldBytes()
  askOnAndOn(client, reader)
  for (let n = 0; n < 50; n++) {
    ada.write(ada.edit(setWord(`word ${n}`)))
    await vi.waitFor(() => expect(ada.answers).toHaveLength(2 + n), { interval: 1 })
  }
  await vi.waitFor(() => expect(heldBytes() - before).toBeLessThan(8 * MB))
})

test('the same, control: a plain Hocuspocus keeps all the answers', async () => {
  const { join } = await startPlainHocuspocus()
  const ada = await join('control')
  ada.write(ada.edit(drawLarge(BOARD_BYTES)))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const reader = new SlowReader()
  const client = await join('control', undefined, reader.options)
  await vi.waitFor(() => expect(client.step2Count).toBe(1))
  const before = heldBytes()
  askOnAndOn(client, reader)
  await vi.waitFor(() => expect(heldBytes() - before).toBeGreaterThan(64 * MB), { timeout: 20_000 })
})

test('slow readers cannot each hold a copy of the board as it was when they came', async () => {
  const { roomId, ownerToken, viewerToken } = await openRoom(server)
  const ada = await joinRoom(server, roomId, ownerToken)
  for (let n = 0; n < 24; n++) ada.write(ada.edit(drawLarge(MB / 2, `part-${n}`)))
  await vi.waitFor(() => expect(ada.answers).toHaveLength(24))
  const readers: Array<{ client: RawClient; reader: SlowReader }> = []
  for (let n = 0; n < 3; n++) {
    // What is large is cut for whoever comes next, and with it the board is put together anew.
    ada.write(ada.edit(drawLarge(100_000, `more-${n}`)))
    await vi.waitFor(() => expect(ada.answers).toHaveLength(25 + n))
    const reader = new SlowReader()
    const client = new RawClient(server.syncUrl, roomId, reader.options)
    onTestFinished(() => client.terminate())
    reader.readSlowly(50)
    await client.join(viewerToken)
    await vi.waitFor(() => expect(client.receivedBytes).toBeGreaterThan(MB / 2))
    readers.push({ client, reader })
  }
  for (const { reader } of readers) reader.goOn()
  const outcomeOf = async ({ client }: { client: RawClient }) => {
    const whole = vi.waitUntil(() => client.step2Count === 1, { timeout: 30_000 }).then(() => 'all of it')
    return await Promise.race([client.closed.then(({ code }) => code), whole])
  }
  const outcomes = await Promise.all(readers.map(outcomeOf))
  expect(outcomes).toEqual([4503, 'all of it', 'all of it'])
  // With what they had by then, they come back for the rest.
  const { doc, receivedBytes } = readers[0]?.client ?? ada
  const back = new RawClient(server.syncUrl, roomId, { doc })
  onTestFinished(() => back.terminate())
  await back.join(viewerToken)
  await vi.waitFor(() => expect(wordsOf(back)).toEqual(wordsOf(ada)))
  expect(back.receivedBytes).toBeLessThan(12.5 * MB - receivedBytes + MB)
})
