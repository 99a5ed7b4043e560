const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** Says how long ago something was: in words for a week, then by date. A clock that is ahead reads as "just now". */
export function relativeTime(at: Date, now: Date): string {
  const agoMs = now.getTime() - at.getTime()
  if (agoMs < MINUTE_MS) return 'just now'
  if (agoMs < HOUR_MS) return relative.format(-Math.floor(agoMs / MINUTE_MS), 'minute')
  const days = daysBetween(at, now)
  if (days === 0 || agoMs < 6 * HOUR_MS) return relative.format(-Math.floor(agoMs / HOUR_MS), 'hour')
  if (days < 7) return relative.format(-days, 'day')
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const)
  return at.toLocaleDateString('en', { day: 'numeric', month: 'short', ...year })
}

/** The exact moment, for those who want to know it. */
export function exactTime(at: Date): string {
  return at.toLocaleString('en', { dateStyle: 'full', timeStyle: 'short' })
}

/** Midnights between two moments: "yesterday" is a matter of the calendar, not of 24 hours. */
function daysBetween(from: Date, to: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return Math.round((midnight(to) - midnight(from)) / DAY_MS)
}
