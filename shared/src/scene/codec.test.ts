import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { changedKeys, elementOf, unkeptKeys, valuesOf } from './codec.ts'
import { createElement, elementsOf, findElement, readElements, writeKeys } from './document.ts'
import { ELEMENT_TYPES, type ElementType, type SceneElement } from './element.ts'

const common = {
  id: 'e1',
  x: 10.123456,
  y: -20.5,
  width: 300.25,
  height: 40,
  angle: 1.5,
  strokeColor: '#e03131',
  backgroundColor: 'rgb(1, 2, 3)',
  fillStyle: 'hachure',
  strokeWidth: 4,
  strokeStyle: 'dashed',
  roundness: { type: 3, value: 12 },
  roughness: 0,
  opacity: 40,
  seed: 123_456,
  index: 'a1V',
  isDeleted: false,
  groupIds: ['g1', 'g2'],
  frameId: 'frame1',
  boundElements: null,
  link: 'https://example.org/x?y=1',
  locked: true,
  customData: { note: ['x', 1, null] },
}
const elbow = {
  elbowed: true,
  fixedSegments: [{ start: [1, 2], end: [3, 4], index: 1 }],
  startIsSpecial: true,
  endIsSpecial: null,
}
const line = {
  points: [
    [0, 0],
    [10.5, 20],
    [300.25, 40],
  ],
  lastCommittedPoint: null,
  startBinding: { elementId: 'a', focus: 0.25, gap: 3 },
  endBinding: { elementId: 'b', focus: -1, gap: 0, fixedPoint: [0.5, 1.1] },
  startArrowhead: 'dot',
  endArrowhead: 'triangle',
}
/** A line's places are kept to 1/1024 px. */
const onGrid = { x: 10.125, y: -20.5 }
/** Every kind of element, every property away from its default. */
const samples: Record<ElementType, object> = {
  rectangle: common,
  diamond: common,
  ellipse: common,
  frame: { ...common, name: 'Plan' },
  line: { ...common, ...onGrid, ...line },
  arrow: { ...common, ...onGrid, ...line, ...elbow },
  text: {
    ...common,
    originalText: 'Hello wide world 👋',
    text: 'Hello wide\nworld 👋',
    fontSize: 28,
    fontFamily: 6,
    lineHeight: 1.35,
    textAlign: 'center',
    verticalAlign: 'middle',
    autoResize: false,
    containerId: 'box',
  },
  freedraw: {
    ...common,
    width: 12,
    height: 8.5,
    points: [
      [0, 0],
      [10.25, -0.5],
      [12, 8],
    ],
    pressures: [0, 0.2, 1],
    simulatePressure: false,
    lastCommittedPoint: null,
  },
}

test.each(ELEMENT_TYPES)('a %s comes back from the document as it was', (type) => {
  const element = { ...samples[type], type }
  const doc = new Y.Doc()
  createElement(doc, 'e1', valuesOf(element)!)
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
  expect(elementOf('e1', findElement(other, 'e1')!)).toEqual(element)
})

test.each(ELEMENT_TYPES)('a %s comes back when each key was written by itself', (type) => {
  const element = { ...samples[type], type }
  const doc = new Y.Doc()
  const stored = new Y.Map<unknown>([['type', type]])
  elementsOf(doc).set('e1', stored)
  const values = valuesOf(element)!
  writeKeys(doc, 'e1', new Map(Object.entries(values.keys)))
  expect(elementOf('e1', findElement(doc, 'e1')!)).toEqual(element)
})

test('a new element stores only what differs from the defaults', () => {
  const doc = new Y.Doc()
  createElement(doc, 'e1', valuesOf({ type: 'rectangle', x: 3, y: 4, width: 100, height: 100 })!)
  const stored = elementsOf(doc).get('e1') as Y.Map<Uint8Array>
  expect([...stored.keys()]).toEqual(['o'])
  expect(new TextDecoder().decode(stored.get('o'))).toBe('{"type":"rectangle","xy":[3,4]}')
})

test('a change names only the keys that changed, and coupled properties are one', () => {
  const before = valuesOf({ ...samples.rectangle, type: 'rectangle' })!
  const after = valuesOf({ ...samples.rectangle, type: 'rectangle', x: 11, strokeColor: '#000' })!
  expect(changedKeys(before, after)).toEqual(
    new Map<string, unknown>([
      ['xy', [11, -20.5]],
      ['strokeColor', '#000'],
    ]),
  )
})

test('going back to a default is a write, not a removal', () => {
  const doc = new Y.Doc()
  const decorated = valuesOf({ ...samples.rectangle, type: 'rectangle' })!
  createElement(doc, 'e1', decorated)
  const plain = valuesOf({ ...samples.rectangle, type: 'rectangle', link: null, customData: undefined, groupIds: [] })!
  const clock = Y.encodeStateVector(doc)
  writeKeys(doc, 'e1', changedKeys(decorated, plain))
  expect(Y.encodeStateVector(doc)).not.toEqual(clock)
  const element = elementOf('e1', findElement(doc, 'e1')!)
  expect(element.link).toBeNull()
  expect(element.groupIds).toEqual([])
  expect(element.customData).toBeUndefined()
})

