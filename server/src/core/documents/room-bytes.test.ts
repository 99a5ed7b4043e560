import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { StoredUpdate } from '../../ports/document-store.ts'
import { copyOf, stateOf, yjsEdit, YjsHistory, type YjsEdit } from '../../testing/yjs-history.ts'
import { encodeRanges, encodeTransactionRanges, rangesOfDocument, rangesOfUpdate, recordOf } from './clock-ranges.ts'
import { measure } from './compaction-worker.ts'
import { RoomBytes } from './room-bytes.ts'
import { storedSizeOfAll } from './snapshot-due.ts'

const settings = { ...(process.env['SEED'] !== undefined && { seed: Number(process.env['SEED']) }), numRuns: 200 }

const NOTHING = Y.encodeStateVector(new Map())
/** A base is cut into pieces as small as this. */
const PIECE_BYTES = 100

/**
 * What happens to a room: an edit comes in, or one of the snapshots that were made of it, perhaps long ago; or its tail is
 * merged, one step further.
 */
type Step =
  | { readonly kind: 'edit'; readonly edit: YjsEdit }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'merge' }
  | { readonly kind: 'rebase'; readonly at: number }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('edit' as const), edit: yjsEdit }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('snapshot' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('merge' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rebase' as const), at: fc.nat(20) }) },
)

/** A server's document, and the bytes that shall always say the same, loaded when `loadedAfter` edits were stored. */
class Room {
  readonly history = new YjsHistory()
  readonly truth = new Y.Doc()
  /** Every update that the truth has seen, and copies of the truth at each moment. */
  readonly updates: Uint8Array[] = []
  readonly moments: Y.Doc[] = [new Y.Doc()]
  readonly snapshots: Array<{ pieces: Uint8Array[]; ranges: Uint8Array }> = []
  bytes = new RoomBytes({ snapshot: null, tail: [] })
  #merging: Generator<void> | undefined

  constructor() {
    this.truth.on('update', (update: Uint8Array, _origin: unknown, _document: Y.Doc, transaction: Y.Transaction) => {
      this.bytes.add(update, encodeTransactionRanges(transaction))
    })
  }

  take(step: Step): void {
    if (step.kind === 'snapshot') {
      this.snapshots.push({
        pieces: cutUpdate(Y.encodeStateAsUpdate(this.truth), NOTHING, PIECE_BYTES),
        ranges: encodeRanges(rangesOfDocument(this.truth)),
      })
    } else if (step.kind === 'rebase') {
      const snapshot = this.snapshots[step.at % this.snapshots.length]
      if (snapshot) this.bytes.rebase(snapshot)
    } else if (step.kind === 'merge') {
      this.#merging ??= this.bytes.mergeTail()
      if (this.#merging.next().done) this.#merging = undefined
    } else {
      const update = this.history.do(step.edit)
      if (!update) return
      this.updates.push(update)
      // The server hears of edits in the order in which they are made, so that none waits for another.
      Y.applyUpdate(this.truth, update)
      this.moments.push(copyOf(this.truth))
    }
  }
}

function built(bytes: RoomBytes): Y.Doc {
  const document = new Y.Doc()
  for (const part of bytes.parts) Y.applyUpdate(document, part)
  expect(bytes.size).toBe(bytes.parts.reduce((sum, { length }) => sum + length, 0))
  return document
}

test('the parts always build the document, whatever was written and however old a new base is', () => {
  let rebased = 0
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 5, maxLength: 60 }), (steps) => {
      const room = new Room()
      for (const each of steps) {
        room.take(each)
        if (each.kind === 'rebase' && room.snapshots.length > 0) rebased += 1
        if (each.kind !== 'snapshot') expect(stateOf(built(room.bytes))).toEqual(stateOf(room.truth))
      }
    }),
    settings,
  )
  expect(rebased).toBeGreaterThan(100)
})

