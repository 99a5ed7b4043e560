import { expect, test } from 'vitest'
import { keepsSnapshot } from './snapshot-thinning.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)

/** Snapshots every ten minutes for `days`, thinned out every four hours: the ages of those left, newest first. */
function live(days: number): number[] {
  let kept: number[] = []
  let now = START
  for (; now < START + days * DAY; now += 10 * MINUTE) {
    kept.unshift(now)
    if ((now - START) % (4 * HOUR) !== 0) continue
    let newerAt = Infinity
    kept = kept.filter((at) => {
      const stays = keepsSnapshot(at, newerAt, now)
      if (stays) newerAt = at
      return stays
    })
  }
  return kept.map((at) => now - at)
}

test('after 200 days there are all of the last day, hourly ones of a week, daily ones of 90 days, then weekly ones', () => {
  const ages = live(200)
  const gaps = ages.slice(1).map((age, index) => ({ age, gap: age - ages[index]! }))
  const largest = (from: number, to: number) =>
    Math.max(...gaps.filter(({ age }) => age > from && age <= to).map(({ gap }) => gap))
  expect(largest(0, DAY)).toBe(10 * MINUTE)
  // At the seams the last of one hour, day or week may be followed by one that is almost two of them away.
  expect(largest(DAY + 4 * HOUR, 7 * DAY)).toBe(HOUR)
  expect(largest(8 * DAY, 90 * DAY)).toBe(DAY)
  expect(largest(97 * DAY, 200 * DAY)).toBe(7 * DAY)
  // And not more than that: 144 + 4 hours that are still to be thinned, 6 × 24, 83 days, some 16 weeks.
  expect(ages.length).toBeLessThan(144 + 24 + 6 * 24 + 84 + 17)
  expect(ages.at(-1)).toBeGreaterThan(190 * DAY)
})

test('what was kept once is not lost when time goes on without anybody drawing', () => {
  const [at, newerAt] = [START + 10 * HOUR, START + 12 * HOUR]
  const fate = [1, 6, 30, 365].map((days) => keepsSnapshot(at, newerAt, START + days * DAY + DAY))
  expect(fate).toEqual([true, true, false, false])
  const nextWeek = START + 9 * DAY
  expect([1, 6, 30, 365].every((days) => keepsSnapshot(at, nextWeek, nextWeek + days * DAY))).toBe(true)
})
