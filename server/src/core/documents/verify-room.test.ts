import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { RecordsOfRoom, StoredRecord } from '../../ports/records-of-room.ts'
import { encodeRanges, rangesOfDocument, recordOf } from './clock-ranges.ts'
import { joinPieces } from './piece-list.ts'
import { verifyRoom } from './verify-room.ts'

/** What a room has stored, to be spoilt. */
interface Stored {
  head: number | undefined
  updates: StoredRecord[]
  snapshots: StoredRecord[]
}

/** Six edits, one of which deletes, with snapshots after the second and the fourth; the latter is in two pieces. */
function draw(): Stored {
  const document = new Y.Doc()
  const stored: Stored = { head: 6, updates: [], snapshots: [] }
  document.on('update', (update: Uint8Array) => {
    const { crc, ranges } = recordOf(update, 'ada', 1)
    stored.updates.push({ seq: stored.updates.length + 1, crc, quarantined: null, ranges, bytes: update })
  })
  const elements = document.getMap('elements')
  const rectangle = () => new Y.Map<unknown>([['type', 'rectangle']])
  elements.set('a', rectangle())
  elements.set('b', rectangle())
  stored.snapshots.push(snapshot(2, document, [Y.encodeStateAsUpdate(document)]))
  elements.delete('a')
  const before = Y.encodeStateAsUpdate(document)
  const at = Y.encodeStateVector(document)
  elements.set('c', rectangle())
  stored.snapshots.push(snapshot(4, document, [before, Y.encodeStateAsUpdate(document, at)]))
  elements.set('d', rectangle())
  elements.set('e', rectangle())
  return stored
}

function snapshot(seq: number, document: Y.Doc, pieces: Uint8Array[]): StoredRecord {
  const bytes = joinPieces(pieces)
  return { seq, bytes, crc: crc32(bytes), ranges: encodeRanges(rangesOfDocument(document)), quarantined: null }
}

const recordsOf = ({ head, updates, snapshots }: Stored): RecordsOfRoom => ({
  head,
  snapshots,
  readSnapshot: (seq) => Promise.resolve(snapshots.find((each) => each.seq === seq) as StoredRecord),
  async *updates() {
    await Promise.resolve()
    yield* updates
  },
})

/** Another record in the place of one; the rest of it as before. */
function change(records: StoredRecord[], seq: number, more: (old: StoredRecord) => Partial<StoredRecord>): void {
  const index = records.findIndex((record) => record.seq === seq)
  const old = records[index] as StoredRecord
  records[index] = { ...old, ...more(old) }
}

const sealed = (bytes: Uint8Array) => ({ bytes, crc: crc32(bytes) })
const flipped = (bytes: Uint8Array) => bytes.with(bytes.length - 3, (bytes.at(-3) ?? 0) ^ 1)

test('a room that is as it was written has no fault, and both its snapshots are proven', async () => {
  expect(await verifyRoom(recordsOf(draw()))).toMatchObject({
    updates: 6,
    snapshots: 2,
    proven: 2,
    faults: [],
    setAside: [],
  })
})

test('what the clean-up has taken away, behind the second newest snapshot, is no fault', async () => {
  const stored = draw()
  stored.updates.splice(0, 2)
  expect(await verifyRoom(recordsOf(stored))).toMatchObject({ updates: 4, proven: 1, faults: [] })
})

test('what is set aside is listed, and what may be in a snapshot of before that is no fault', async () => {
  const stored = draw()
  change(stored.updates, 2, () => ({ quarantined: 'odd' }))
  const { setAside, faults } = await verifyRoom(recordsOf(stored))
  expect([setAside, faults]).toEqual([['update 2: odd'], []])
})

test('a board without a head, and without anything else, has no fault', async () => {
  expect((await verifyRoom(recordsOf({ head: undefined, updates: [], snapshots: [] }))).faults).toEqual([])
})

const DAMAGES: Array<[what: string, spoil: (stored: Stored) => void, faults: string[]]> = [
  [
    'a flipped bit in an update',
    ({ updates }) => change(updates, 5, ({ bytes }) => ({ bytes: flipped(bytes) })),
    ['update 5: its bytes are not those that were written'],
  ],
  [
    'a flipped bit in a snapshot',
    ({ snapshots }) => change(snapshots, 2, ({ bytes }) => ({ bytes: flipped(bytes) })),
    ['snapshot 2: its bytes are not those that were written'],
  ],
  ['an update that is missing', ({ updates }) => void updates.splice(4, 1), ['update 5 is missing']],
  ['updates that are missing at the end', ({ updates }) => void updates.splice(4), ['the updates 5 to 6 are missing']],
  [
    'an update that is missing from the history only',
    ({ updates }) => void updates.splice(2, 1),
    ['update 3 is missing; the drawing has them by a later snapshot, its history has not'],
  ],
  [
    'a snapshot that is not the merge',
    ({ snapshots, updates }) => {
      const [first, second] = [new Y.Doc(), snapshots[1] as StoredRecord]
      for (const { bytes } of updates.slice(0, 3)) Y.applyUpdate(first, bytes)
      snapshots[1] = snapshot(second.seq, first, [Y.encodeStateAsUpdate(first)])
    },
    ['snapshot 4: it is not what the updates before it come to'],
  ],
  [
    'a snapshot with the same clocks and other content',
    ({ snapshots }) => {
      const other = new Y.Doc()
      Y.applyUpdate(other, snapshots[0]?.bytes ?? new Uint8Array())
      const text = Buffer.from(Y.encodeStateAsUpdate(other)).toString('latin1').replaceAll('rectangle', 'rectangls')
      change(snapshots, 2, () => sealed(Buffer.from(text, 'latin1')))
    },
    ['snapshot 2: it is not what the updates before it come to'],
  ],
  ['a head that is too low', (stored) => (stored.head = 5), ['update 5 is said to be the last, and there is 6']],
  ['a head that is too high', (stored) => (stored.head = 8), ['the updates 7 to 8 are missing']],
  ['no head', (stored) => (stored.head = undefined), ['nothing says which update is the last']],
  [
    'ranges of something else',
    ({ updates }) => change(updates, 6, () => ({ ranges: updates[4]?.ranges ?? new Uint8Array() })),
    ['update 6: its ranges are not those of its bytes'],
  ],
  [
    'an update that does not decode',
    ({ updates }) => change(updates, 6, () => sealed(Uint8Array.of(9, 9, 9))),
    [expect.stringMatching(/^update 6: it cannot be read: /)],
  ],
  [
    'an update that Yjs reads and the gate does not, since something follows it',
    ({ updates }) => change(updates, 6, ({ bytes }) => sealed(Buffer.concat([bytes, Uint8Array.of(1)]))),
    ['update 6: it cannot be read: something follows the end of the update'],
  ],
]

test.each(DAMAGES)('%s is found', async (_what, spoil, faults) => {
  const stored = draw()
  spoil(stored)
  expect((await verifyRoom(recordsOf(stored))).faults).toEqual(faults)
})
