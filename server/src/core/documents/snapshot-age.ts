import type { Snapshot } from '../../ports/document-store.ts'

/**
 * Of a room's snapshots, newest first, the number of the newest that was made by `before`; undefined when there is none, or
 * none that can be believed. One that is dated before an older one of them was made by a clock that was behind, as a board
 * computer's is until it has asked for the time: it may be of a minute ago. What is dated after `now` was made by a clock
 * that was ahead, and says nothing of the others. Times are in milliseconds since 1970.
 */
export function findMadeBefore(
  snapshots: ReadonlyArray<Pick<Snapshot, 'seq' | 'at'>>,
  { before, now }: { before: number; now: number },
): number | undefined {
  let found: number | undefined
  let latestAt = -Infinity
  for (const { seq, at } of snapshots.toReversed()) {
    if (at > now || at < latestAt) continue
    latestAt = at
    if (at <= before) found = seq
  }
  return found
}
