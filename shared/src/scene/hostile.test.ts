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
