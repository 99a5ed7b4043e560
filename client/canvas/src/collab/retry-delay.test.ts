import { describe, expect, test } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

describe('the wait before a retry', () => {
  test('is between 0.2 and 2 seconds right after a drop', () => {
    expect(retryDelayMs(0, 0)).toBe(200)
    expect(retryDelayMs(0, 0.999_999)).toBe(2_000)
  })

  test('can grow with each failure, up to 30 seconds and no further', () => {
    const longest = Array.from({ length: 12 }, (_, failures) => retryDelayMs(failures, 0.999_999))
    expect(longest.slice(0, 6)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    expect(Math.max(...longest)).toBe(30_000)
  })

  test('spreads a crowd evenly over its range', () => {
    const waits = Array.from({ length: 100 }, (_, index) => retryDelayMs(0, index / 100))
    expect(new Set(waits).size).toBe(100)
  })
})
