/** This part of the thread's time is everybody's own: who uses no more is as one who has used nothing. */
const OWN_PART = 0.1
/** More is not remembered: after a long flood somebody may still draw, and wait for those who have used as much. */
const MOST_MS = 10_000

/**
 * How much of the thread's time somebody's work has taken lately, in milliseconds: somebody's, or a room's. What was
 * used is forgotten at the pace of `OWN_PART`, so that people who draw are at 0 and a flood is not.
 */
export class TimeUsed {
  #ms = 0
  #at = 0

  /** `now` is in milliseconds, from whenever. */
  at(now: number): number {
    return Math.max(0, this.#ms - (now - this.#at) * OWN_PART)
  }

  /** Their work has taken so long, until now. */
  add(tookMs: number, now: number): void {
    this.#ms = Math.min(MOST_MS, this.at(now) + tookMs)
    this.#at = now
  }
}