test('what it says of what it has is what the document says', () => {
  const seen = { has: 0, news: 0, covered: 0, behind: 0 }
  let unknowing = 0
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40 }), fc.nat(100), (steps, pick) => {
      const room = new Room()
      for (const each of steps) room.take(each)
      const { bytes, truth } = room
      expect(Y.decodeStateVector(bytes.stateVector())).toEqual(Y.decodeStateVector(Y.encodeStateVector(truth)))
      // What was inserted into something deleted is gone with it, and not always told by itself.
      expect(isWithin(deletionsIn(allDeletions(bytes)), stateOf(truth).deleted)).toBe(true)
      for (const moment of room.moments) {
        const [known, all] = [moment, truth].map((document) => Y.decodeStateVector(Y.encodeStateVector(document)))
        const isCovered = [...(all ?? [])].every(([client, clock]) => (known?.get(client) ?? 0) >= clock)
        expect(bytes.isCoveredBy(known ?? new Map())).toBe(isCovered)
        seen[isCovered ? 'covered' : 'behind'] += 1
        if (!isCovered) continue
        // Who has everything that was inserted has the whole document with the deletions.
        Y.applyUpdate(moment, allDeletions(bytes))
        expect(stateOf(moment)).toEqual(stateOf(truth))
      }
      for (const copy of room.history.copies) {
        const since = room.moments[pick % room.moments.length] as Y.Doc
        const update = Y.encodeStateAsUpdate(copy, Y.encodeStateVector(since))
        const isKnown = bytes.covers(rangesOfUpdate(Y.decodeUpdate(update)))
        const isOld = !isNews(update, truth)
        // Never taken for known what is news; the other way round, it is only applied once more.
        expect(isKnown && !isOld).toBe(false)
        if (isOld && !isKnown) unknowing += 1
        seen.has += 1
      }
      const stranger = new YjsHistory()
      stranger.copies.forEach((copy) => (copy.clientID += 10))
      const news = stranger.do({ kind: 'set', by: 0, key: 'a' }) as Uint8Array
      expect(bytes.covers(rangesOfUpdate(Y.decodeUpdate(news)))).toBe(false)
      // A deletion alone, of something that is there.
      const deleting = copyOf(truth)
      deleting.getMap('map').delete('a')
      const deletion = Y.encodeStateAsUpdate(deleting, Y.encodeStateVector(truth))
      if (!isNews(deletion, truth)) return
      expect(bytes.covers(rangesOfUpdate(Y.decodeUpdate(deletion)))).toBe(false)
      seen.news += 1
    }),
    settings,
  )
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(50)
  expect(unknowing).toBeLessThan(seen.has / 10)
})

test('who has a part of it is sent what they lack, in order, and not all', () => {
  let [sent, all, runs] = [0, 0, 0]
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 20, maxLength: 60 }), fc.nat(100), (steps, pick) => {
      const room = new Room()
      for (const each of [...steps, { kind: 'snapshot' } as const]) room.take(each)
      const { bytes, truth } = room
      if (pick % 2 === 0) bytes.rebase(room.snapshots.at(-1)!)
      const { unmeasured } = bytes
      if (unmeasured) bytes.measured(unmeasured, measure({ pieces: unmeasured, progress: new Int32Array(2) }))
      const interrupted = new Y.Doc()
      for (const part of bytes.parts.slice(0, pick % (bytes.parts.length + 1))) Y.applyUpdate(interrupted, part)
      for (const document of [...room.moments, interrupted]) {
        const lacked = bytes.partsLackedBy(Y.decodeStateVector(Y.encodeStateVector(document)))
        for (const part of lacked) {
          Y.applyUpdate(document, part)
          expect([document.store.pendingStructs, document.store.pendingDs]).toEqual([null, null])
        }
        expect(stateOf(document)).toEqual(stateOf(truth))
        sent += lacked.length
        all += bytes.parts.length
      }
      runs += 1
    }),
    settings,
  )
  expect(runs).toBe(settings.numRuns)
  expect(sent).toBeLessThan(all * 0.7)
})

test('deletions are sent in messages that are not large, however many there are', () => {
  const document = new Y.Doc()
  const list = document.getArray('list')
  list.push(Array.from({ length: 20_000 }, () => 'x'.repeat(3)))
  const state = Y.decodeStateVector(Y.encodeStateVector(document))
  const before = copyOf(document)
  document.transact(() => {
    for (let n = 19_998; n >= 0; n -= 2) list.delete(n)
  })
  const bytes = new RoomBytes({
    snapshot: null,
    tail: [{ ...recordOf(Y.encodeStateAsUpdate(document), null, 1), seq: 1 }],
  })
  const deletions = bytes.deletionsFor(state)
  expect(deletions.length).toBeGreaterThan(1)
  expect(Math.max(...deletions.map(({ length }) => length))).toBeLessThan(64 * 1024)
  for (const each of deletions) Y.applyUpdate(before, each)
  expect(before.getArray('list')).toHaveLength(10_000)
})

