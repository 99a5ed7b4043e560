import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import { RoomBytes } from '../core/documents/room-bytes.ts'
import { readUpdate } from '../core/gate/read-update.ts'
import { Refusal } from '../core/gate/refusal.ts'
import { createRandom } from '../faults/seeded-random.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import { Bystander } from '../testing/bystander.ts'
import { HostileUpdates } from '../testing/hostile-updates.ts'
import { RawClient } from '../testing/raw-client.ts'
import { joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

/*
 * What `core/gate/fuzz.test.ts` does to the gate, to a whole server: nearly sound updates, frames and cursors from somebody
 * who may draw, beside somebody who draws on the same board and somebody elsewhere. `FUZZ_SEED=…` makes the same ones;
 * `FUZZ_SECONDS=1800` goes on for that long.
 */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 5)
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
const AT_ONCE = 25
const NEWCOMER_EVERY = 5
/** Then they go on with another board: this one gets full. */
const ROUNDS_PER_BOARD = 1_000

let server: TestServer
let store: DocumentStore
beforeAll(async () => {
  // Its clock stands: a token lasts for ten minutes.
  const startedAt = Date.now()
  server = await startTestServer({
    environment: {
      MESSAGES_PER_SECOND: '100000',
      MESSAGES_AT_ONCE: '1000000',
      // Half an hour of it is more than a day of drawing.
      DAILY_BYTES_PER_USER: '1000000000000',
    },
    now: () => startedAt,
    wrapDocumentStore: (inner) => (store = inner),
  })
})
afterAll(() => server.remove())

const drawingOf = ({ doc }: { readonly doc: Y.Doc }) => doc.getMap('elements').toJSON()

function isMalformed(update: Uint8Array): boolean {
  try {
    readUpdate(update)
    return false
  } catch (error) {
    return error instanceof Refusal && error.reason === 'malformed_update'
  }
}

/** Resolves when so many writes have their answers, or the connection has ended: all of them have been judged by then. */
async function answered(client: RawClient, writes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => client.answers.length >= writes && resolve()
  client.onAnswer = look
  look()
  await Promise.race([promise, client.closed])
}

/** Draws a word, and resolves with whether that is durable, or with why not. */
async function draw(client: RawClient, n: number): Promise<unknown> {
  client.write(client.edit(setWord(`ada-${n % 50}`)))
  await answered(client, client.answers.length + 1)
  if (!client.isOpen) return 'closed'
  return client.answers.at(-1) === 'durable' ? 'durable' : client.notices.at(-1)
}

/** Lets somebody in, whom nothing holds on to when they are gone: thousands come in half an hour. */
async function comeIn(roomId: string, token: string): Promise<RawClient> {
  const client = new RawClient(server.syncUrl, roomId)
  await client.join(token)
  await vi.waitFor(() => expect(client.notices.some(({ type }) => type === 'role')).toBe(true))
  return client
}

/** A board as it is stored. */
async function readStored(roomId: string): Promise<Y.Doc> {
  const doc = new Y.Doc()
  const { parts } = new RoomBytes(await store.load(roomIdSchema.parse(roomId)))
  for (const part of parts) Y.applyUpdate(doc, part)
  return doc
}

/** What came of it all. */
interface Counts {
  boards: number
  sent: number
  durable: number
  refused: number
  ended: number
  slowestMs: number
}

