import type { Clock } from './clock.ts'

/**
 * Calls at once when it has been quiet, and otherwise once the interval since the last call is over. Timers,
 * not animation frames: those stand still in a background tab.
 */
export class Throttle {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #call: () => void
  #last = Number.NEGATIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: Clock, intervalMs: number, call: () => void) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#call = call
  }

  /** Asks for a call: now or soon. */
  request(): void {
    if (this.#cancel) return
    const wait = this.#last + this.#intervalMs - this.#clock.now()
    if (wait <= 0) this.run()
    else this.#cancel = this.#clock.after(wait, () => this.run())
  }

  /** Calls now; a call that was waiting is done with it. */
  run(): void {
    this.stop()
    this.#last = this.#clock.now()
    this.#call()
  }

  /** Drops a call that is waiting. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