test('a new base takes just those updates out of the tail that it holds', () => {
  let runs = 0
  fc.assert(
    fc.property(fc.array(yjsEdit, { minLength: 5, maxLength: 40 }), fc.nat(40), (edits, nth) => {
      const room = new Room()
      let [held, total] = [0, 0]
      edits.forEach((edit, index) => {
        room.take({ kind: 'edit', edit })
        total = room.bytes.tailLength
        if (index !== nth % edits.length) return
        room.take({ kind: 'snapshot' })
        held = total
      })
      room.take({ kind: 'rebase', at: 0 })
      expect(room.bytes.tailLength).toBe(total - held)
      runs += 1
    }),
    settings,
  )
  expect(runs).toBe(settings.numRuns)
})

test('a tail of many small updates becomes a few, of which each builds on those before', () => {
  const room = new Room()
  for (let n = 0; n < 1_000; n++) {
    room.take({ kind: 'edit', edit: { kind: 'set', by: n % 3, key: `key ${n % 50}` } })
    if (n % 10 === 0) room.take({ kind: 'edit', edit: { kind: 'hear', by: n % 3, from: (n + 1) % 3 } })
  }
  const [count, size, stored] = [room.bytes.tailLength, room.bytes.size, room.bytes.storedSize]
  const merging = room.bytes.mergeTail()
  merging.next()
  // While it is merged, somebody draws.
  room.take({ kind: 'edit', edit: { kind: 'set', by: 0, key: 'late' } })
  for (const _ of merging);
  expect(count).toBeGreaterThan(500)
  expect(room.bytes.tailLength).toBeLessThan(count / 30)
  expect(room.bytes.size).toBeLessThan(size)
  expect(stored - room.bytes.storedSize).toBeGreaterThan(size - room.bytes.size + (count - room.bytes.tailLength) * 100)
  expect(stateOf(built(room.bytes))).toEqual(stateOf(room.truth))
  expect(room.bytes.stateVector()).toEqual(Y.encodeStateVector(room.truth))
})

test('what is large is not merged: that would take long', () => {
  const doc = new Y.Doc()
  const tail: StoredUpdate[] = []
  doc.on('update', (update: Uint8Array) => tail.push({ ...recordOf(update, null, 1), seq: tail.length + 1 }))
  for (const size of [9_000, 9_000, 10, 20_000, 10, 10]) doc.getArray('list').push(['x'.repeat(size)])
  const bytes = new RoomBytes({ snapshot: null, tail })
  for (const _ of bytes.mergeTail());
  expect(bytes.parts.map(({ length }) => Math.round(length / 1_000))).toEqual([9, 9, 20, 0])
})

test('a base is not given up for one that holds less', () => {
  const room = new Room()
  room.take({ kind: 'edit', edit: { kind: 'set', by: 0, key: 'a' } })
  room.take({ kind: 'snapshot' })
  room.take({ kind: 'edit', edit: { kind: 'set', by: 1, key: 'b' } })
  room.take({ kind: 'snapshot' })
  room.take({ kind: 'rebase', at: 1 })
  // A compaction that began before is done only now.
  room.take({ kind: 'rebase', at: 0 })
  expect(built(room.bytes).getMap('map').size).toBe(2)
})

test('what comes after it was asked what it has, it has too', () => {
  const room = new Room()
  room.take({ kind: 'edit', edit: { kind: 'set', by: 0, key: 'a' } })
  for (const key of ['b', 'c']) {
    expect(room.bytes.stateVector()).toEqual(Y.encodeStateVector(room.truth))
    room.take({ kind: 'edit', edit: { kind: 'set', by: 0, key } })
  }
  expect(room.bytes.covers(rangesOfUpdate(Y.decodeUpdate(Y.encodeStateAsUpdate(room.truth))))).toBe(true)
})