/** Somebody sends anything to one board, while its owner draws there and others come, until a time in milliseconds. */
async function attack(random: () => number, until: number, counts: Counts): Promise<void> {
  const { roomId, ownerToken, editorToken } = await openRoom(server)
  const ada = await comeIn(roomId, ownerToken)
  await draw(ada, 1)
  const updates = new HostileUpdates(random, [ada.doc.clientID, 77, 78, 999])
  let eve: RawClient | undefined
  for (let round = 0; round < ROUNDS_PER_BOARD && performance.now() < until; round++) {
    const where = `seed ${SEED}, board ${counts.boards}, round ${round}`
    if (!eve?.isOpen) eve = await comeIn(roomId, editorToken)
    let writes = 0
    for (let n = 0; n < AT_ONCE; n++) {
      const update = updates.next(ada.doc)
      const what = random()
      // Most of those would end the connection, with all that was sent behind them.
      if (isMalformed(update) && what > 0.01) continue
      if (what < 0.998) {
        writes += 1
        eve.write(update, what < 0.1 ? 'step2' : 'update')
      } else if (what < 0.9985) eve.sendAwareness(update)
      else if (what < 0.999) eve.askForMissing(update)
      else eve.sendType([MESSAGE.sync, MESSAGE.stateless, MESSAGE.queryAwareness][n % 3] ?? 0, update)
      counts.sent += 1
    }
    // What comes after Ada's next word may take that away, as anybody may who draws here.
    await answered(eve, writes)
    const began = performance.now()
    expect(await draw(ada, round), where).toBe('durable')
    counts.slowestMs = Math.max(counts.slowestMs, Math.round(performance.now() - began))
    if (!eve.isOpen) counts.ended += 1
    for (const answer of eve.answers.splice(0)) counts[answer] += 1
    if (round % NEWCOMER_EVERY > 0) continue
    const newcomer = await comeIn(roomId, ownerToken)
    await expectSame(newcomer, ada, where)
    // The last: an earlier one may have been taken away.
    expect(wordsOf(newcomer), where).toContain(`ada-${round % 50}`)
    newcomer.terminate()
  }
  const where = `seed ${SEED}, board ${counts.boards}, in the end`
  const newcomer = await comeIn(roomId, ownerToken)
  await expectSame(newcomer, ada, where)
  // All of it was acknowledged.
  expect(isDeepStrictEqual(drawingOf({ doc: await readStored(roomId) }), drawingOf(ada)), where).toBe(true)
  for (const client of [eve, ada, newcomer]) client?.terminate()
  counts.boards += 1
}

/** Waits until two see the same. */
async function expectSame(newcomer: RawClient, other: RawClient, where: string): Promise<void> {
  const isSame = () => isDeepStrictEqual(drawingOf(newcomer), drawingOf(other))
  await vi
    .waitFor(() => expect(isSame(), where).toBe(true), { timeout: 20_000 })
    .catch((error: unknown) => {
      const lacks = (one: RawClient, two: RawClient) =>
        Y.encodeStateAsUpdate(two.doc, Y.encodeStateVector(one.doc)).length
      console.log(`${where}: lack of each other: ${lacks(newcomer, other)} and ${lacks(other, newcomer)} bytes`)
      throw error
    })
}

test(
  'whatever somebody sends who may draw, the board loads, others draw on, and nothing stalls',
  { timeout: (SECONDS + 90) * 1_000 },
  async () => {
    const random = createRandom(SEED)
    const elsewhere = await openRoom(server)
    const bystander = new Bystander(await joinRoom(server, elsewhere.roomId, elsewhere.ownerToken))
    await vi.waitFor(() => expect(bystander.answered).toBeGreaterThan(20))
    const quiet = bystander.takeP99()
    const counts: Counts = { boards: 0, sent: 0, durable: 0, refused: 0, ended: 0, slowestMs: 0 }
    const until = performance.now() + SECONDS * 1_000
    while (performance.now() < until) await attack(random, until, counts)
    const busy = bystander.takeP99()
    console.log(
      `seed ${SEED}: ${JSON.stringify(counts)}; elsewhere p99 ${Math.round(quiet)} ms quiet, ${Math.round(busy)} ms`,
    )
    expect(busy).toBeLessThan(Math.max(5 * quiet, 1_000))
    expect(counts.durable).toBeGreaterThan(counts.sent / 100)
    expect(counts.refused).toBeGreaterThan(counts.sent / 100)
  },
)
