/** A moment by two clocks, in milliseconds. */
export interface Moment {
  /** Since 1970. Somebody may set it forward or back. */
  readonly wall: number
  /** Since the page was opened. It may stand still while the machine sleeps. */
  readonly steady: number
}

/** Reads both clocks of the browser. */
export function readClocks(): Moment {
  return { wall: Date.now(), steady: performance.now() }
}

/** How long ago `then` was, in milliseconds: of two clocks that disagree the one that says longer is believed. */
export function elapsedMs(then: Moment, now: Moment): number {
  return Math.max(now.wall - then.wall, now.steady - then.steady)
}
