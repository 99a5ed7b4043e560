import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { countStructs } from './count-structs.ts'

const value = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(true, false, null, undefined),
  fc.uint8Array(),
  fc.jsonValue({ maxDepth: 4 }),
)
const edit = fc.record({ who: fc.nat(3), key: fc.constantFrom('a', 'b', 'c'), kind: fc.nat(5), value, at: fc.nat(20) })

/** What some people draw, each with what the others have drawn. */
function draw(edits: ReadonlyArray<{ who: number; key: string; kind: number; value: unknown; at: number }>): Y.Doc {
  const docs = Array.from({ length: 4 }, (_, n) => Object.assign(new Y.Doc(), { clientID: n + 1 }))
  for (const { who, key, kind, value: given, at } of edits) {
    const doc = docs[who] as Y.Doc
    const map = doc.getMap('elements')
    const [text, list] = [map.get('text'), map.get('list')]
    if (kind === 0) map.set(key, given)
    else if (kind === 1) map.set(key, new Y.Map([['xy', given]]))
    else if (kind === 2) map.delete(key)
    else if (kind === 3) map.set('text', new Y.Text(`letters of ${who} 图😀`))
    else if (text instanceof Y.Text && kind === 4) text.insert(Math.min(at, text.length), 'more')
    else if (list instanceof Y.Array) list.insert(Math.min(at, list.length), [{ given }, at])
    else map.set('list', Y.Array.from([{ given }]))
    for (const other of docs) Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
  }
  return docs[0] as Y.Doc
}

test('an update has as many structs as Yjs finds in it, whatever they hold and whosever they are', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
      const doc = draw(edits)
      for (const update of [
        Y.encodeStateAsUpdate(doc),
        Y.encodeStateAsUpdate(doc, Y.encodeStateVector(new Map([[1, 3]]))),
      ])
        expect(countStructs(update)).toBe(Y.decodeUpdate(update).structs.length)
    }),
  )
})

test('what is broken off throws, also in the midst of a list that says how long it is', () => {
  // Of the first of two clients, the only struct that is looked into: a list of 2 ** 42 values, of which none comes.
  const head = [2, 1, 7, 0, 8, 1, 1, 101, 1]
  expect(() => countStructs(Uint8Array.of(...head, 117, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))).toThrow('broken off')
  expect(() => countStructs(Uint8Array.of(...head.slice(0, -1), 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))).toThrow(
    'broken off',
  )
  expect(() => countStructs(Uint8Array.of(2, 0xff, 0xff, 0xff, 0x7f, 7, 0))).toThrow('broken off')
})
