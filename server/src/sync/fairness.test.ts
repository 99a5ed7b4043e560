import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AUTH, MESSAGE, SYNC } from '@sketchroom/shared/protocol/frames'
import * as encoding from 'lib0/encoding'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { clientFrame, RawConnection } from '../testing/flood.ts'
import { findFreePort } from '../testing/free-port.ts'
import { RawClient } from '../testing/raw-client.ts'
import { removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { joinRoom, openRoom, setWord } from '../testing/test-room.ts'
import { ApiCaller, startTestServer } from '../testing/test-server.ts'

const SOCKETS = 4
const UPDATES = 2_000
/** An answer waits for its commit, of which there is one in 50 ms when much is written; and others use this machine, too. */
const FLOOR_MS = 400

let dataDir: string
let server: ServerProcess
let place: { api: ApiCaller; syncUrl: string }

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  const port = await findFreePort()
  // Without a bound on what one person may send: that they take turns is enough.
  server = await ServerProcess.start(port, dataDir, { MESSAGES_AT_ONCE: '100000' })
  place = { api: new ApiCaller(`http://127.0.0.1:${port}`), syncUrl: `ws://127.0.0.1:${port}/sync` }
})
afterAll(async () => {
  await server.end('SIGKILL')
  await removeServerData(dataDir)
})

function message(roomId: string, type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarString(encoder, roomId)
    encoding.writeVarUint(encoder, type)
    write(encoder)
  })
}

/** So many tiny edits, each of which builds on the one before, as the bytes of a client's frames. */
function tinyEdits(doc: Y.Doc, roomId: string, count: number): Buffer {
  const frames: Buffer[] = []
  doc.on('update', (update: Uint8Array) => {
    const edit = message(roomId, MESSAGE.sync, (encoder) => {
      encoding.writeVarUint(encoder, SYNC.update)
      encoding.writeVarUint8Array(encoder, update)
    })
    frames.push(clientFrame(edit))
  })
  const element = new Y.Map<unknown>([['n', 0]])
  doc.getMap('elements').set(`e${doc.clientID}`, element)
  for (let n = 1; n < count; n++) element.set('n', n)
  return Buffer.concat(frames)
}

/** How far those have come who send tiny edits. */
function reached(doc: Y.Doc): unknown[] {
  const elements = [...doc.getMap<Y.Map<unknown>>('elements').values()]
  return elements.map((element) => element.get('n')).filter((n) => n !== undefined)
}

/** How long an edit takes until it is durable, of the slowest in a hundred. */
function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? Infinity
}

/** Draws one edit after the other, for as long as it is asked to, and answers how long each took. */
async function draw(client: RawClient, goesOn: (count: number) => boolean): Promise<number[]> {
  const times: number[] = []
  while (goesOn(times.length)) {
    const answered = new Promise<void>((resolve) => (client.onAnswer = () => resolve()))
    const at = performance.now()
    client.write(client.edit(setWord(`bystander-${times.length % 10}`)))
    await answered
    times.push(performance.now() - at)
  }
  return times
}

/** Somebody who has joined, sends as fast as the line takes it, and reads of what comes only the answers. */
async function flooder(roomId: string, token: string) {
  const connection = new RawConnection()
  const socket = new WebSocket(place.syncUrl, connection.options)
  onTestFinished(() => socket.terminate())
  const answers: number[] = []
  let isIn = false
  socket.on('message', (data: Buffer) => {
    const [type, answer] = data.subarray(1 + roomId.length)
    if (type === MESSAGE.stateless) isIn = true
    if (type === MESSAGE.syncStatus) answers.push(answer ?? 0)
  })
  await once(socket, 'open')
  socket.send(
    message(roomId, MESSAGE.auth, (encoder) => {
      encoding.writeVarUint(encoder, AUTH.token)
      encoding.writeVarString(encoder, token)
    }),
  )
  const bytes = tinyEdits(new Y.Doc(), roomId, UPDATES)
  await vi.waitFor(() => expect(isIn).toBe(true))
  return { answers, flood: () => connection.write(bytes) }
}

test(
  'who floods a room from four sockets cannot make others wait, there or elsewhere, and nothing of the flood is lost',
  { timeout: 60_000 },
  async () => {
    const [flooded, other] = [await openRoom(place), await openRoom(place)]
    const bystanders = [
      await joinRoom(place, flooded.roomId, flooded.ownerToken),
      await joinRoom(place, other.roomId, other.ownerToken),
    ]
    const flooders = await Promise.all(
      Array.from({ length: SOCKETS }, () => flooder(flooded.roomId, flooded.editorToken)),
    )
    const quiet = await Promise.all(bystanders.map((each) => draw(each, (count) => count < 100)))
    const flooding = Promise.all(flooders.map(({ flood }) => flood()))
    const isUnderWay = () => flooders.some(({ answers }) => answers.length < UPDATES)
    const busy = await Promise.all(bystanders.map((each) => draw(each, isUnderWay)))
    await flooding
    for (const [index, times] of busy.entries()) {
      expect(times.length).toBeGreaterThan(5)
      expect(p99(times)).toBeLessThan(Math.max(FLOOR_MS, 5 * p99(quiet[index] ?? [])))
    }
    // One that came before its turn would have been refused for what it builds on.
    for (const { answers } of flooders) expect(new Set(answers)).toEqual(new Set([1]))
    const doc = bystanders[0]?.doc as Y.Doc
    await vi.waitFor(() => expect(reached(doc).filter((n) => n === UPDATES - 1)).toHaveLength(SOCKETS))
  },
)

test('who sends more than a person may waits, is told so, and is sent away; what came before that is stored', async () => {
  const slow = await startTestServer({
    environment: {
      MESSAGES_PER_SECOND: '100',
      MESSAGES_AT_ONCE: '50',
      WAITING_MESSAGES: '10',
      TOO_FAST_TELL_SECONDS: '1',
      TOO_FAST_CLOSE_SECONDS: '2',
    },
  })
  onTestFinished(() => slow.remove())
  const { roomId, ownerToken, editorToken } = await openRoom(slow)
  const ada = await joinRoom(slow, roomId, ownerToken)
  const connection = new RawConnection()
  const eve = new RawClient(slow.syncUrl, roomId, connection.options)
  onTestFinished(() => eve.terminate())
  await eve.join(editorToken)
  await vi.waitFor(() => expect(eve.step1Count).toBe(1))
  void connection.write(tinyEdits(new Y.Doc(), roomId, 5_000))
  await vi.waitFor(() => expect(eve.notices).toContainEqual({ type: 'too_fast' }), { timeout: 5_000 })
  expect(eve.isOpen).toBe(true)
  expect(await eve.closed).toEqual({ code: 4529, reason: 'rate_limited' })
  expect(eve.answers.length).toBeLessThan(500)
  expect(reached(ada.doc)[0]).toBeGreaterThanOrEqual(eve.answers.length - 1)
})
