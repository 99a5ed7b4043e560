/** How the journal paces itself; all in milliseconds. */
export interface CommitPace {
  /** The least time between the starts of two commits when little is written: what arrives meanwhile shares one. */
  readonly commitEveryMs: number
  /** The same when much is written, by one room or many. */
  readonly busyCommitEveryMs: number
  /** The wait after a failed commit; it doubles up to the longest, and is a little less by chance each time. */
  readonly firstRetryMs: number
  readonly longestRetryMs: number
}

/**
 * A commit costs a disk flush and two threads that wake, whatever its size. Up to about 120 updates a second, each has
 * one nearly to itself; above, they share ever more, and wait for at most 50 ms: the word "Saved" is shown later than
 * that anyway.
 */
export const DEFAULT_PACE: CommitPace = {
  commitEveryMs: 8,
  busyCommitEveryMs: 50,
  firstRetryMs: 100,
  longestRetryMs: 2500,
}

const QUIET_PER_SECOND = 120
const BUSY_PER_SECOND = 200
/** Over how long the rate is remembered. */
const MEMORY_MS = 500

/** Follows how much is written, and says how long to wait between commits. Times are those of `performance.now()`. */
export class CommitRate {
  readonly #pace: CommitPace
  #perSecond = 0
  #countedAt = 0

  constructor(pace: CommitPace) {
    this.#pace = pace
  }

  /** So many updates are being committed now. */
  count(updates: number, now: number): void {
    this.#perSecond = this.#decayed(now) + (updates * 1000) / MEMORY_MS
    this.#countedAt = now
  }

  /** The least time from the start of the last commit to the next. */
  intervalMs(now: number): number {
    const { commitEveryMs, busyCommitEveryMs } = this.#pace
    const busyness = (this.#decayed(now) - QUIET_PER_SECOND) / (BUSY_PER_SECOND - QUIET_PER_SECOND)
    return commitEveryMs + (busyCommitEveryMs - commitEveryMs) * Math.min(1, Math.max(0, busyness))
  }

  #decayed(now: number): number {
    return this.#perSecond * Math.exp((this.#countedAt - now) / MEMORY_MS)
  }
}
