import { expect, test } from 'vitest'
import { CommitRate, DEFAULT_PACE } from './commit-pace.ts'

const { commitEveryMs, busyCommitEveryMs } = DEFAULT_PACE

/** The pause after two seconds of so many updates a second, in commits of `each`. */
function pauseAt(perSecond: number, each = 10): { rate: CommitRate; now: number; pauseMs: number } {
  const rate = new CommitRate(DEFAULT_PACE)
  const everyMs = (each * 1000) / perSecond
  let now = 0
  for (; now < 2_000; now += everyMs) rate.count(each, now)
  return { rate, now, pauseMs: rate.intervalMs(now) }
}

test('who writes little is committed at once, the first of them too', () => {
  expect(new CommitRate(DEFAULT_PACE).intervalMs(0)).toBe(commitEveryMs)
  expect(pauseAt(100).pauseMs).toBe(commitEveryMs)
})

test('the more is written, the more share a commit, up to the longest pause', () => {
  const pauses = [100, 200, 300, 450, 800, 5_000].map((perSecond) => pauseAt(perSecond).pauseMs)
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
  expect(pauses[3]).toBeGreaterThan(pauses[1] as number)
  expect(pauses.slice(-2)).toEqual([busyCommitEveryMs, busyCommitEveryMs])
})

test('no pause is one that somebody who reads "Saved" would see', () => {
  expect(commitEveryMs).toBeLessThanOrEqual(10)
  expect(busyCommitEveryMs).toBeLessThanOrEqual(50)
})

test('it is the updates that count, however they are spread over commits', () => {
  const [fine, coarse] = [pauseAt(400, 1).pauseMs, pauseAt(400, 20).pauseMs]
  expect(Math.abs(fine - coarse)).toBeLessThan(1)
})

test('once it is quiet, the next commit does not wait for the rush that was', () => {
  const { rate, now } = pauseAt(5_000)
  const later = [0, 500, 1_000, 2_000].map((ms) => rate.intervalMs(now + ms))
  expect(later).toEqual([...later].sort((a, b) => b - a))
  expect([later[0], later.at(-1)]).toEqual([busyCommitEveryMs, commitEveryMs])
})

test('with one pause for both, that is the pause', () => {
  const rate = new CommitRate({ ...DEFAULT_PACE, busyCommitEveryMs: commitEveryMs })
  rate.count(10_000, 0)
  expect(rate.intervalMs(1)).toBe(commitEveryMs)
})
