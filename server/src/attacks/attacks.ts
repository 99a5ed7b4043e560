import * as Y from 'yjs'
import { KIND } from '../core/gate/read-content.ts'
import { craft, craftStateVector, element, value, type CraftedClient } from '../testing/crafted-update.ts'
import { begin, beginHalfFrame, UPGRADE } from '../testing/half-frame.ts'
import type { RawClient } from '../testing/raw-client.ts'
import { SlowReader } from '../testing/slow-reader.ts'
import { drawLarge, openRoom, overwrite, setWord } from '../testing/test-room.ts'
import { comeIn, until, write, type Place } from './place.ts'

/** A board on which somebody has drawn, with the tokens of who may draw there and who may look. */
export type Board = Awaited<ReturnType<typeof openRoom>>
/** What somebody does to a server, or to a board; resolves when it is over. */
export type Attack = (place: Place, board: Board) => Promise<void>

const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

/** Each of these updates by somebody who has just come, one after the other. */
const sending =
  (...updates: readonly Uint8Array[]): Attack =>
  async (place, { roomId, editorToken }) => {
    for (const update of updates) {
      const eve = await comeIn(place, roomId, editorToken)
      await write(eve, update)
      eve.terminate()
    }
  }

/** What was seen to do harm, by the numbers in docs/security.md. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  '1: eight bytes that nobody can load, by twenty': sending(
    ...many(20, () => Uint8Array.of(1, 1, 0xe1, 0x3c, 0, 0, 0, 0)),
  ),
  '2: 160,000 root types, three times': sending(
    ...many(3, () => craft([[7, 0, ...many(160_000, (n) => value(`r${n.toString(36)}`, 'k', 1))]])),
  ),
  '2: 80,000 clients that write one key, three times': sending(
    ...many(3, () => craft(many(80_000, (n): CraftedClient => [10 + n, 0, value('meta', 'k', 1)]))),
  ),
  '3: sixty structs under another’s Yjs client': async (place, board) => {
    const ada = await comeIn(place, board.roomId, board.ownerToken)
    await write(ada, ada.edit(setWord('of Ada')))
    const clock = Y.getState(ada.doc.store, ada.doc.clientID)
    const forged = craft([[ada.doc.clientID, clock, ...many(60, (n) => element(`forged-${n}`))]])
    await sending(...many(20, () => forged))(place, board)
    ada.terminate()
  },
  '4: what does not integrate, fifty times': sending(
    ...many(50, () => craft([[7, 0, { kind: KIND.deleted, length: 0, parent: 'elements', key: 'a' }]])),
  ),
  '5: 20,000 maps within maps, three times': sending(
    ...many(3, () =>
      craft([[7, 0, element('outer'), ...many(20_000, (n) => ({ ...element('in'), parent: [7, n] as const }))]]),
    ),
  ),
  '5: a million structs, three times': sending(
    ...many(3, () => craft([[7, 0, ...many(1_000_000, () => ({ kind: KIND.gc, length: 1 }))]])),
  ),
  '5: cursors of 5 MB, by three': async (place, { roomId, editorToken }) => {
    for (const eve of await Promise.all(many(3, () => comeIn(place, roomId, editorToken)))) {
      eve.sendAwareness(new Uint8Array(5_000_000))
      await until(() => !eve.isOpen, 10_000)
    }
  },
  '6: updates that leave gaps, fifty': sending(
    ...many(50, () => craft([[7, 0, element('whole'), { kind: KIND.skip, length: 2 }, element('behind')]])),
  ),
  '7: state vectors of 2,000,000 entries, by four': async (place, { roomId, viewerToken }) => {
    const vector = craftStateVector(2_000_000)
    for (const viewer of await Promise.all(many(4, () => comeIn(place, roomId, viewerToken)))) {
      viewer.askForMissing(vector)
      await until(() => !viewer.isOpen, 20_000)
    }
  },
  '8: sixty frames of 16 MB without their end, by nobody': async ({ port }) => {
    const sockets = many(60, () => beginHalfFrame(port))
    await until(() => sockets.every(({ closed }) => closed), 30_000)
  },
  '8: 500 upgrades that stop in the middle': async ({ port }) => {
    const sockets = many(500, () => begin(port, UPGRADE.subarray(0, 100)))
    await until(() => sockets.every(({ closed }) => closed), 30_000)
  },
  '8: 1,000 sockets of one person': async (place, { roomId, editorToken }) => {
    const ins: RawClient[] = []
    for (let n = 0; n < 20; n++) {
      const some = await Promise.allSettled(many(50, () => tryToCome(place, roomId, editorToken)))
      ins.push(...some.flatMap((each) => (each.status === 'fulfilled' && each.value.isOpen ? [each.value] : [])))
    }
    for (const each of ins) each.terminate()
  },
  '9: twenty readers that stall, while 16 MB are drawn': async (place, { roomId, ownerToken, viewerToken }) => {
    const stalled = await Promise.all(
      many(20, async () => {
        const reader = new SlowReader()
        const client = await comeIn(place, roomId, viewerToken, reader.options)
        reader.stop()
        return client
      }),
    )
    const ada = await comeIn(place, roomId, ownerToken)
    for (let n = 0; n < 80; n++) await write(ada, ada.edit(drawLarge(200_000, `picture-${n}`)))
    for (const client of [ada, ...stalled]) client.terminate()
  },
  '10: tiny updates from four sockets, as fast as they go': async (place, { roomId, editorToken }) => {
    const eves = await Promise.all(many(4, () => comeIn(place, roomId, editorToken)))
    const over = performance.now() + 5_000
    for (const [index, eve] of eves.entries()) eve.write(eve.edit(setWord(`flood-${index}`)))
    while (performance.now() < over) {
      for (const [index, eve] of eves.entries()) {
        for (let n = 0; n < 400; n++) {
          const edit = (doc: Y.Doc) =>
            void doc.getMap<Y.Map<unknown>>('elements').get(`flood-${index}`)?.set('xy', [n, 0])
          eve.write(eve.edit(edit))
        }
      }
      await until(() => false, 10)
    }
    for (const eve of eves) eve.terminate()
  },
  '11: twelve frames of 7 MB at once into twelve boards': async (place) => {
    const eves = await Promise.all(
      many(12, async () => {
        const { roomId, ownerToken } = await openRoom(place)
        return await comeIn(place, roomId, ownerToken)
      }),
    )
    await Promise.all(eves.map((eve) => write(eve, eve.edit(drawLarge(7_000_000)))))
    for (const eve of eves) eve.terminate()
  },
  '12: one key of 0.9 MB, written over fifty times': async (place, { roomId, editorToken }) => {
    const eve = await comeIn(place, roomId, editorToken)
    for (let n = 0; n < 50; n++) eve.write(eve.edit(overwrite(900_000)))
    await until(() => eve.answers.length >= 50 || !eve.isOpen, 20_000)
    eve.terminate()
  },
  '15: arrows of 10,000 points, ten': async (place, { roomId, editorToken }) => {
    const points = many(10_000, (n) => [n, (n * 7) % 500])
    const eve = await comeIn(place, roomId, editorToken)
    for (let n = 0; n < 10; n++) {
      const arrow = new Y.Map<unknown>([
        ['type', 'arrow'],
        ['points', points],
      ])
      await write(
        eve,
        eve.edit((doc) => doc.getMap('elements').set(`arrow-${n}`, arrow)),
      )
    }
    eve.terminate()
  },
  'beside them: 19,900 elements with an empty text and an empty stroke each, three times': sending(
    ...many(3, (board) =>
      craft([
        [
          70 + board,
          0,
          ...many(6_600, (n) => element(`e${board}-${n}`)).flatMap((each, n) => [
            each,
            { kind: KIND.type, type: 2, parent: [70 + board, 3 * n] as const, key: 'words' },
            { kind: KIND.type, type: 0, parent: [70 + board, 3 * n] as const, key: 'ink' },
          ]),
        ],
      ]),
    ),
  ),
}

/** As `comeIn`, for who may be turned away: then the socket is closed, and that is all. */
async function tryToCome(place: Place, roomId: string, token: string): Promise<RawClient> {
  const coming = comeIn(place, roomId, token)
  const given = until(() => false, 4_000).then(() => Promise.reject(new Error('turned away')))
  return await Promise.race([coming, given])
}
