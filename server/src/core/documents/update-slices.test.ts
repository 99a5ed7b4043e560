import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { rangesOfDocument, type ClockRanges } from './clock-ranges.ts'
import { sliceDocument } from './update-slices.ts'

/** Several people who edit maps in a map, an array and a text, and hear of each other now and then. */
function playOut(steps: ReadonlyArray<readonly [who: number, what: number, key: number]>): Y.Doc {
  const documents = [0, 1, 2].map((n) => {
    const document = new Y.Doc()
    document.clientID = [7, 3, 11][n] as number
    return document
  })
  for (const [who, what, key] of steps) {
    const document = documents[who] as Y.Doc
    const elements = document.getMap<Y.Map<unknown>>('elements')
    const list = document.getArray('list')
    const text = document.getText('text')
    if (what === 0) elements.set(`e${key}`, new Y.Map([['xy', [key, who]]]))
    else if (what === 1) elements.get(`e${key}`)?.set('color', `${who}${key}`)
    else if (what === 2) elements.delete(`e${key}`)
    else if (what === 3) list.insert(Math.min(list.length, key), [who, key])
    else if (what === 4 && list.length > key) list.delete(key, 1)
    else if (what === 5) text.insert(Math.min(text.length, key), 'word')
    else if (what === 6 && text.length > key) text.delete(key, 1)
    else for (const other of documents) Y.applyUpdate(document, Y.encodeStateAsUpdate(other))
  }
  const all = new Y.Doc()
  for (const document of documents) Y.applyUpdate(all, Y.encodeStateAsUpdate(document))
  return all
}

/** What a document has, whichever way Yjs has joined it together inside. */
function known(document: Y.Doc) {
  const { inserted, deleted } = rangesOfDocument(document)
  const sorted = (ranges: ClockRanges) => [...ranges].sort(([a], [b]) => a - b)
  return { inserted: sorted(inserted), deleted: sorted(deleted) }
}

test('slices build the same document, none of them waits for a later one, and none is larger than asked', () => {
  const step = fc.tuple(fc.nat(2), fc.nat(7), fc.nat(5))
  let runs = 0
  let severalSlices = 0
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 40, maxLength: 120 }),
      fc.integer({ min: 1, max: 9 }),
      (steps, structsPerSlice) => {
        runs += 1
        const document = playOut(steps)
        const slices = sliceDocument(document, structsPerSlice)
        const built = new Y.Doc()
        for (const slice of slices ?? []) {
          expect(Y.decodeUpdate(slice).structs.length).toBeLessThanOrEqual(structsPerSlice)
          Y.applyUpdate(built, slice)
          expect([built.store.pendingStructs, built.store.pendingDs]).toEqual([null, null])
        }
        if ((slices?.length ?? 0) > 2) severalSlices += 1
        expect(known(built)).toEqual(known(document))
        for (const name of ['elements', 'list', 'text'] as const) {
          const read = (from: Y.Doc) =>
            name === 'elements'
              ? from.getMap(name).toJSON()
              : name === 'list'
                ? from.getArray(name).toJSON()
                : from.getText(name).toJSON()
          expect(read(built)).toEqual(read(document))
        }
      },
    ),
    { numRuns: 200 },
  )
  expect(runs).toBe(200)
  expect(severalSlices).toBeGreaterThan(50)
})

test('a document with a hole in its history is not sliced', () => {
  const writer = new Y.Doc()
  const updates: Uint8Array[] = []
  writer.on('update', (update: Uint8Array) => updates.push(update))
  writer.getMap('m').set('a', 1)
  writer.getMap('m').set('a', 2)
  const holed = new Y.Doc()
  Y.applyUpdate(holed, updates[1] as Uint8Array)
  expect(sliceDocument(holed)).toBeUndefined()
})
