import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { cutUpdate } from './pieces.ts'
import { playOut, read, receiverOf, step } from './testing/play-out.ts'

const NOTHING = Y.encodeStateVector(new Map())

/** Whether a document has deleted all that an update deletes, as far as it has it. */
function hasDeleted(document: Y.Doc, update: Uint8Array): boolean {
  const known = Y.snapshot(document)
  for (const [client, ranges] of Y.decodeUpdate(update).ds.clients) {
    for (const { clock, len } of ranges) {
      const end = Math.min(clock + len, known.sv.get(client) ?? 0)
      for (let at = clock; at < end; at++) if (!Y.isDeleted(known.ds, Y.createID(client, at))) return false
    }
  }
  return true
}

test('the pieces do what the update does, each needs only those before it, and none is larger than asked', () => {
  let runs = 0
  let severalPieces = 0
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 90 }),
      fc.nat(20),
      fc.integer({ min: 60, max: 400 }),
      (steps, seen, maxBytes) => {
        runs += 1
        const { all, updates } = playOut(steps)
        const receiver = receiverOf(updates, seen)
        const update = Y.encodeStateAsUpdate(all)
        const pieces = cutUpdate(update, Y.encodeStateVector(receiver), maxBytes)
        for (const piece of pieces) {
          const { structs } = Y.decodeUpdate(piece)
          if (structs.length > 1) expect(piece.length).toBeLessThanOrEqual(maxBytes)
          Y.applyUpdate(receiver, piece)
          expect([receiver.store.pendingStructs, receiver.store.pendingDs]).toEqual([null, null])
          // Before the first struct, so that no edit seems to be there without its deletions.
          if (structs.length > 0) expect(hasDeleted(receiver, update)).toBe(true)
        }
        if (pieces.length > 2) severalPieces += 1
        expect(Y.equalSnapshots(Y.snapshot(receiver), Y.snapshot(all))).toBe(true)
        expect(read(receiver)).toEqual(read(all))
      },
    ),
    { numRuns: 400 },
  )
  expect(runs).toBe(400)
  expect(severalPieces).toBeGreaterThan(100)
})

test('what refers to something that is nowhere comes last, and finds its place when that comes', () => {
  let runs = 0
  let holes = 0
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 60 }),
      fc.nat(1000),
      fc.integer({ min: 60, max: 300 }),
      (steps, which, maxBytes) => {
        runs += 1
        const { all, updates } = playOut(steps)
        if (updates.length === 0) return
        const lost = which % updates.length
        const holed = Y.mergeUpdates(updates.filter((_, index) => index !== lost))
        const built = new Y.Doc()
        const pieces = cutUpdate(holed, NOTHING, maxBytes)
        for (const [index, piece] of pieces.entries()) {
          Y.applyUpdate(built, piece)
          if (index < pieces.length - 1) {
            expect([built.store.pendingStructs, built.store.pendingDs]).toEqual([null, null])
          }
        }
        const whole = new Y.Doc()
        Y.applyUpdate(whole, holed)
        expect(read(built)).toEqual(read(whole))
        if (built.store.pendingStructs) holes += 1
        Y.applyUpdate(built, updates[lost] as Uint8Array)
        expect(Y.equalSnapshots(Y.snapshot(built), Y.snapshot(all))).toBe(true)
      },
    ),
    { numRuns: 300 },
  )
  expect(runs).toBe(300)
  expect(holes).toBeGreaterThan(50)
})

test('what the receiver has is left out, also the half of a word', () => {
  const writer = new Y.Doc()
  const text = writer.getText('text')
  text.insert(0, 'first half ')
  const known = Y.encodeStateVector(writer)
  text.insert(11, 'second half')
  const [piece, ...more] = cutUpdate(Y.encodeStateAsUpdate(writer), known, 1_000)
  expect(more).toEqual([])
  expect(Y.decodeUpdate(piece as Uint8Array).structs).toHaveLength(1)
  expect(piece!.length).toBeLessThan(50)
  expect(cutUpdate(Y.encodeStateAsUpdate(writer), Y.encodeStateVector(writer), 1_000)).toEqual([])
})

test('one struct that is larger than a piece goes by itself', () => {
  const writer = new Y.Doc()
  writer.getMap('m').set('small', 1)
  writer.getMap('m').set('large', 'x'.repeat(5_000))
  writer.getMap('m').set('last', 1)
  const pieces = cutUpdate(Y.encodeStateAsUpdate(writer), NOTHING, 100)
  expect(pieces.map((piece) => Y.decodeUpdate(piece).structs.length)).toEqual([1, 1, 1])
})

test('two who depend on each other in turns, many thousand times, are cut in a moment', () => {
  const [one, other] = [new Y.Doc(), new Y.Doc()]
  one.on('update', (update: Uint8Array, origin: unknown) => origin !== other && Y.applyUpdate(other, update, one))
  other.on('update', (update: Uint8Array, origin: unknown) => origin !== one && Y.applyUpdate(one, update, other))
  for (let n = 0; n < 5_000; n++) {
    one.getArray('list').push([n])
    other.getArray('list').push([n])
  }
  const began = performance.now()
  const pieces = cutUpdate(Y.encodeStateAsUpdate(one), NOTHING, 10_000)
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(10_000)
  const built = new Y.Doc()
  for (const piece of pieces) Y.applyUpdate(built, piece)
  expect(built.getArray('list')).toHaveLength(10_000)
})
