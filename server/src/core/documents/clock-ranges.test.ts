import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import {
  ClockRanges,
  decodeRanges,
  encodeRanges,
  encodeTransactionRanges,
  rangesOfDocument,
  rangesOfUpdate,
  type EditRanges,
} from './clock-ranges.ts'

const shown = (ranges: EditRanges) => [...encodeRanges(ranges)]

test('a set of ids is the same in whatever order it was filled, and covers just what was added', () => {
  const run = fc.record({
    client: fc.integer({ min: 1, max: 3 }),
    clock: fc.nat(30),
    length: fc.integer({ min: 1, max: 5 }),
  })
  let runs = 0
  fc.assert(
    fc.property(fc.array(run, { maxLength: 20 }), (added) => {
      runs += 1
      const set = new ClockRanges()
      const model = new Set<string>()
      for (const { client, clock, length } of added) {
        set.add(client, clock, length)
        for (let n = 0; n < length; n++) model.add(`${client}:${clock + n}`)
      }
      for (let client = 1; client <= 3; client++) {
        for (let clock = 0; clock < 40; clock++) {
          expect(set.covers(client, clock, 1)).toBe(model.has(`${client}:${clock}`))
          const both = model.has(`${client}:${clock}`) && model.has(`${client}:${clock + 1}`)
          expect(set.covers(client, clock, 2)).toBe(both)
        }
      }
    }),
  )
  expect(runs).toBe(100)
})

test('a set that is filled backwards, or by chance, takes little more time than one in order', () => {
  // Deletions in falling order, as a liar sends them: each was sorted in among all before it, and 25,000 of them, a frame
  // of 92 KB, stopped the server for 42 seconds.
  const COUNT = 200_000
  const clocks = Array.from({ length: COUNT }, (_, n) => n * 2)
  const timeOf = (order: readonly number[]) => {
    const begun = performance.now()
    const set = new ClockRanges()
    for (const clock of order) set.add(1, clock, 1)
    expect([set.covers(1, COUNT, 1), set.covers(1, COUNT + 1, 1)]).toEqual([true, false])
    return performance.now() - begun
  }
  const shuffled = clocks.map((clock) => [(clock * 7919) % 104_729, clock] as const).sort((a, b) => a[0] - b[0])
  const inOrderMs = Math.max(timeOf(clocks), timeOf(clocks))
  expect(timeOf(clocks.toReversed())).toBeLessThan(20 * inOrderMs + 500)
  expect(timeOf(shuffled.map(([, clock]) => clock))).toBeLessThan(20 * inOrderMs + 500)
})

test('ranges come back from their bytes', () => {
  const ranges = { inserted: new ClockRanges(), deleted: new ClockRanges() }
  ranges.inserted.add(2 ** 31, 7, 3)
  ranges.deleted.add(5, 0, 1)
  ranges.deleted.add(5, 9, 4)
  const back = decodeRanges(encodeRanges(ranges))
  expect(shown(back)).toEqual(shown(ranges))
  expect([
    back.inserted.covers(2 ** 31, 7, 3),
    back.inserted.covers(2 ** 31, 7, 4),
    back.deleted.covers(5, 1, 1),
  ]).toEqual([true, false, false])
  expect([...back.deleted.reach()]).toEqual([[5, 1]])
  expect([...back.inserted.reach()]).toEqual([])
})

test('what a transaction did is what its update says, and only the news of it', () => {
  const document = new Y.Doc()
  const seen: Array<{ update: Uint8Array; ranges: Uint8Array }> = []
  document.on('update', (update: Uint8Array, _origin: unknown, _document: Y.Doc, transaction: Y.Transaction) => {
    seen.push({ update, ranges: encodeTransactionRanges(transaction) })
  })
  document.getMap('m').set('a', 1)
  document.getMap('m').set('a', 2)
  document.getArray('l').push([1, 2, 3])
  document.getArray('l').delete(0, 2)
  expect(seen).toHaveLength(4)
  for (const { update, ranges } of seen) {
    expect(shown(decodeRanges(ranges))).toEqual(shown(rangesOfUpdate(Y.decodeUpdate(update))))
  }
  const other = new Y.Doc()
  Y.applyUpdate(other, seen[0]?.update as Uint8Array)
  let news: Uint8Array | undefined
  other.on('update', (_update: Uint8Array, _origin: unknown, _document: Y.Doc, transaction: Y.Transaction) => {
    news = encodeTransactionRanges(transaction)
  })
  Y.applyUpdate(other, Y.encodeStateAsUpdate(document))
  const { inserted } = decodeRanges(news as Uint8Array)
  expect([inserted.covers(document.clientID, 0, 1), inserted.covers(document.clientID, 1, 4)]).toEqual([false, true])
})

test('a document’s ranges are those of all its updates together', () => {
  const document = new Y.Doc()
  const all = { inserted: new ClockRanges(), deleted: new ClockRanges() }
  document.on('update', (_update: Uint8Array, _origin: unknown, _document: Y.Doc, transaction: Y.Transaction) => {
    const { inserted, deleted } = decodeRanges(encodeTransactionRanges(transaction))
    all.inserted.addAll(inserted)
    all.deleted.addAll(deleted)
  })
  for (let n = 0; n < 20; n++) document.getMap('m').set(`${n % 7}`, n)
  document.getMap('m').delete('3')
  expect(shown(rangesOfDocument(document))).toEqual(shown(all))
})
