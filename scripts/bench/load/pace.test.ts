import { expect, test } from 'vitest'
import { createPace } from './pace.ts'

/** When something happens, to the millisecond, within some seconds. */
function times(dueBy: (elapsedMs: number) => number, milliseconds: number): number[] {
  return Array.from({ length: milliseconds }, (_, n) => n + 1).flatMap((at) =>
    Array.from({ length: dueBy(at) - dueBy(at - 1) }, () => at),
  )
}

test('what happens twice a second is half a second apart, and out of step with another phase', () => {
  expect(times(createPace(2, 0), 2000)).toEqual([500, 1000, 1500, 2000])
  expect(times(createPace(2, 0.5), 2000)).toEqual([250, 750, 1250, 1750])
})

test('pairs are a gap apart, half as often, and as many in all', () => {
  expect(times(createPace(2, 0.25, 2), 3000)).toEqual([750, 752, 1750, 1752, 2750, 2752])
})
