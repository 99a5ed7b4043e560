import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { cutByClient } from './parts.ts'
import { playOut, read, receiverOf, step } from './testing/play-out.ts'

const waits = ({ store }: Y.Doc) => store.pendingStructs !== null || store.pendingDs !== null

/** The parts that somebody lacks who has what another document has. */
function partsFor(receiver: Y.Doc, doc: Y.Doc, clients: readonly number[], maxBytes = 100_000) {
  const stateVector = Y.encodeStateVector(receiver)
  return cutByClient(doc, clients, { stateVector, present: stateVector, maxBytes }).parts
}

test('whichever clients are refused, what the others have made can be taken, and the rest afterwards', () => {
  let refusals = 0
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 90 }),
      fc.nat(20),
      fc.subarray([7, 3, 11], { minLength: 1 }),
      fc.nat(7),
      fc.integer({ min: 60, max: 400 }),
      (steps, seen, clients, refused, maxBytes) => {
        const { all, updates } = playOut(steps)
        const receiver = receiverOf(updates, seen)
        const [first = [], ...parts] = partsFor(receiver, all, clients, maxBytes)
        const rest = parts.pop() ?? []
        const isRefused = (part: number) => (refused & (1 << part)) > 0
        for (const pieces of [first, ...parts.filter((_, part) => !isRefused(part))]) {
          for (const piece of pieces) {
            Y.applyUpdate(receiver, piece)
            expect(waits(receiver)).toBe(false)
          }
        }
        const late = parts.filter((_, part) => isRefused(part))
        if (late.some((pieces) => pieces.length > 0)) refusals += 1
        for (const piece of [...late, rest].flat()) {
          Y.applyUpdate(receiver, piece)
          expect(waits(receiver)).toBe(false)
        }
        expect(Y.equalSnapshots(Y.snapshot(receiver), Y.snapshot(all))).toBe(true)
        expect(read(receiver)).toEqual(read(all))
      },
    ),
    { numRuns: 400 },
  )
  expect(refusals).toBeGreaterThan(100)
})

/** A document that somebody else has as it was, and goes on from as another client. */
function board() {
  const [doc, server] = [new Y.Doc(), new Y.Doc()]
  doc.clientID = 1
  doc.getText('text').insert(0, 'some words')
  doc.getMap('elements').set('a', 'red')
  Y.applyUpdate(server, Y.encodeStateAsUpdate(doc))
  doc.clientID = 2
  return { doc, server }
}

test('what was replaced stays until there is what replaces it', () => {
  const { doc, server } = board()
  const text = doc.getText('text')
  doc.transact(() => {
    text.delete(0, text.length)
    text.insert(0, 'words that are refused')
    doc.getMap('elements').set('a', 'a colour that is refused')
  })
  const [first = [], own = []] = partsFor(server, doc, [2])
  for (const piece of first) Y.applyUpdate(server, piece)
  expect([server.getText('text').toJSON(), server.getMap('elements').get('a')]).toEqual(['some words', 'red'])
  for (const piece of own) Y.applyUpdate(server, piece)
  expect(read(server)).toEqual(read(doc))
})

test('what is deleted elsewhere does not wait', () => {
  const { doc, server } = board()
  doc.getMap('elements').set('b', 'refused')
  doc.getText('text').delete(0, 5)
  const [first = []] = partsFor(server, doc, [2])
  for (const piece of first) Y.applyUpdate(server, piece)
  expect(server.getText('text').toJSON()).toBe('words')
})
