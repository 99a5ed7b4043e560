import type { Snapshot, UpdateRecord } from '../../ports/document-store.ts'

/**
 * A tail this long makes the next opening slower than it need be. A shorter one is not worth the thread that reads and
 * builds the board, which takes as much of a processor as two thousand edits of a busy room.
 */
export const COMPACT_AFTER_UPDATES = 5000
/** A room that is left with less than this is not worth a snapshot of its own. */
const COMPACT_ON_LEAVE_AFTER_UPDATES = 50
/** Building a large board takes a core for a while, so a busy room waits at least this long. */
const COMPACT_EVERY_MS = 30_000

/**
 * A snapshot holds the whole board again. It may be so many times as large as what was written since the one before it, so
 * that fifty tiny edits of a large board, over and over, cannot fill the disk. With eight, a board of 8 MB has 7,000 small
 * edits behind its snapshot at most, and is read in 70 ms instead of 35; one of up to 60 KB gets a snapshot with fifty.
 */
const TIMES_AS_LARGE = 8
/** Once in so long it may be larger: what was deleted is collected by old snapshots, and versions are to be found in them. */
const ANYWAY_AFTER_MS = 30 * 24 * 60 * 60 * 1000

/** What a row of the journal takes in the database beside its bytes: 80 were measured in SQLite, and a batch has its own. */
const ROW_BYTES = 100

/** What of a record of the journal takes space. */
type Sized = Pick<UpdateRecord, 'update' | 'ranges' | 'claims'>

/** How many bytes a record of the journal takes where it is stored, roughly: each Yjs client that it claims has a row, too. */
export function storedSizeOf({ update, ranges, claims }: Sized): number {
  return update.length + ranges.length + (1 + (claims?.size ?? 0)) * ROW_BYTES
}

/** The same of several records together. */
export function storedSizeOfAll(records: readonly Sized[]): number {
  return records.reduce((sum, record) => sum + storedSizeOf(record), 0)
}

/** A room's newest snapshot as the next one is measured by it. */
export interface SnapshotBase {
  readonly bytes: number
  /** When it was made, in milliseconds since 1970. */
  readonly at: number
}

/** The base that a stored snapshot is; without one, the next is worth it. */
export function baseOf(snapshot: Pick<Snapshot, 'bytes' | 'ranges' | 'at'> | null): SnapshotBase {
  return snapshot ? { bytes: snapshot.bytes.length + snapshot.ranges.length, at: snapshot.at } : { bytes: 0, at: 0 }
}

/** Whether so many bytes that were stored after a snapshot are worth another one; `now` is in milliseconds since 1970. */
export function isWorthSnapshot(base: SnapshotBase, tailBytes: number, now: number): boolean {
  return tailBytes * TIMES_AS_LARGE >= base.bytes || now - base.at >= ANYWAY_AFTER_MS
}

/** Whether a room's tail has so many updates that it is due for a snapshot, if that is worth it; `leaving`: it has just left memory. */
export function isTailLong(tailLength: number, sinceLastMs: number, leaving: boolean): boolean {
  if (leaving) return tailLength >= COMPACT_ON_LEAVE_AFTER_UPDATES
  return tailLength >= COMPACT_AFTER_UPDATES && sinceLastMs >= COMPACT_EVERY_MS
}
