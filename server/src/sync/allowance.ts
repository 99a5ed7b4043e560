import type { Rate } from '../client-limits.ts'

/**
 * What is left to somebody of a rate. It may be overdrawn by what is taken last, so that a single thing that is larger
 * than the whole burst passes too, and is paid for afterwards.
 */
export class Allowance {
  readonly #rate: Rate
  #left: number
  #at: number

  /** `now` is in milliseconds, here and below, from whenever. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#left = rate.burst
    this.#at = now
  }

  /** How much is left now; below 0 when it is overdrawn. */
  left(now: number): number {
    const { perSecond, burst } = this.#rate
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1_000) * perSecond)
    this.#at = now
    return this.#left
  }

  /** Takes so much, whether or not it is left. */
  take(amount: number): void {
    this.#left -= amount
  }

  /** How long it takes until something is left, in milliseconds; 0 when there is. */
  waitMs(now: number): number {
    const left = this.left(now)
    return left > 0 ? 0 : ((1 - left) / this.#rate.perSecond) * 1_000
  }

  /** Whether nothing was taken for so long that all is left again. */
  isFull(now: number): boolean {
    return this.left(now) >= this.#rate.burst
  }
}
