import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { changedKeys, elementOf, unkeptKeys, valuesOf } from './codec.ts'
import { createElement, elementsOf, findElement, writeKeys } from './document.ts'

const note = {
  id: 'n',
  type: 'stickynote',
  x: 10,
  y: 20,
  width: 300,
  height: 200,
  angle: 0,
  strokeColor: '#123456',
  text: 'From the future',
  folded: { corner: 'top', by: [1, 2] },
  version: 7,
  versionNonce: 3,
  updated: 1,
}

test('an element of a later kind is shown as a quiet box, and comes through a move and a copy whole', () => {
  const doc = new Y.Doc()
  createElement(doc, 'n', valuesOf(note)!)
  const seen = elementOf('n', findElement(doc, 'n')!)
  expect(seen).toMatchObject({ type: 'rectangle', strokeStyle: 'dashed', x: 10, y: 20, width: 300, height: 200 })
  expect(unkeptKeys(seen)).toEqual([])

  const before = findElement(doc, 'n')!
  const changes = changedKeys(before, valuesOf({ ...seen, x: 500, strokeColor: '#ff0000' })!)
  expect([...changes.keys()]).toEqual(['xy'])
  writeKeys(doc, 'n', changes)
  createElement(doc, 'copy', valuesOf({ ...structuredClone(seen), id: 'copy', y: 99 })!)
  const stored = (id: string) => {
    const map = elementsOf(doc).get(id) as Y.Map<Uint8Array>
    return JSON.parse(new TextDecoder().decode(map.get('o'))) as object
  }
  const said = { type: 'stickynote', strokeColor: '#123456', text: note.text, folded: note.folded, wh: [300, 200] }
  expect(stored('n')).toEqual({ ...said, xy: [10, 20] })
  expect(stored('copy')).toEqual({ ...said, xy: [10, 99] })
  expect(findElement(doc, 'n')).toMatchObject({ type: 'stickynote', keys: { xy: [500, 20] } })
})

test('what a later version stores in ways of its own stays in the document, and out of copies', () => {
  const doc = new Y.Doc()
  const stored = new Y.Map<unknown>(Object.entries({ type: 'stickynote', fold: 3 }))
  elementsOf(doc).set('n', stored)
  stored.set('petals', new Y.Array())
  const values = findElement(doc, 'n')!
  expect(values.keys.rest).toEqual({ fold: 3 })
  writeKeys(doc, 'n', new Map<string, unknown>(Object.entries({ xy: [1, 1], rest: { fold: 4 } })))
  expect(stored.get('petals')).toBeInstanceOf(Y.Array)
  expect(stored.get('fold')).toBe(3)
})

test('a placeholder keeps its place and nothing of the looks that somebody gives it, and a copy of it is as good', () => {
  const doc = new Y.Doc()
  createElement(doc, 'n', valuesOf(note)!)
  const seen = elementOf('n', findElement(doc, 'n')!)
  expect(unkeptKeys(seen)).toEqual([])
  const changed = (changes: object) => unkeptKeys(Object.assign({ ...seen }, changes)).sort()
  expect(changed({ x: 9, angle: 1, locked: true, seed: 77, groupIds: ['g'], boundElements: [] })).toEqual([])
  const looks = ['opacity', 'roundness', 'strokeColor']
  expect(changed({ strokeColor: '#e03131', opacity: 40, roundness: { type: 3 } })).toEqual(looks)
})

test('nobody makes a placeholder out of a rectangle by what they put beside it', () => {
  const doc = new Y.Doc()
  const trap = { sketchroom: { type: 'rectangle', rest: {} }, mine: 1 }
  createElement(doc, 'e', valuesOf({ type: 'rectangle', customData: trap })!)
  expect(elementOf('e', findElement(doc, 'e')!)).toMatchObject({ type: 'rectangle', customData: { mine: 1 } })
  elementsOf(doc).set('f', new Y.Map(Object.entries({ type: 'rectangle', customData: { sketchroom: { type: 'x' } } })))
  expect(valuesOf(elementOf('f', findElement(doc, 'f')!))?.type).toBe('rectangle')
})

test.each(['__proto__', 'constructor', '', 'a b', 'x'.repeat(40), 7])('%j names no kind', (type) => {
  expect(valuesOf({ ...note, type })).toBeUndefined()
})
