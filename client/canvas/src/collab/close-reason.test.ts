import { describe, expect, test } from 'vitest'
import { findCloseError, remedyOf } from './close-reason.ts'

describe('why a socket was closed', () => {
  test.each([
    [4403, 'malformed_update', 'malformed_update'],
    [4401, 'unauthenticated', 'unauthenticated'],
    [4404, '', 'not_found'],
    [4410, 'words of a newer server', 'room_deleted'],
    [1009, '', 'too_large'],
    [1006, '', undefined],
    [1000, 'forbidden', undefined],
  ])('%i "%s" means %s', (code, reason, expected) => {
    expect(findCloseError(code, reason)).toBe(expected)
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
