import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { elementOf, valuesOf } from './codec.ts'
import { elementsOf, findElement, readElements } from './document.ts'
import { sceneFaults } from './invariants.ts'
import { ELEMENT_TYPES } from './element.ts'
import { KEYS } from './keys.ts'

function docWith(keys: Record<string, unknown>): Y.Doc {
  const doc = new Y.Doc()
  elementsOf(doc).set('e1', new Y.Map(Object.entries(keys)))
  return doc
}

function elementWith(keys: Record<string, unknown>) {
  const values = findElement(docWith(keys), 'e1')
  return values && elementOf('e1', values)
}

test('what is no element is passed over and stays in the document', () => {
  const doc = docWith({ type: 'no kind of <anything>', xy: [1, 2] })
  elementsOf(doc).set('e2', 'not an element')
  elementsOf(doc).set('__proto__', new Y.Map([['type', 'rectangle']]))
  elementsOf(doc).set('constructor', new Y.Map([['type', 'rectangle']]))
  elementsOf(doc).set('x'.repeat(65), new Y.Map([['type', 'rectangle']]))
  expect(readElements(doc).size).toBe(0)
  expect(elementsOf(doc).size).toBe(5)
})

test('links that would run or carry something are inert', () => {
  for (const link of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//x',
    'file:///etc',
  ]) {
    expect(elementWith({ type: 'rectangle', link })?.link).toBeNull()
    expect(valuesOf({ type: 'rectangle', link })?.keys.link).toBeNull()
  }
  expect(elementWith({ type: 'rectangle', link: 'mailto:a@b.c' })?.link).toBe('mailto:a@b.c')
  expect(elementWith({ type: 'rectangle', strokeColor: 'url(//evil.example/x)' })?.strokeColor).toBe('#1e1e1e')
})

test('a faulty key means what the element was created with, else the default', () => {
  const o = new TextEncoder().encode('{"type":"rectangle","xy":[7,8],"opacity":"much","__proto__":{"locked":true}}')
  const element = elementWith({ o, xy: [Number.NaN, 1], wh: 'big', strokeWidth: Infinity, angle: 1e300 })
  expect(element).toMatchObject({ x: 7, y: 8, width: 100, height: 100, strokeWidth: 2, angle: 0, opacity: 100 })
  expect(element?.locked).toBe(false)
})

test('what is larger than any drawing falls back', () => {
  const element = elementWith({
    type: 'line',
    via: Array.from({ length: 20_000 }, () => [0, 0]),
    groupIds: Array.from({ length: 1_000 }, (_, i) => `g${i}`),
    customData: { long: 'x'.repeat(10_000) },
  })
  expect(element).toMatchObject({
    points: [
      [0, 0],
      [100, 0],
    ],
    groupIds: [],
  })
  expect(element?.customData).toBeUndefined()
})

test('a stroke reads whatever its array holds', () => {
  const chunks = new Y.Array<unknown>()
  chunks.push([new Uint8Array([0, 16, 0, 32, 0]), 'x', null, new Uint8Array(0), new Uint8Array([3, 1, 2]), new Y.Map()])
  chunks.push([new Uint8Array([1, 0, 0, 0, 0x7f, 0, 0, 0, 0x80])])
  const element = elementWith({ type: 'freedraw', ink: chunks })
  expect(element && sceneFaults([{ ...element, index: 'a0' }])).toEqual([])
  expect(element).toMatchObject({ points: [[1, 2], expect.anything()] })
  expect(elementWith({ type: 'freedraw', ink: 'no array' })).toMatchObject({ points: [[0, 0]] })
})

test('shared types of all kinds where the format has values, and in each other, are passed over', () => {
  const nested = new Y.Map<unknown>()
  let inner = nested
  for (let depth = 0; depth < 500; depth++) {
    const next = new Y.Map<unknown>()
    inner.set('groupIds', next)
    inner = next
  }
  const made: Record<string, () => unknown> = {
    map: () => new Y.Map(),
    array: () => new Y.Array(),
    text: () => new Y.Text('0'),
    xml: () => new Y.XmlElement('script'),
    fragment: () => new Y.XmlFragment(),
    xmlText: () => new Y.XmlText('x'),
    document: () => new Y.Doc(),
  }
  for (const [name, make] of Object.entries(made)) {
    for (const type of ELEMENT_TYPES) {
      const values = KEYS.map((spec) => [spec.name, make()] as const)
      const element = elementWith({ ...Object.fromEntries(values), type })
      expect(element && sceneFaults([{ ...element, index: 'a0' }]), `${name} in ${type}`).toEqual([])
    }
    const doc = new Y.Doc()
    elementsOf(doc).set('e1', make())
    expect(() => readElements(doc), name).not.toThrow()
  }
  expect(elementWith({ type: 'rectangle', customData: nested, ['k'.repeat(100_000)]: 1 })?.customData).toBeUndefined()
})

test.each(['customData', 'rest'])('%s that nests so deep that whoever copies it fails is passed over', (key) => {
  for (const depth of [1_000, 2_000, 7_000, 30_000]) {
    const created = `{"type":"${key === 'rest' ? 'later' : 'rectangle'}","${key}":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`
    const element = elementWith({ o: new TextEncoder().encode(created) })
    expect(element, String(depth)).toMatchObject({ type: 'rectangle', x: 0 })
    expect(() => structuredClone(element)).not.toThrow()
    expect(JSON.stringify(element).length).toBeLessThan(2_000)
  }
})

test('an element at which reading fails for a reason that nobody has foreseen is a placeholder, and the others are there', () => {
  const doc = docWith({ type: 'rectangle' })
  const faulty = new Y.Map<unknown>([['type', 'rectangle']])
  elementsOf(doc).set('e2', faulty)
  faulty.forEach = () => {
    throw new RangeError('unforeseen')
  }
  expect([...readElements(doc)].map(([id, { type }]) => [id, type])).toEqual([
    ['e1', 'rectangle'],
    ['e2', 'unreadable'],
  ])
  expect(elementOf('e2', findElement(doc, 'e2')!)).toMatchObject({ type: 'rectangle', strokeStyle: 'dashed' })
})

test('whatever is in a document, every element that comes out is sound and comes back the same', () => {
  let runs = 0
  const anything = fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true }), fc.constant(Number.NaN))
  const plain = anything.filter((value) => isStorable(value))
  const keys = fc.dictionary(fc.constantFrom('type', 'o', '__proto__', ...KEYS.map((spec) => spec.name)), plain)
  fc.assert(
    fc.property(keys, fc.constantFrom(...ELEMENT_TYPES), fc.jsonValue(), (hostile, type, created) => {
      runs++
      const o = new TextEncoder().encode(JSON.stringify(created))
      const element = elementWith({ ...hostile, o, type })
      expect(element).toBeDefined()
      expect(sceneFaults([{ ...element!, index: 'a0' }])).toEqual([])
      const again = elementOf('e1', valuesOf(element!)!)
      expect(again).toEqual(element)
    }),
    { numRuns: 300 },
  )
  expect(runs).toBeGreaterThanOrEqual(300)
})

function isStorable(value: unknown): boolean {
  try {
    Y.encodeStateAsUpdate(docWith({ value }))
    return true
  } catch {
    return false
  }
}
