import { exactTime, relativeTime } from './relative-time.ts'

/** When something was, in words; the exact time is in its title. */
export function RelativeTime({ at }: { at: string }) {
  const date = new Date(at)
  return (
    <time dateTime={at} title={exactTime(date)}>
      {relativeTime(date, new Date())}
    </time>
  )
}
