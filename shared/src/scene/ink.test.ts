import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { changedKeys, elementOf, valuesOf } from './codec.ts'
import { createElement, elementsOf, findElement, writeKeys } from './document.ts'
import type { FreedrawElement } from './element.ts'
import { inkChunk, inkFromChunks, inkFromPoints, pointsOfInk } from './ink.ts'

/** A hand that wanders: 500 points, a few pixels apart, at a zoom that makes long fractions. */
function stroke(count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [i * 2.37 + Math.sin(i / 9) * 31.7, Math.cos(i / 13) * 85.123])
}

test('a stroke of 500 points drawn live in 60 batches costs under 8 KB of updates and about 3 KB at rest', () => {
  const doc = new Y.Doc()
  let updateBytes = 0
  doc.on('update', (update) => (updateBytes += update.length))
  const points = stroke(500)
  const at = (count: number) =>
    valuesOf({ type: 'freedraw', x: 1, y: 2, seed: 99, points: points.slice(0, count), pressures: [] })!
  createElement(doc, 'ink', at(1))
  for (let batch = 1; batch <= 60; batch++) {
    const next = at(Math.ceil((batch * 500) / 60))
    doc.transact(() => writeKeys(doc, 'ink', changedKeys(findElement(doc, 'ink')!, next)))
  }
  const element = elementOf('ink', findElement(doc, 'ink')!) as FreedrawElement
  expect(element.points).toHaveLength(500)
  expect(updateBytes).toBeLessThan(8_000)
  expect(Y.encodeStateAsUpdate(doc).length).toBeLessThan(3_200)
})

test('errors of the grid do not add up over a stroke', () => {
  const points = stroke(5_000)
  const ink = inkFromPoints(points, [])
  const chunks = Array.from({ length: 50 }, (_, i) =>
    inkChunk({ steps: ink.steps.subarray(0, (i + 1) * 200), pressures: ink.pressures }, i * 100),
  )
  const read = pointsOfInk(inkFromChunks(chunks))
  expect(read).toHaveLength(5_000)
  for (const [i, [x, y]] of read.entries()) {
    expect(Math.abs(x - points[i]![0])).toBeLessThanOrEqual(1 / 32)
    expect(Math.abs(y - points[i]![1])).toBeLessThanOrEqual(1 / 32)
  }
})

test('a stroke cut anywhere into chunks reads the same, jumps of any length and pressures included', () => {
  const point = fc.tuple(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  )
  const cuts = fc.array(fc.nat(30), { maxLength: 5 })
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), cuts, fc.boolean(), (points, at, pressed) => {
      const ink = inkFromPoints(points, pressed ? points.map((_, i) => (i % 10) / 10) : [])
      const ends = [...new Set([...at.filter((cut) => cut > 0 && cut < points.length), points.length])].sort(
        (a, b) => a - b,
      )
      const chunks = ends.map((end, i) =>
        inkChunk(
          { steps: ink.steps.subarray(0, end * 2), pressures: ink.pressures.subarray(0, end) },
          ends[i - 1] ?? 0,
        ),
      )
      expect(inkFromChunks(chunks)).toEqual(ink)
    }),
  )
})

test('more points are appended, a stroke that was reshaped gets a new array', () => {
  const doc = new Y.Doc()
  const chunks = () => (elementsOf(doc).get('ink') as Y.Map<Y.Array<Uint8Array>>).get('ink')!
  const points = stroke(20)
  const write = (next: [number, number][]) =>
    writeKeys(doc, 'ink', changedKeys(findElement(doc, 'ink')!, valuesOf({ type: 'freedraw', points: next })!))
  createElement(doc, 'ink', valuesOf({ type: 'freedraw', points: points.slice(0, 5) })!)
  const first = chunks()
  write(points)
  expect(chunks()).toBe(first)
  expect(first.length).toBe(2)
  write(points.map(([x, y]) => [x / 2, y / 2]))
  expect(chunks()).not.toBe(first)
  expect(chunks().length).toBe(1)
})
