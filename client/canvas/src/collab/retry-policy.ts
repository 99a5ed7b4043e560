import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { remedyOf } from './close-reason.ts'
import { retryDelayMs } from './retry-delay.ts'

/** A connection that held this long was a good one: what failed before it no longer counts. */
const STABLE_MS = 5_000

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
    const afterMs = retryDelayMs(this.#failures, random)
    this.#failures += 1
    return { kind: 'retry', afterMs }
  }
}
