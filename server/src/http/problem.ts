import type { Problem } from '@sketchroom/shared/api/problem'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { SketchRoomError } from '../errors.ts'

/** How an error looks over HTTP. Complete by type: a new code does not compile until it answers here. */
const PROBLEMS: Record<ErrorCode, { readonly status: number; readonly title: string }> = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'You are not signed in' },
  invalid_credentials: { status: 401, title: 'The credentials are not right' },
  refresh_reused: { status: 401, title: 'The refresh token was used before' },
  forbidden: { status: 403, title: 'That is not allowed' },
  not_found: { status: 404, title: 'Not found' },
  quota_exceeded: { status: 403, title: 'That is as much as you may have' },
  left: { status: 403, title: 'You have left the room' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  email_taken: { status: 409, title: 'The e-mail address is taken' },
  signup_closed: { status: 403, title: 'No account can be made here' },
  guests_off: { status: 403, title: 'There are no guests here' },
  room_id_taken: { status: 409, title: 'The room id is taken' },
  slug_taken: { status: 409, title: 'The short name is taken' },
  last_owner: { status: 409, title: 'A room needs an owner' },
  precondition_failed: { status: 412, title: 'It has changed meanwhile' },
  room_deleted: { status: 410, title: 'The room was deleted' },
  too_large: { status: 413, title: 'Too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  malformed_update: { status: 422, title: 'The update cannot be decoded' },
  client_outdated: { status: 426, title: 'This version of the client is too old' },
  address_blocked: { status: 403, title: 'The address is blocked' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_connections: { status: 429, title: 'Too many connections' },
  room_crowded: { status: 503, title: 'Too many people are in the room' },
  internal: { status: 500, title: 'Something went wrong here' },
  store_unavailable: { status: 503, title: 'The store is not available' },
  shutting_down: { status: 503, title: 'The server is shutting down' },
}

/** The body of the answer to a request that failed with this error. */
export function toProblem(error: SketchRoomError, requestId: string): Problem {
  const { status, title } = PROBLEMS[error.code]
  return {
    type: `urn:sketchroom:problem:${error.code}`,
    title,
    status,
    detail: error.message,
    instance: requestId,
    code: error.code,
    ...(error.fields.length > 0 && { errors: error.fields.map(({ pointer, detail }) => ({ pointer, detail })) }),
  }
}

/** Any error as one that is safe to show: what was not thrown on purpose keeps its message to itself. */
export function toSketchRoomError(error: unknown): SketchRoomError {
  if (error instanceof SketchRoomError) return error
  switch (statusOf(error)) {
    case 400:
      return new SketchRoomError('invalid_request', 'The request cannot be read.', { cause: error })
    case 413:
      return new SketchRoomError('too_large', 'The body is too large.', { cause: error })
    case 415:
      return new SketchRoomError('unsupported_media_type', 'The body cannot be read.', { cause: error })
    default:
      return new SketchRoomError('internal', 'The server could not answer. The fault has been noted.', { cause: error })
  }
}

/** The status that Koa and its body parser put on the errors that they throw. */
function statusOf(error: unknown): unknown {
  return error instanceof Error && 'status' in error ? error.status : undefined
}
