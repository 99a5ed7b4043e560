import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openingPoint, type PlacedElement, type WindowSize } from './opening-view.ts'

const DESKTOP = { width: 1_800, height: 1_100 }
const PHONE = { width: 550, height: 1_000 }

const box = (x: number, y: number, size = 80): PlacedElement => ({ x, y, width: size, height: size })
const cluster = (x: number, y: number, count: number) =>
  Array.from({ length: count }, (_, i) => box(x + (i % 4) * 100, y + Math.floor(i / 4) * 100))

/** How many of the boxes are in sight, with a middle that is. */
function inSight(elements: readonly PlacedElement[], window: WindowSize): number {
  const [x, y] = openingPoint(elements, window) ?? [0, 0]
  return elements.filter(
    (each) =>
      Math.abs(each.x + each.width / 2 - x) < window.width / 2 &&
      Math.abs(each.y + each.height / 2 - y) < window.height / 2,
  ).length
}

test.each([
  ['two clusters 6,000 px apart', [...cluster(0, 0, 12), ...cluster(6_000, 3_000, 12)], 12],
  ['a crowd and one outlier', [...cluster(0, 0, 12), box(20_000, 15_000)], 12],
  ['a small cluster far from a large one', [...cluster(-9_000, 0, 3), ...cluster(0, 0, 16)], 16],
  ['one element', [box(700, 900)], 1],
])('%s: the whole of the larger crowd is in sight', (_, elements, expected) => {
  expect(inSight(elements, DESKTOP)).toBe(expected)
})

test.each([
  ['a desktop', DESKTOP],
  ['a phone', PHONE],
])('of a ring, some of it is in sight on %s', (_, window) => {
  const angles = Array.from({ length: 40 }, (__, i) => (i / 40) * 2 * Math.PI)
  const ring = angles.map((angle) => box(4_000 * Math.cos(angle), 4_000 * Math.sin(angle)))
  expect(inSight(ring, window)).toBeGreaterThan(0)
})

test('of a shape that is larger than the window, the outline is in sight', () => {
  const [x, y] = openingPoint([box(0, 0, 10_000)], DESKTOP) ?? [5_000, 5_000]
  const distances = [x, y, 10_000 - x, 10_000 - y].map(Math.abs)
  expect(Math.min(...distances)).toBeLessThan(DESKTOP.height / 2)
})

test('of a long line, a point is in sight', () => {
  const line = { x: 100, y: 0, width: 9_000, height: 9_000, points: [[0, 0] as const, [9_000, 9_000] as const] }
  const [x, y] = openingPoint([line], DESKTOP) ?? [0, 0]
  expect(Math.min(Math.hypot(x - 100, y), Math.hypot(x - 9_100, y - 9_000))).toBeLessThan(10)
})

test('what fits into the window is whole in it, though the crowd that it belongs to has a part elsewhere', () => {
  const [x = 0, y = 0] = openingPoint([...cluster(0, 0, 12), ...cluster(6_000, 2_000, 12)], PHONE) ?? []
  expect([x, y]).toEqual([190, 140])
})

test('along an axis on which all fits, its middle is in the middle', () => {
  const [x] = openingPoint([...cluster(0, 0, 12), box(-50, 9_000), box(330, 9_000)], PHONE) ?? []
  expect(x).toBe((-50 + 410) / 2)
})

test('nothing drawn has no such place', () => {
  expect(openingPoint([], DESKTOP)).toBeUndefined()
})

test('whatever is drawn, some of it is in sight', () => {
  const place = fc.integer({ min: -20_000, max: 20_000 })
  const elements = fc.array(fc.record({ x: place, y: place, width: fc.constant(80), height: fc.constant(80) }), {
    minLength: 1,
    maxLength: 40,
  })
  fc.assert(
    fc.property(elements, (drawn) => inSight(drawn, PHONE) > 0),
    { numRuns: 300 },
  )
})
