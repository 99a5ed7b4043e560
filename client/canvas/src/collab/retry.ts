import { findErrorCode, type ErrorCode } from '@sketchroom/shared/error-codes'
import { CLOSE_CODES } from '@sketchroom/shared/protocol/close-codes'

const SHORTEST_MS = 200
const FIRST_LONGEST_MS = 2_000
/** The longest wait before the next try, in milliseconds. */
export const LONGEST_RETRY_MS = 30_000
/** A server that is away is being restarted, as a rule: it is asked so often that people are back soon after it is. */
const WHILE_AWAY_MS = 3_000
/** The same of its database. */
const WHILE_STORE_FAILS_MS = 5_000
/** After so many attempts, a minute or two, it is away for longer. */
const SOON_ATTEMPTS = 40
/** A connection that held this long was a good one: what failed before it no longer counts. */
const STABLE_MS = 5_000

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
  signup_closed: 'none',
  guests_off: 'none',
  room_id_taken: 'none',
  slug_taken: 'none',
  last_owner: 'none',
  left: 'none',
  quota_exceeded: 'none',
  precondition_failed: 'none',
  room_deleted: 'none',
  too_large: 'none',
  unsupported_media_type: 'none',
  rate_limited: 'wait',
  address_blocked: 'wait',
  too_many_connections: 'wait',
  room_crowded: 'wait',
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

/** What to do after a connection ended or could not be made. */
export type NextStep =
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'give-up'; readonly reason: ErrorCode }

/** Decides what follows a failure: a wait that grows, one try with a fresh token, or giving up. */
export class RetryPolicy {
  #failures = 0
  #triedFreshToken = false

  /**
   * `error` is undefined when nobody said why; `heldMs` is how long the connection held, 0 if it never did;
   * `random` is in [0, 1).
   */
  next(error: ErrorCode | undefined, heldMs: number, random: number): NextStep {
    if (heldMs >= STABLE_MS) {
      this.#failures = 0
      this.#triedFreshToken = false
    }
    const remedy = error ? remedyOf[error] : 'wait'
    if (error && (remedy === 'none' || (remedy === 'fresh-token' && this.#triedFreshToken))) {
      return { kind: 'give-up', reason: error }
    }
    if (remedy === 'fresh-token') {
      this.#triedFreshToken = true
      return { kind: 'retry', afterMs: 0 }
    }
    const afterMs = retryDelayMs(this.#failures, random, longestWaitMs(error, this.#failures))
    this.#failures += 1
    return { kind: 'retry', afterMs }
  }
}

/** Whoever is too fast, or finds no place, waits ever longer; what is away may be back at any moment. */
function longestWaitMs(error: ErrorCode | undefined, failures: number): number {
  if (failures >= SOON_ATTEMPTS) return LONGEST_RETRY_MS
  if (error === undefined || error === 'shutting_down') return WHILE_AWAY_MS
  return error === 'store_unavailable' ? WHILE_STORE_FAILS_MS : LONGEST_RETRY_MS
}

/**
 * How long to wait before trying again, in milliseconds. `failures` counts the attempts that failed since the
 * connection last held: 0 right after a drop. The wait is random in a range that grows to `longestMs`, so that a server
 * that comes back is not met by everyone at once. `random` is in [0, 1).
 */
export function retryDelayMs(failures: number, random: number, longestMs = LONGEST_RETRY_MS): number {
  const longest = Math.min(longestMs, FIRST_LONGEST_MS * 2 ** failures)
  return Math.round(SHORTEST_MS + random * (longest - SHORTEST_MS))
}
