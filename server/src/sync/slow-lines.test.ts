import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import { RawClient } from '../testing/raw-client.ts'
import { SlowLine } from '../testing/slow-line.ts'
import { joinRoom, openRoom, STEPS_PER_TEXT, writePlain } from '../testing/test-room.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const TEXT_LENGTH = 1_000
/** What our clients send in one message. */
const UPLOADED_BYTES = 128 * 1024

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.remove())

/** Draws so many texts of about a KB. */
function draw(doc: Y.Doc, name: string, count: number): void {
  for (let n = 0; n < count; n++) writePlain(`${name}-${n}`, `${n} `.padEnd(TEXT_LENGTH, '.'))(doc)
}

const textsOf = (doc: Y.Doc, name: string): number =>
  [...doc.getMap('elements').keys()].filter((key) => key.startsWith(name)).length

/** A room with so many texts, and a slow line to the server. */
async function openSlowly(texts: number, bytesPerSecond: number) {
  const room = await openRoom(server)
  const ada = await joinRoom(server, room.roomId, room.ownerToken)
  draw(ada.doc, 'ada', texts)
  ada.write(Y.encodeStateAsUpdate(ada.doc))
  await vi.waitFor(() => expect(ada.answers).toEqual(['durable']))
  const line = await SlowLine.to(server.syncUrl, { bytesPerSecond })
  onTestFinished(() => line.close())
  return { ...room, ada, line }
}

/** A client that sends what the server lacks as ours does: in pieces, two at a time. */
function sendsInPieces(client: RawClient): void {
  let pieces: Uint8Array[] = []
  const next = () => {
    const piece = pieces.shift()
    if (piece) client.write(piece)
  }
  client.onStep1 = (stateVector) => {
    pieces = cutUpdate(Y.encodeStateAsUpdate(client.doc, stateVector), stateVector, UPLOADED_BYTES)
    next()
    next()
  }
  client.onAnswer = next
}

/** Everything of both is at both, and on the server. */
async function bothHaveAll(mine: Y.Doc, ada: RawClient, texts: number, timeout: number): Promise<void> {
  await vi.waitFor(
    () => {
      for (const doc of [mine, ada.doc]) expect([textsOf(doc, 'ada'), textsOf(doc, 'mine')]).toEqual([texts, texts])
    },
    { timeout, interval: 200 },
  )
}

test(
  '3 MB up and 3 MB down get through a line of 60 KB/s, in the time that they take',
  { timeout: 150_000 },
  async () => {
    const texts = 3_000
    const startedAt = performance.now()
    /** How far it was when: never is there nothing for long. */
    const steps = { down: [] as number[], up: [] as number[] }
    const ours = async () => {
      const { roomId, editorToken, ada, line } = await openSlowly(texts, 60_000)
      const client = new RawClient(line.url(server.syncUrl), roomId)
      onTestFinished(() => client.terminate())
      draw(client.doc, 'mine', texts)
      sendsInPieces(client)
      client.onUpdate = () => steps.down.push(performance.now())
      const answer = client.onAnswer
      client.onAnswer = (each) => {
        steps.up.push(performance.now())
        answer(each)
      }
      await client.join(editorToken)
      await bothHaveAll(client.doc, ada, texts, 140_000)
      await vi.waitFor(() =>
        expect(client.named.at(-1)).toEqual(new Map([[client.doc.clientID, texts * STEPS_PER_TEXT]])),
      )
      expect(client.isOpen).toBe(true)
      return performance.now() - startedAt
    }
    /** A stock client, which sends all it has in one message. */
    const stock = async () => {
      const { roomId, editorToken, ada, line } = await openSlowly(texts, 60_000)
      const doc = new Y.Doc()
      draw(doc, 'mine', texts)
      const provider = new WebsocketProvider(line.url(server.yjsUrl), roomId, doc, {
        WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
        disableBc: true,
        protocols: ['sketchroom', editorToken],
      })
      onTestFinished(() => provider.destroy())
      let closed = 0
      provider.on('connection-close', () => (closed += 1))
      await bothHaveAll(doc, ada, texts, 140_000)
      expect([closed, provider.synced]).toEqual([0, true])
      return performance.now() - startedAt
    }
    const [oursMs, stockMs] = await Promise.all([ours(), stock()])
    expect(oursMs).toBeGreaterThan(50_000)
    expect(oursMs).toBeLessThan(90_000)
    expect(stockMs).toBeLessThan(90_000)
    for (const moments of Object.values(steps)) {
      expect(moments.length).toBeGreaterThan(20)
      expect(Math.max(...moments.map((at, index) => at - (moments[index - 1] ?? startedAt)))).toBeLessThan(15_000)
    }
  },
)

test('when the line is cut in the middle, what was acknowledged is not sent again, nor what has come', async () => {
  const texts = 2_000
  const { roomId, editorToken, ada, line } = await openSlowly(texts, 400_000)
  const come = async (doc: Y.Doc) => {
    const client = new RawClient(line.url(server.syncUrl), roomId, { doc })
    onTestFinished(() => client.terminate())
    sendsInPieces(client)
    await client.join(editorToken)
    return client
  }
  const doc = new Y.Doc()
  draw(doc, 'mine', texts)
  const first = await come(doc)
  await vi.waitFor(
    () => {
      expect(first.answers.length).toBeGreaterThan(3)
      expect(textsOf(doc, 'ada')).toBeGreaterThan(texts / 5)
    },
    { interval: 5 },
  )
  line.cut()
  await first.closed
  const steps = first.named.at(-1)?.get(doc.clientID) ?? 0
  const [acknowledged, had, before] = [steps / STEPS_PER_TEXT, textsOf(doc, 'ada'), line.moved]
  expect([acknowledged < texts, had < texts]).toEqual([true, true])
  line.mend()
  const second = await come(doc)
  await bothHaveAll(doc, ada, texts, 15_000)
  await vi.waitFor(() => expect(second.named.at(-1)?.get(doc.clientID)).toBe(texts * STEPS_PER_TEXT))
  const perText = TEXT_LENGTH + 90
  expect(line.moved.up - before.up).toBeLessThan((texts - acknowledged) * perText + 20_000)
  // What has come is cut anew together with what went up meanwhile: at the edge, a piece may come once more.
  expect(line.moved.down - before.down).toBeLessThan((texts - had) * perText + PIECE_BYTES + 20_000)
})
