const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

/** From which age on one snapshot in which time is enough, the oldest first. */
const KEPT = [
  { fromAgeMs: 90 * DAY_MS, oneInMs: 7 * DAY_MS },
  { fromAgeMs: 7 * DAY_MS, oneInMs: DAY_MS },
  { fromAgeMs: DAY_MS, oneInMs: HOUR_MS },
]

/**
 * Whether to keep a snapshot that was made at `at`, the next newer one that is kept being of `newerAt`: all of the
 * last day, then the last one of each hour for a week, of each day for 90 days, and of each week (in UTC). Times are
 * in milliseconds since 1970.
 *
 * Hours and days are those of the clock. With a least distance to the newer one instead, every snapshot that grows a
 * week old would stand too close to the hourly ones behind it, and none would ever be left to become a daily one.
 */
export function keepsSnapshot(at: number, newerAt: number, now: number): boolean {
  const kept = KEPT.find(({ fromAgeMs }) => now - at >= fromAgeMs)
  return !kept || Math.floor(at / kept.oneInMs) !== Math.floor(newerAt / kept.oneInMs)
}
