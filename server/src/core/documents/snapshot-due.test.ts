import { expect, test } from 'vitest'
import { baseOf, isTailLong, isWorthSnapshot, storedSizeOf } from './snapshot-due.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const NOW = 1_800_000_000_000

test('a tail is long with 5,000 updates, not too often, and with 50 when the room is left', () => {
  expect(isTailLong(4999, 60_000, false)).toBe(false)
  expect(isTailLong(5000, 60_000, false)).toBe(true)
  expect(isTailLong(5000, 29_999, false)).toBe(false)
  expect(isTailLong(49, 0, true)).toBe(false)
  expect(isTailLong(50, 0, true)).toBe(true)
})

test('what was written is worth a snapshot of eight times as much, and of whatever size once in 30 days', () => {
  const base = baseOf({ bytes: new Uint8Array(7_000), ranges: new Uint8Array(1_000), at: NOW })
  expect([999, 1_000].map((bytes) => isWorthSnapshot(base, bytes, NOW))).toEqual([false, true])
  expect([30 * DAY_MS - 1, 30 * DAY_MS].map((ms) => isWorthSnapshot(base, 1, NOW + ms))).toEqual([false, true])
  expect(isWorthSnapshot(base, 1, NOW - 400 * DAY_MS)).toBe(false)
  expect(isWorthSnapshot(baseOf(null), 1, NOW)).toBe(true)
})

test('an update is stored with its ranges, its row, and a row for each client that it claims', () => {
  const [update, ranges] = [new Uint8Array(20), new Uint8Array(7)]
  expect(storedSizeOf({ update, ranges })).toBe(127)
  expect(
    storedSizeOf({
      update,
      ranges,
      claims: new Map([
        [1, 'ada'],
        [2, 'ada'],
      ]),
    }),
  ).toBe(327)
})
