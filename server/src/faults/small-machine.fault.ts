import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFailed, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { KIND } from '../core/gate/read-content.ts'
import { Bystander } from '../testing/bystander.ts'
import { craft, craftStateVector, element, value, type CraftedClient } from '../testing/crafted-update.ts'
import { findFreePort } from '../testing/free-port.ts'
import { beginHalfFrame } from '../testing/half-frame.ts'
import { RawClient } from '../testing/raw-client.ts'
import { removeServerData } from '../testing/server-data.ts'
import { ServerProcess } from '../testing/server-process.ts'
import { SlowReader } from '../testing/slow-reader.ts'
import { heldMb, mostMb, SMALL_MACHINE } from '../testing/small-machine.ts'
import { drawLarge, joinRoom, openRoom, setWord, wordsOf } from '../testing/test-room.ts'
import { ApiCaller } from '../testing/test-server.ts'

/*
 * One after the other, all that was seen to fill a server's memory, against a process for which there is half a gigabyte.
 */

const MAX_MB = 512

let dataDir: string
let port: number
let server: ServerProcess
let place: { api: ApiCaller; syncUrl: string }

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  port = await findFreePort()
  server = await ServerProcess.start(port, dataDir, SMALL_MACHINE)
  place = { api: new ApiCaller(`http://127.0.0.1:${port}`), syncUrl: `ws://127.0.0.1:${port}/sync` }
})
afterAll(async () => {
  await server.end('SIGKILL')
  await removeServerData(dataDir)
})

const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

/** Somebody with a board of their own, who may do there what an owner may. */
async function comeWithBoard(): Promise<RawClient> {
  // What is crafted here takes seconds, in which the server has let idle connections go.
  const { roomId, ownerToken } = await vi.waitFor(() => openRoom(place))
  return await joinRoom(place, roomId, ownerToken)
}

/** A frame that is declared whole and sent but for its end, over and over. */
async function sendHalfFrames(): Promise<void> {
  const sockets = many(60, () => beginHalfFrame(port))
  await vi.waitFor(() => expect(sockets.every(({ closed }) => closed)).toBe(true), { timeout: 30_000 })
}

/** Boards that grow by what one message takes, all at once. */
async function drawMuchAtOnce(): Promise<void> {
  const drawers = await Promise.all(many(12, comeWithBoard))
  for (const drawer of drawers) drawer.write(drawer.edit(drawLarge(7_500_000)))
  // Of one address, only so much may be under way: whoever has most of it is sent away, and comes back later.
  await vi.waitFor(() => expect(drawers.every(({ answers, isOpen }) => answers.length > 0 || !isOpen)).toBe(true), {
    timeout: 60_000,
  })
  for (const drawer of drawers) drawer.terminate()
}

/** Boards that are small, and of what takes the most memory there is, all open. */
async function openManySmallBoards(): Promise<void> {
  const update = craft([[7, 0, ...many(8_000, (n) => element(`e${n}`))]])
  const drawers: RawClient[] = []
  let token = ''
  for (let n = 0; n < 40; n++) {
    if (n % 4 === 0) token = (await vi.waitFor(() => place.api.guest())).accessToken
    const { id } = await place.api.createRoom(token)
    const drawer = await joinRoom(place, id, token)
    onTestFinished(() => drawer.terminate())
    drawer.write(update)
    await vi.waitFor(() => expect(drawer.answers.length > 0 || !drawer.isOpen).toBe(true), { timeout: 30_000 })
    drawers.push(drawer)
  }
  const answers = drawers.flatMap((drawer) => drawer.answers)
  expect(answers.filter((answer) => answer === 'durable').length).toBeGreaterThan(2)
  // There is no memory for all of them.
  expect(answers).toContain('refused')
  for (const drawer of drawers) drawer.terminate()
}

/** Boards as large as they may be, of letters and of shapes: filled, left, and opened and drawn on by who comes back. */
async function fillBoardsAndComeBack(): Promise<void> {
  const letters = many(2, (n) => drawLarge(7_500_000, `letters-${n}`))
  const shapes = many(20, (n) => drawShapes(990, `shapes-${n}`))
  await Promise.all(
    [letters, letters, shapes].map(async (edits) => {
      const { roomId, ownerToken } = await vi.waitFor(() => openRoom(place))
      const ada = await joinRoom(place, roomId, ownerToken)
      for (const [n, edit] of edits.entries()) {
        ada.write(ada.edit(edit))
        await vi.waitFor(() => expect(ada.answers).toHaveLength(n + 1), { timeout: 30_000 })
      }
      if (edits === letters) expect(ada.answers).toEqual(['durable', 'durable'])
      ada.terminate()
      // It leaves memory, and is folded.
      await wait(5_000)
      const again = await joinRoom(place, roomId, ownerToken)
      again.write(again.edit(setWord('again')))
      await vi.waitFor(() => expect(again.answers).toHaveLength(1), { timeout: 30_000 })
      if (edits === letters) expect(again.answers).toEqual(['durable'])
      again.terminate()
    }),
  )
}

