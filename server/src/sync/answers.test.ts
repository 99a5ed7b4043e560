import { Document } from '@hocuspocus/server'
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { recordOf } from '../core/documents/clock-ranges.ts'
import { cut, measure } from '../core/documents/compaction-worker.ts'
import { RoomBytes } from '../core/documents/room-bytes.ts'
import { ClientOwners } from '../core/gate/client-owners.ts'
import { setWord, wordsOf } from '../testing/test-room.ts'
import { Answers } from './answers.ts'
import { CatchUpLine } from './catch-up-line.ts'
import { Outlet } from './outlet.ts'
import { RoomContent } from './room-content.ts'
import { UpdateQueue } from './update-queue.ts'

/** Somebody who takes what they are sent when the test says so, in a room with two words. */
function open() {
  const drawn = new Y.Doc()
  const updates: Uint8Array[] = []
  drawn.on('update', (update: Uint8Array) => updates.push(update))
  for (const word of ['one', 'two']) setWord(word)(drawn)
  const progress = new Int32Array(2)
  const content = new RoomContent({
    document: new Document('room-aaaaaa'),
    bytes: new RoomBytes({
      snapshot: null,
      tail: updates.map((update, n) => ({ seq: n + 1, ...recordOf(update, null, 1) })),
    }),
    owners: new ClientOwners(),
    pieceWork: {
      cut: async (all) => cut({ updates: all, progress }),
      measure: async (pieces) => measure({ pieces, progress }),
    },
    events: { onTaken: () => undefined, onChanged: () => undefined },
  })
  const writer = { hasRoom: false, onceRoom: vi.fn<(callback: () => void) => void>(), write: vi.fn<() => void>() }
  const client = new Y.Doc()
  let [step2s, isOver] = [0, false]
  const queue = new UpdateQueue({
    writer,
    writePiece: (_address, piece) => Y.applyUpdate(client, piece),
    isOpen: () => true,
  })
  const outlet = new Outlet({
    socket: { readyState: 1, send: () => undefined, close: () => undefined },
    isOver: () => isOver,
    onOver: () => outlet.end(),
    onTooMuch: () => undefined,
  })
  const answers = new Answers({
    missing: content.missing,
    catchUps: new CatchUpLine(),
    person: {},
    address: 'room-aaaaaa',
    socket: {
      sendUpdate: (_address, kind, update) => {
        Y.applyUpdate(client, update)
        if (kind === 'step2') step2s += 1
      },
      sendPieces: (address, pieces, onSent) => void queue.sendAnswer(address, pieces as Uint8Array[], onSent),
    },
    outlet,
    guard: (work) => work(),
    onBroken: () => undefined,
  })
  return {
    answers,
    outlet,
    draw: (word: string) => content.edit(setWord(word), { author: null }),
    takeAll: () => {
      writer.hasRoom = true
      writer.onceRoom.mock.lastCall?.[0]()
    },
    endToken: () => (isOver = true),
    told: () => ({ words: wordsOf({ doc: client }), step2s }),
  }
}

const NOTHING = Y.encodeStateVector(new Y.Doc())

test.for(['removed', 'gone already', 'told that they may stay', 'without a token'] as const)(
  'who asks again while an answer is on its way is told what was drawn since when they may hear it: %s',
  (outcome) => {
    const { answers, outlet, draw, takeAll, endToken, told } = open()
    answers.answer(NOTHING)
    answers.answer(NOTHING)
    if (outcome === 'without a token') endToken()
    else if (outcome === 'gone already') outlet.end()
    else outlet.hold()
    draw('after')
    takeAll()
    expect(told()).toEqual({ words: ['one', 'two'], step2s: 0 })
    if (outcome === 'removed') outlet.end()
    outlet.release()
    const all = { words: ['after', 'one', 'two'], step2s: 2 }
    expect(told()).toEqual(outcome === 'told that they may stay' ? all : { words: ['one', 'two'], step2s: 0 })
  },
)
