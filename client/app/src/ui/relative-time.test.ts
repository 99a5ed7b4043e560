import { expect, test } from 'vitest'
import { relativeTime } from './relative-time.ts'

const now = new Date(2026, 5, 17, 15, 0, 0)

test.each([
  [new Date(2026, 5, 17, 15, 0, 30), 'just now'],
  [new Date(2026, 5, 17, 14, 59, 1), 'just now'],
  [new Date(2026, 5, 17, 14, 59, 0), '1 minute ago'],
  [new Date(2026, 5, 17, 14, 0, 1), '59 minutes ago'],
  [new Date(2026, 5, 17, 14, 0, 0), '1 hour ago'],
  [new Date(2026, 5, 17, 0, 5, 0), '14 hours ago'],
  [new Date(2026, 5, 16, 23, 0, 0), 'yesterday'],
  [new Date(2026, 5, 16, 0, 5, 0), 'yesterday'],
  [new Date(2026, 5, 15, 23, 59, 0), '2 days ago'],
  [new Date(2026, 5, 11, 1, 0, 0), '6 days ago'],
  [new Date(2026, 5, 10, 23, 0, 0), 'Jun 10'],
  [new Date(2025, 11, 31, 12, 0, 0), 'Dec 31, 2025'],
])('%s reads as "%s"', (at, words) => {
  expect(relativeTime(at, now)).toBe(words)
})

test('an hour before midnight is "2 hours ago" just after it, not "yesterday"', () => {
  expect(relativeTime(new Date(2026, 5, 16, 23, 0, 0), new Date(2026, 5, 17, 1, 0, 0))).toBe('2 hours ago')
})
