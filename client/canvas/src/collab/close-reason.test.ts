import { ERROR_CODES } from '@sketchroom/shared/error-codes'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { describe, expect, test } from 'vitest'
import { findCloseError, remedyOf } from './close-reason.ts'

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
