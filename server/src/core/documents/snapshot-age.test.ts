import { expect, test } from 'vitest'
import { findMadeBefore } from './snapshot-age.ts'

/** Of snapshots dated like this, the oldest first and numbered 1, 2, 3 …, the newest of before 70, at 100. */
const found = (...dates: number[]) =>
  findMadeBefore(dates.map((at, index) => ({ seq: index + 1, at })).toReversed(), { before: 70, now: 100 })

test('the newest that is old enough is found, if there is one', () => {
  expect(found(10, 50, 70, 71, 90)).toBe(3)
  expect(found(71, 90)).toBeUndefined()
  expect(found()).toBeUndefined()
})

test('one that a clock dated too early is not believed: it was made after those before it', () => {
  expect(found(10, 90, 0)).toBe(1)
  expect(found(90, 0, 95)).toBeUndefined()
  // Nor are those that follow while the clock is behind.
  expect(found(80, 1, 2, 3, 85)).toBeUndefined()
})

test('one that a clock dated in the future takes nothing from those after it', () => {
  expect(found(10, 5_000, 60, 90)).toBe(3)
  expect(found(5_000)).toBeUndefined()
})
