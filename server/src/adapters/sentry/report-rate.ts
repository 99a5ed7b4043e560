const WINDOW_MS = 60_000
/** A minute in which so many different things go wrong is told well enough by these. */
const MOST_IN_WINDOW = 30

/** Decides which errors are reported: each at most once in a minute, and thirty in all. */
export class ReportRate {
  readonly #now: () => number
  #startedAt = -Infinity
  #counts = new Map<string, number>()
  #before = new Map<string, number>()

  /** `now` is in milliseconds, from whenever. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** How often this one was left out in the minute before; undefined when it is to be left out now. */
  repeatedBefore(key: string): number | undefined {
    const now = this.#now()
    if (now - this.#startedAt >= WINDOW_MS) {
      this.#before = now - this.#startedAt < 2 * WINDOW_MS ? this.#counts : new Map()
      this.#counts = new Map()
      this.#startedAt = now
    }
    const count = this.#counts.get(key) ?? 0
    if (count === 0 && this.#counts.size >= MOST_IN_WINDOW) return undefined
    this.#counts.set(key, count + 1)
    return count === 0 ? Math.max(0, (this.#before.get(key) ?? 0) - 1) : undefined
  }
}
