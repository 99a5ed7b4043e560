import { z } from 'zod'

/**
 * Every way in which SketchRoom says no. The same code appears as `code` in an HTTP problem, as the
 * reason of a WebSocket close, and as the reason of a refused sign-in on a socket.
 */
export const ERROR_CODES = [
  'invalid_request',
  'unauthenticated',
  'invalid_credentials',
  'refresh_reused',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'email_taken',
  /** The operator lets nobody make an account, or only who was invited. */
  'signup_closed',
  /** The operator lets in only people with an account. */
  'guests_off',
  'room_id_taken',
  'slug_taken',
  'last_owner',
  /** The person left the room by themselves, perhaps in another tab. */
  'left',
  'precondition_failed',
  'room_deleted',
  /** The person has as much as they may have: of boards, say. What helps is in the message. */
  'quota_exceeded',
  'too_large',
  'unsupported_media_type',
  'rate_limited',
  /** An administrator has blocked the address; a block may end. */
  'address_blocked',
  /** A person has as many connections as they may. */
  'too_many_connections',
  /** A room has as many people in it as it may. */
  'room_crowded',
  'store_unavailable',
  'shutting_down',
  'malformed_update',
  /** The client is of a version that the server does not speak any more: it is to be loaded anew. */
  'client_outdated',
  'internal',
] as const

/** One way in which SketchRoom says no, as it arrives from outside. */
export const errorCodeSchema = z.enum(ERROR_CODES)
/** One way in which SketchRoom says no. */
export type ErrorCode = (typeof ERROR_CODES)[number]

/** The error that a text names; undefined when it names none (another version may know more). */
export function findErrorCode(text: string): ErrorCode | undefined {
  return errorCodeSchema.safeParse(text).data
}