test('a move offline and a recolour online both stay; a text and its move too', () => {
  const docs = [new Y.Doc(), new Y.Doc()] as const
  createElement(docs[0], 'box', valuesOf({ ...samples.rectangle, type: 'rectangle' })!)
  createElement(docs[0], 'words', valuesOf({ ...samples.text, type: 'text' })!)
  Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]))
  const change = (doc: Y.Doc, id: string, changes: object) => {
    const before = findElement(doc, id)!
    writeKeys(doc, id, changedKeys(before, valuesOf({ ...elementOf(id, before), ...changes })!))
  }
  change(docs[0], 'box', { x: 500 })
  change(docs[0], 'words', { x: 500 })
  change(docs[1], 'box', { strokeColor: 'blue' })
  change(docs[1], 'words', { originalText: 'new', text: 'new', width: 30 })
  Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(docs[1]))
  Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]))
  for (const doc of docs) {
    expect(elementOf('box', findElement(doc, 'box')!)).toMatchObject({ x: 500, strokeColor: 'blue' })
    expect(elementOf('words', findElement(doc, 'words')!)).toMatchObject({ x: 500, text: 'new', width: 30 })
  }
})

test('3,000 steps of a drag leave less than 200 KB of document', () => {
  const doc = new Y.Doc()
  createElement(doc, 'e1', valuesOf({ ...samples.rectangle, type: 'rectangle' })!)
  for (let step = 0; step < 3_000; step++) {
    writeKeys(doc, 'e1', new Map([['xy', [100 + step * 1.37, 200 + Math.sin(step) * 100]]]))
  }
  expect(Y.encodeStateAsUpdate(doc).length).toBeLessThan(200_000)
})

test('reading 10,000 elements costs no more than a few times what Yjs needs to load them', () => {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (let i = 0; i < 10_000; i++) {
      const type = ELEMENT_TYPES[i % ELEMENT_TYPES.length]!
      const { strokeColor, seed, index, roundness } = common
      const own = { rectangle: {}, diamond: {}, ellipse: {}, frame: {}, line, arrow: line, text: {}, freedraw: {} }[
        type
      ]
      createElement(doc, `e${i}`, valuesOf({ type, x: i * 1.1, y: 7, strokeColor, seed, index, roundness, ...own })!)
    }
  })
  // A ratio, because a busy machine makes any time longer; on a quiet one the reading takes about 50 ms.
  const update = Y.encodeStateAsUpdate(doc)
  const took = (work: () => void) => {
    const start = performance.now()
    work()
    return performance.now() - start
  }
  const rounds = Array.from({ length: 7 }, () => ({
    load: took(() => Y.applyUpdate(new Y.Doc(), update)),
    read: took(() => {
      const elements = [...readElements(doc)].map(([id, values]) => elementOf(id, values))
      expect(elements).toHaveLength(10_000)
    }),
  }))
  const least = (kind: 'load' | 'read') => Math.min(...rounds.map((round) => round[kind]))
  expect(least('read')).toBeLessThan(8 * least('load'))
})

test.each([
  ['a link without a scheme', { type: 'rectangle', link: 'example.com/x?y' }, { link: 'https://example.com/x?y' }],
  ['a link of another scheme', { type: 'rectangle', link: 'obsidian://x' }, { link: null }],
  ['a link that a script would be', { type: 'rectangle', link: 'javascript:alert(1)' }, { link: null }],
  ['a name', { type: 'frame', name: 'n'.repeat(300) }, { name: 'n'.repeat(256) }],
  [
    'a text',
    { type: 'text', originalText: 'ab'.repeat(60_000), width: 1, height: 1 },
    { originalText: 'ab'.repeat(50_000) },
  ],
  ['a place', { type: 'rectangle', x: 5e8, y: 3 }, { x: 1e7, y: 3 }],
  [
    'a line',
    { type: 'line', x: 0, y: 0, width: 1, height: 1, points: Array.from({ length: 12_000 }, (_, n) => [n, n]) },
    { points: [...Array.from({ length: 9_999 }, (_, n) => [n, n]), [11_999, 11_999]] },
  ],
])('of %s that an editor made and the format refuses, what can be kept is kept', (_what, element, kept) => {
  const values = valuesOf(element)
  if (!values) throw new Error('no such kind of element')
  expect(elementOf('e1', values)).toMatchObject(kept)
  expect(unkeptKeys({ ...elementOf('e1', values), ...element } as SceneElement)).toHaveLength(1)
  expect(unkeptKeys(elementOf('e1', values))).toEqual([])
})
