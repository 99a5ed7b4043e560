import { useSyncExternalStore } from 'react'
import { exactTime, relativeTime } from './relative-time.ts'

const TICK_MS = 30_000

/** When something was, in words that keep up with the clock; the exact time is in its title. */
export function RelativeTime({ at }: { at: string }) {
  const now = useSyncExternalStore(onTick, lastTick)
  const date = new Date(at)
  return (
    <time dateTime={at} title={exactTime(date)}>
      {relativeTime(date, new Date(now))}
    </time>
  )
}

function onTick(listener: () => void): () => void {
  const timer = setInterval(listener, TICK_MS)
  return () => clearInterval(timer)
}

function lastTick(): number {
  return Math.floor(Date.now() / TICK_MS) * TICK_MS
}
