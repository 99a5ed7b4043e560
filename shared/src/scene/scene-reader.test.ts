import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { valuesOf } from './codec.ts'
import { createElement, findElement, readElements, writeKeys } from './document.ts'
import { SceneReader, type Measure } from './scene-reader.ts'

function board(elements: Record<string, object>, measure?: Measure) {
  const doc = new Y.Doc()
  for (const [id, element] of Object.entries(elements)) createElement(doc, id, valuesOf(element)!)
  const reader = new SceneReader(doc, measure)
  reader.note(readElements(doc))
  const set = (id: string, key: string, value: unknown) => {
    writeKeys(doc, id, new Map([[key, value]]))
    return reader.note([[id, findElement(doc, id)]])
  }
  return { doc, reader, set, shown: (id: string) => reader.read(id)?.keys }
}

const box = { type: 'rectangle', x: 100, y: 100, width: 200, height: 100 }
const label = { type: 'text', originalText: 'Hi', text: 'Hi', width: 40, height: 25, containerId: 'box' }
const frame = { type: 'frame', width: 500, height: 500 }

test.each([
  ['names nobody', { note: { ...label, containerId: 'nobody' } }],
  ['names itself', { note: { ...label, containerId: 'note' } }],
  [
    'names another text, which names it',
    { note: { ...label, containerId: 'n2' }, n2: { ...label, containerId: 'note' } },
  ],
  ['names a line', { line: { type: 'line' }, note: { ...label, containerId: 'line' } }],
  ['names a frame', { frame, note: { ...label, containerId: 'frame' } }],
])('a label whose container makes no sense stands by itself: it %s', (_what, elements) => {
  const { shown, reader } = board(elements)
  expect(shown('note')).toMatchObject({ containerId: null, words: 'Hi' })
  for (const id of ['line', 'frame', 'n2']) expect(reader.boundTo(id)).toBeNull()
})

test('a label whose shape is deleted stays where it stood, and is its label again when that comes back', () => {
  const { shown, set } = board({ box, note: { ...label, x: -9, y: -9 } })
  const inBox = shown('note')
  expect(inBox).toMatchObject({ containerId: 'box', xy: [105, 105] })
  expect(set('box', 'isDeleted', true)).toContain('note')
  expect(shown('note')).toEqual({ ...inBox, containerId: null })
  expect(set('box', 'isDeleted', false)).toContain('note')
  expect(shown('note')).toEqual(inBox)
})

test('what is part of a frame that is gone, or of something else, stands by itself; frames are part of none', () => {
  const { shown, set } = board({
    frame,
    box,
    child: { ...box, frameId: 'frame' },
    lost: { ...box, frameId: 'nobody' },
    odd: { ...box, frameId: 'box' },
    inner: { ...frame, frameId: 'frame' },
    self: { ...frame, frameId: 'self' },
  })
  expect(shown('child')?.frameId).toBe('frame')
  for (const id of ['lost', 'odd', 'inner', 'self']) expect(shown(id)?.frameId, id).toBeNull()
  expect(set('frame', 'name', 'Plan')).not.toContain('child')
  expect(set('frame', 'isDeleted', true)).toContain('child')
  expect(shown('child')?.frameId).toBeNull()
})

test('an arrow is tied to shapes and texts, not to lines or itself; what it names may still be on its way', () => {
  const tie = (elementId: string) => ({ elementId, focus: 0, gap: 1 })
  const arrow = (start: string, end: string) => ({ type: 'arrow', startBinding: tie(start), endBinding: tie(end) })
  const { shown, reader } = board({ box, line: { type: 'line' }, a: arrow('box', 'line'), b: arrow('b', 'later') })
  expect(shown('a')).toMatchObject({ startBinding: { elementId: 'box' }, endBinding: null })
  expect(shown('b')).toMatchObject({ startBinding: null, endBinding: { elementId: 'later' } })
  expect(reader.boundTo('box')).toEqual([{ id: 'a', type: 'arrow' }])
  expect(reader.boundTo('line')).toBeNull()
})

test('a text without a size is as large as it is measured, or at least to be seen; a fit that fits is believed', () => {
  const bare = { type: 'text', originalText: 'Hello', width: 0, height: 0 }
  const { shown } = board({ bare })
  expect(shown('bare')?.fit).toEqual([expect.closeTo(5 * 20 * 0.55), 25, null, ''])
  const measured: string[] = []
  const other = board({ box, bare, good: label }, ({ keys }) => {
    measured.push(keys.words as string)
    return [77, 33, null, '']
  })
  expect(other.shown('bare')?.fit).toEqual([77, 33, null, ''])
  expect(other.shown('good')?.fit).toEqual([40, 25, null, ''])
  expect(new Set(measured)).toEqual(new Set(['Hello']))
})

test('a label is measured anew when its shape has another width, and not when it is moved', () => {
  const asked: (readonly [unknown, unknown])[] = []
  const { set, shown } = board({ box, note: label }, (text, container) => {
    asked.push([text.keys.words, container?.keys.wh])
    return [10, 10, null, '']
  })
  set('box', 'xy', [0, 0])
  shown('note')
  expect(asked).toEqual([])
  set('box', 'wh', [50, 100])
  shown('note')
  expect(asked[0]).toEqual(['Hi', [50, 100]])
})
