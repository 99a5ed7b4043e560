import { expect, test } from 'vitest'
import { RetryPolicy } from './retry-policy.ts'

test('waits grow with each failure, and start anew once a connection has held', () => {
  const policy = new RetryPolicy()
  const waits = [0, 0, 100, 0, 60_000, 0].map((heldMs) => policy.next(undefined, heldMs, 0.999_999))
  expect(waits.map((step) => step.kind === 'retry' && step.afterMs)).toEqual([
    2_000, 4_000, 8_000, 16_000, 2_000, 4_000,
  ])
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