test('what was loaded counts by its size', () => {
  const room = new Room()
  for (const key of ['a', 'b', 'c']) room.take({ kind: 'edit', edit: { kind: 'set', by: 0, key } })
  const [first, ...rest] = room.updates.map((update, index) => ({ ...recordOf(update, null, 1), seq: index + 1 }))
  const { update, ranges } = first as StoredUpdate
  const snapshot = { seq: 1, bytes: update, ranges, crc: 0, at: 1, label: null }
  const bytes = new RoomBytes({ snapshot, tail: rest })
  const tailBytes = rest.reduce((sum, each) => sum + each.update.length, 0)
  expect(bytes.size).toBe(update.length + tailBytes)
  expect(bytes.tailPart).toBe(tailBytes / bytes.size)
  expect(bytes.storedSize).toBe(update.length + ranges.length + storedSizeOfAll(rest))
})

test('records of earlier versions, which have no ranges, say the same', () => {
  const room = new Room()
  for (const key of ['a', 'b', 'a']) room.take({ kind: 'edit', edit: { kind: 'set', by: 0, key } })
  const tail = room.updates.map((update, index) => ({
    ...recordOf(update, null, 1),
    seq: index + 1,
    ranges: new Uint8Array(),
  }))
  const bytes = new RoomBytes({ snapshot: null, tail })
  expect(bytes.stateVector()).toEqual(Y.encodeStateVector(room.truth))
  expect(deletionsIn(allDeletions(bytes))).toEqual(stateOf(room.truth).deleted)
  expect(bytes.covers(rangesOfUpdate(Y.decodeUpdate(Y.encodeStateAsUpdate(room.truth))))).toBe(true)
  const { update } = recordOf(Y.encodeStateAsUpdate(room.truth), null, 1)
  bytes.rebase({ pieces: [update], ranges: encodeRanges(rangesOfDocument(room.truth)) })
  expect(bytes.tailLength).toBe(0)
})

test('somebody who has what the room has lost is not taken to have what came after it', () => {
  const room = new Room()
  for (const key of ['a', 'b', 'c']) room.take({ kind: 'edit', edit: { kind: 'set', by: 0, key } })
  const records = room.updates.map((update, index) => ({ ...recordOf(update, null, 1), seq: index + 1 }))
  const bytes = new RoomBytes({ snapshot: null, tail: records.filter(({ seq }) => seq !== 2) })
  expect(Y.decodeStateVector(bytes.stateVector())).toEqual(new Map([[1, 1]]))
  expect(bytes.isCoveredBy(new Map([[1, 2]]))).toBe(false)
  expect(bytes.isCoveredBy(new Map([[1, 3]]))).toBe(true)
})

/** For somebody who has everything that was inserted. */
function allDeletions(bytes: RoomBytes): Uint8Array {
  return Y.mergeUpdates([Uint8Array.of(0, 0), ...bytes.deletionsFor(Y.decodeStateVector(bytes.stateVector()))])
}

/** Whether an update changes a document, or leaves something waiting in it. */
function isNews(update: Uint8Array, document: Y.Doc): boolean {
  const copy = copyOf(document)
  let changed = false
  copy.on('update', () => (changed = true))
  Y.applyUpdate(copy, update)
  return changed || stateOf(copy).waiting
}

type Ranges = Map<number, number[][]>

function isWithin(part: Ranges, whole: Ranges): boolean {
  return [...part].every(([client, ranges]) =>
    ranges.every(([clock = 0, len = 0]) =>
      whole.get(client)?.some(([from = 0, length = 0]) => from <= clock && clock + len <= from + length),
    ),
  )
}

function deletionsIn(update: Uint8Array): Map<number, Array<[number, number]>> {
  const { structs, ds } = Y.decodeUpdate(update)
  expect(structs).toEqual([])
  return new Map([...ds.clients].map(([client, items]) => [client, items.map(({ clock, len }) => [clock, len])]))
}

test('a new base may hold more than was known before, and that is known from then on', () => {
  const doc = new Y.Doc()
  doc.getMap('words').set('one', true)
  const first = recordOf(Y.encodeStateAsUpdate(doc), null, 1)
  const bytes = new RoomBytes({ snapshot: null, tail: [{ seq: 1, ...first }] })
  const known = Y.decodeStateVector(bytes.stateVector())
  expect(bytes.isCoveredBy(known)).toBe(true)
  // What another process has written, and a snapshot holds.
  doc.getMap('words').set('two', true)
  bytes.rebase({ pieces: [Y.encodeStateAsUpdate(doc)], ranges: encodeRanges(rangesOfDocument(doc)) })
  expect([bytes.isCoveredBy(known), bytes.stateVector()]).toEqual([false, Y.encodeStateVector(doc)])
})
