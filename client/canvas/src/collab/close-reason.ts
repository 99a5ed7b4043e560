import { findErrorCode, type ErrorCode } from '@sketchroom/shared/error-codes'
import { CLOSE_CODES } from '@sketchroom/shared/protocol/close-codes'

/** What can mend a connection that ended with an error: time, a fresh token, or nothing we do by ourselves. */
export type Remedy = 'wait' | 'fresh-token' | 'none'

/** The remedy for each error. Complete by type: a new error code must choose one. */
export const remedyOf: Record<ErrorCode, Remedy> = {
  invalid_request: 'none',
  unauthenticated: 'fresh-token',
  invalid_credentials: 'fresh-token',
  refresh_reused: 'fresh-token',
  forbidden: 'fresh-token',
  not_found: 'fresh-token',
  method_not_allowed: 'none',
  email_taken: 'none',
  room_id_taken: 'none',
  slug_taken: 'none',
  last_owner: 'none',
  precondition_failed: 'none',
  room_deleted: 'none',
  too_large: 'none',
  unsupported_media_type: 'none',
  rate_limited: 'wait',
  store_unavailable: 'wait',
  shutting_down: 'wait',
  malformed_update: 'none',
  client_outdated: 'none',
  internal: 'wait',
}

/** How a WebSocket library refuses a frame over its limit, before the server's own code sees it. */
const MESSAGE_TOO_BIG = 1009

const errorOfCode = new Map<number, ErrorCode>([
  [MESSAGE_TOO_BIG, 'too_large'],
  [CLOSE_CODES.unauthenticated, 'unauthenticated'],
  [CLOSE_CODES.forbidden, 'forbidden'],
  [CLOSE_CODES.notFound, 'not_found'],
  [CLOSE_CODES.roomDeleted, 'room_deleted'],
  [CLOSE_CODES.tooLarge, 'too_large'],
  [CLOSE_CODES.clientOutdated, 'client_outdated'],
  [CLOSE_CODES.storeUnavailable, 'store_unavailable'],
  [CLOSE_CODES.tooFast, 'rate_limited'],
])

/** Why a socket was closed, as the server meant it; undefined when it was not the server's decision. */
export function findCloseError(code: number, reason: string): ErrorCode | undefined {
  if (!errorOfCode.has(code) && !isFinal(code)) return undefined
  return findErrorCode(reason) ?? errorOfCode.get(code) ?? 'forbidden'
}

/** Also a code that only a newer server knows: tried again for ever, it would be refused for ever. */
function isFinal(code: number): boolean {
  return code >= 4400 && code < 4500
}
