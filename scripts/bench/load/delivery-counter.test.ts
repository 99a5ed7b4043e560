import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { DeliveryCounter, readTicks } from './delivery-counter.ts'
import { EditSource } from './edit-source.ts'

const edits = (source: EditSource, from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => source.edit(from + n))

/** What a server that merges would make of the updates. */
const merged = (...updates: Uint8Array[]) => Y.mergeUpdates(updates)

test('each edit of a writer is one tick, however the server merges', () => {
  const source = new EditSource(7)
  const ticks: Array<[client: number, from: number, to: number]> = []
  const counter = new DeliveryCounter((...run) => ticks.push(run))
  counter.add(source.opening)
  counter.add(source.edit(0))
  counter.add(merged(...edits(source, 1, 200)))
  counter.add(source.edit(200))
  const begin = source.openingTicks
  expect(ticks.slice(1)).toEqual([
    [7, begin, begin + 1],
    [7, begin + 1, begin + 200],
    [7, begin + 200, begin + 201],
  ])
  expect(counter.count).toBe(begin + 201)
})

test('the updates that a server broadcasts from its own document count the same', () => {
  const source = new EditSource(7)
  const document = new Y.Doc()
  const counter = new DeliveryCounter()
  document.on('update', (update: Uint8Array) => counter.add(update))
  for (const update of [source.opening, ...edits(source, 0, 50)]) Y.applyUpdate(document, update)
  expect(counter.count).toBe(source.openingTicks + 50)
})

test('writers merged into one frame are counted each by itself', () => {
  const [ada, bob] = [new EditSource(7), new EditSource(8)]
  const counter = new DeliveryCounter()
  counter.add(merged(ada.opening, bob.opening, ...edits(ada, 0, 3), ...edits(bob, 0, 2)))
  counter.add(merged(ada.edit(3), ...edits(bob, 2, 5)))
  expect(counter.count).toBe(ada.openingTicks + bob.openingTicks + 4 + 5)
})

test('an edit that is missing or comes twice is an error, not a wrong count', () => {
  const source = new EditSource(7)
  const begin = source.openingTicks
  const counter = new DeliveryCounter()
  counter.add(source.opening)
  expect(() => counter.add(source.edit(1))).toThrow(`expected tick ${begin}, and ${begin + 1} came`)
  counter.add(source.edit(0))
  expect(() => counter.add(source.edit(0))).toThrow(`expected tick ${begin + 1}, and ${begin} came`)
})

test('an update that only deletes carries no tick', () => {
  const doc = new Y.Doc()
  doc.getMap('map').set('key', 1)
  const before = Y.encodeStateVector(doc)
  doc.getMap('map').delete('key')
  readTicks(Y.encodeStateAsUpdate(doc, before), () => expect.unreachable())
})
