import { ERROR_CODES, type ErrorCode } from '@sketchroom/shared/error-codes'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { describe, expect, test } from 'vitest'
import { findCloseError, remedyOf, retryDelayMs, RetryPolicy } from './retry.ts'

describe('why a socket was closed', () => {
  test.each([
    [4403, 'malformed_update', 'malformed_update'],
    [4401, 'unauthenticated', 'unauthenticated'],
    [4404, '', 'not_found'],
    [4410, 'words of a newer server', 'room_deleted'],
    [4529, 'rate_limited', 'rate_limited'],
    [4499, 'words of a newer server', 'forbidden'],
    [4599, 'words of a newer server', undefined],
    [1009, '', 'too_large'],
    [1006, '', undefined],
    [1000, 'forbidden', undefined],
  ])('%i "%s" means %s', (code, reason, expected) => {
    expect(findCloseError(code, reason)).toBe(expected)
  })

  test.each(ERROR_CODES)('%s is tried again if its code says so, and only then', (error) => {
    const code = closeCodeOf[error]
    const asksToTryAgain = (code >= 4500 && code < 4600) || code === 1001 || code === 1011
    const isFinal = code >= 4400 && code < 4500
    expect({ asksToTryAgain, isFinal }).toEqual({
      asksToTryAgain: remedyOf[error] === 'wait',
      isFinal: remedyOf[error] !== 'wait',
    })
  })

  test('time mends a stopped server and a failing store, a fresh token a rejected one, nothing a deleted room', () => {
    expect([remedyOf.shutting_down, remedyOf.store_unavailable, remedyOf.rate_limited]).toEqual([
      'wait',
      'wait',
      'wait',
    ])
    expect([remedyOf.unauthenticated, remedyOf.forbidden]).toEqual(['fresh-token', 'fresh-token'])
    expect([remedyOf.room_deleted, remedyOf.too_large]).toEqual(['none', 'none'])
  })
})

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

const longestWaits = (policy: RetryPolicy, error: ErrorCode | undefined, held: readonly number[]) =>
  held.map((heldMs) => {
    const step = policy.next(error, heldMs, 0.999_999)
    return step.kind === 'retry' && step.afterMs
  })

test('waits grow with each failure, and start anew once a connection has held', () => {
  const held = [0, 0, 100, 0, 0, 0, 60_000, 0]
  expect(longestWaits(new RetryPolicy(), 'room_crowded', held)).toEqual([
    2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 2_000, 4_000,
  ])
})

test('who waits for a server that is away is back within 3 s of its return, or 5 s of its database’s, for a minute at least', () => {
  const failures = Array.from({ length: 40 }, () => 0)
  const away = longestWaits(new RetryPolicy(), undefined, failures)
  expect([Math.max(...away.map(Number)), away.at(-1)]).toEqual([3_000, 3_000])
  const failing = longestWaits(new RetryPolicy(), 'store_unavailable', failures)
  expect([Math.max(...failing.map(Number)), failing.at(-1)]).toEqual([5_000, 5_000])
  // On average, half of that.
  expect((40 * 3_000) / 2).toBeGreaterThanOrEqual(60_000)
})

test('who has waited for long for a server asks seldom', () => {
  const policy = new RetryPolicy()
  longestWaits(
    policy,
    undefined,
    Array.from({ length: 40 }, () => 0),
  )
  expect(longestWaits(policy, undefined, [0, 0])).toEqual([30_000, 30_000])
})

test('a rejected token is tried once more with a fresh one, at once, and then given up', () => {
  const policy = new RetryPolicy()
  expect(policy.next('unauthenticated', 60_000, 0)).toEqual({ kind: 'retry', afterMs: 0 })
  expect(policy.next('unauthenticated', 0, 0)).toEqual({ kind: 'give-up', reason: 'unauthenticated' })
})

test('a server that lets us in and throws us out again is not tried for ever', () => {
  const policy = new RetryPolicy()
  expect(policy.next('forbidden', 50, 0).kind).toBe('retry')
  expect(policy.next('forbidden', 50, 0)).toEqual({ kind: 'give-up', reason: 'forbidden' })
})

test('a connection that held earns another fresh token', () => {
  const policy = new RetryPolicy()
  policy.next('unauthenticated', 0, 0)
  expect(policy.next('unauthenticated', 60_000, 0)).toEqual({ kind: 'retry', afterMs: 0 })
})

test('what no token can mend is given up at once', () => {
  expect(new RetryPolicy().next('room_deleted', 60_000, 0)).toEqual({ kind: 'give-up', reason: 'room_deleted' })
})

test('a failing store and a stopping server are waited for', () => {
  const policy = new RetryPolicy()
  expect(policy.next('store_unavailable', 0, 0)).toEqual({ kind: 'retry', afterMs: 200 })
  expect(policy.next('shutting_down', 0, 0)).toEqual({ kind: 'retry', afterMs: 200 })
})