const drawShapes = (count: number, name: string) => (doc: Y.Doc) =>
  doc.transact(() => {
    const elements = doc.getMap('elements')
    for (let n = 0; n < count; n++) {
      const shape = { type: 'rectangle', xy: [n, n], size: [100, 200], strokeColor: '#ffaabb', seed: 123_456 }
      elements.set(`${name}-${n}`, new Y.Map<unknown>(Object.entries(shape)))
    }
  })

/** Readers that take nothing, of a board on which much is drawn. */
async function drawForReadersThatStall(): Promise<void> {
  const { roomId, ownerToken, viewerToken } = await openRoom(place)
  for (const _ of many(20, () => 0)) {
    const reader = new SlowReader()
    const client = new RawClient(place.syncUrl, roomId, reader.options)
    onTestFinished(() => client.terminate())
    await client.join(viewerToken)
    reader.stop()
  }
  const ada = await joinRoom(place, roomId, ownerToken)
  for (let n = 0; n < 40; n++) {
    ada.write(ada.edit(drawLarge(200_000, `pictures-${n}`)))
    await vi.waitFor(() => expect(ada.answers).toHaveLength(n + 1), { interval: 5 })
  }
  ada.terminate()
}

/** What is refused, or ends the connection, each by somebody who may draw on a board of their own. */
async function sendWhatIsRefused(): Promise<void> {
  const heavy = [
    craft([[7, 0, ...many(160_000, (n) => value(`r${n.toString(36)}`, 'k', 1))]]),
    craft(many(80_000, (n): CraftedClient => [10 + n, 0, value('meta', 'k', 1)])),
    craft([[7, 0, ...many(900_000, () => ({ kind: KIND.gc, length: 1 }))]]),
    craft([[7, 0, ...many(99_000, (n) => element(`e${n}`))]]),
    craft([[7, 0, element('outer'), ...many(20_000, (n) => ({ ...element('in'), parent: [7, n] as const }))]]),
    craft([[7, 0, element('a'), value([7, 0], 'x', 'x'.repeat(7_000_000))]]),
  ]
  for (const update of heavy) {
    for (const client of await Promise.all(many(3, comeWithBoard))) {
      client.write(update)
      client.sendAwareness(new Uint8Array(5_000_000))
      await vi.waitFor(() => expect(client.answers.length > 0 || !client.isOpen).toBe(true), { timeout: 30_000 })
      client.terminate()
    }
  }
}

/** State vectors that name clients which nobody knows. */
async function askForEverything(): Promise<void> {
  const vector = craftStateVector(1_000_000)
  for (const client of await Promise.all(many(4, comeWithBoard))) {
    client.askForMissing(vector)
    await client.closed
  }
}

test(
  'a process of 512 MB survives all that fills a server’s memory, and somebody draws on beside it',
  { timeout: 180_000 },
  async () => {
    const figures: Array<readonly [string, number]> = []
    onTestFailed(() => console.log(server.output, 'what went before:', figures))
    const { roomId, ownerToken } = await openRoom(place)
    const ada = await joinRoom(place, roomId, ownerToken)
    const bystander = new Bystander(ada)
    await vi.waitFor(() => expect(bystander.answered).toBeGreaterThan(20))
    figures.push(['quiet', await heldMb(server.pid)])
    const attacks = [
      sendHalfFrames,
      askForEverything,
      sendWhatIsRefused,
      drawMuchAtOnce,
      fillBoardsAndComeBack,
      openManySmallBoards,
      drawForReadersThatStall,
    ]
    for (const attack of attacks) figures.push([attack.name, await mostMb(server.pid, attack)])
    console.log(figures.map(([name, mb]) => `${name} ${mb.toFixed(0)} MB`).join(', '))
    expect(figures.filter(([, mb]) => mb >= MAX_MB)).toEqual([])
    expect(ada.isOpen).toBe(true)
    ada.write(ada.edit(setWord('after all')))
    await vi.waitFor(async () => {
      const newcomer = await joinRoom(place, roomId, ownerToken)
      expect(wordsOf(newcomer)).toContain('after all')
    })
  },
)
