import type { ErrorCode } from '../error-codes.ts'

/**
 * The WebSocket close codes that SketchRoom sends; the reason of the close is the error's code. 44xx means "do not
 * try again with this" (this token, this room, this frame), 45xx "try again later": a client that knows neither the
 * code nor the reason goes by that.
 */
export const CLOSE_CODES = {
  shuttingDown: 1001,
  unauthenticated: 4401,
  forbidden: 4403,
  notFound: 4404,
  roomDeleted: 4410,
  tooLarge: 4413,
  clientOutdated: 4426,
  storeUnavailable: 4503,
  tooFast: 4529,
} as const

/** Which close code says an error on a socket. Complete by type: a new error code must choose one. */
export const closeCodeOf: Record<ErrorCode, number> = {
  invalid_request: CLOSE_CODES.forbidden,
  unauthenticated: CLOSE_CODES.unauthenticated,
  invalid_credentials: CLOSE_CODES.unauthenticated,
  refresh_reused: CLOSE_CODES.unauthenticated,
  forbidden: CLOSE_CODES.forbidden,
  not_found: CLOSE_CODES.notFound,
  method_not_allowed: CLOSE_CODES.forbidden,
  email_taken: CLOSE_CODES.forbidden,
  signup_closed: CLOSE_CODES.forbidden,
  guests_off: CLOSE_CODES.forbidden,
  room_id_taken: CLOSE_CODES.forbidden,
  slug_taken: CLOSE_CODES.forbidden,
  last_owner: CLOSE_CODES.forbidden,
  left: CLOSE_CODES.forbidden,
  quota_exceeded: CLOSE_CODES.forbidden,
  precondition_failed: CLOSE_CODES.forbidden,
  room_deleted: CLOSE_CODES.roomDeleted,
  too_large: CLOSE_CODES.tooLarge,
  unsupported_media_type: CLOSE_CODES.forbidden,
  rate_limited: CLOSE_CODES.tooFast,
  // A block of an address ends, or its owner goes elsewhere: nothing that a client has is to be given up for it.
  address_blocked: CLOSE_CODES.tooFast,
  too_many_connections: CLOSE_CODES.tooFast,
  room_crowded: CLOSE_CODES.tooFast,
  store_unavailable: CLOSE_CODES.storeUnavailable,
  shutting_down: CLOSE_CODES.shuttingDown,
  malformed_update: CLOSE_CODES.forbidden,
  client_outdated: CLOSE_CODES.clientOutdated,
  internal: 1011,
}
