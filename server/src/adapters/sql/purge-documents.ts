import { setTimeout as wait } from 'node:timers/promises'
import type { Expression, ExpressionBuilder, Kysely, SqlBool } from 'kysely'
import { snapshotsToDrop, type PurgeLimits } from '../../ports/document-store.ts'
import { GIVEN_BACK } from './quarantined-records.ts'
import type { Schema } from './schema.ts'

/** So many rows go in one statement, which holds SQLite's write lock for some milliseconds. */
const SLICE_ROWS = 500
const ROOMS_AT_ONCE = 100
/** How long the write lock is left to others after each of them. */
const BREATH_MS = 20

/** Takes away snapshots and updates, room by room and slice by slice; answers how many rows that were. */
export async function purgeRooms(
  db: Kysely<Schema>,
  limits: PurgeLimits,
): Promise<{ updates: number; snapshots: number }> {
  let [updates, snapshots] = [0, 0]
  for (let after = ''; ;) {
    const roomIds = await roomsWithSnapshots(db, after)
    for (const roomId of roomIds) {
      if (limits.signal?.aborted) return { updates, snapshots }
      const sound = await db
        .selectFrom('room_snapshots')
        .select(['seq', 'at', 'label'])
        .where('room_id', '=', roomId)
        .where('quarantined', 'is', null)
        .orderBy('seq', 'desc')
        .execute()
      const dropped = snapshotsToDrop(sound, limits.keepSnapshot)
      snapshots += await dropSnapshots(db, roomId, dropped, limits.signal)
      updates += await purgeUpdates(db, roomId, sound, limits)
    }
    if (roomIds.length < ROOMS_AT_ONCE) return { updates, snapshots }
    after = roomIds.at(-1) ?? after
  }
}

/** Takes away the answers of old batches; answers how many. */
export async function purgeBatches(
  db: Kysely<Schema>,
  { batchesBefore: before, signal }: PurgeLimits,
): Promise<number> {
  let removed = 0
  for (let after = ''; ;) {
    const page = await db
      .selectFrom('journal_batches')
      .select(['id', 'at'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(SLICE_ROWS)
      .execute()
    const last = page.at(-1)
    if (!last || signal?.aborted) return removed
    if (page.some(({ at }) => at < before)) {
      const slice = db.deleteFrom('journal_batches').where('id', '>', after).where('id', '<=', last.id)
      removed += Number((await slice.where('at', '<', before).executeTakeFirst()).numDeletedRows)
      await wait(BREATH_MS)
    }
    after = last.id
  }
}

/** Some rooms after one that have more than one sound snapshot: of others, nothing goes. */
async function roomsWithSnapshots(db: Kysely<Schema>, after: string): Promise<string[]> {
  const rows = await db
    .selectFrom('room_snapshots')
    .select('room_id')
    .where('room_id', '>', after)
    .where('quarantined', 'is', null)
    .groupBy('room_id')
    .having((eb) => eb(eb.fn.countAll(), '>', 1))
    .orderBy('room_id')
    .limit(ROOMS_AT_ONCE)
    .execute()
  return rows.map(({ room_id }) => room_id)
}

async function dropSnapshots(
  db: Kysely<Schema>,
  roomId: string,
  seqs: number[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let removed = 0
  for (const seq of seqs) {
    if (signal?.aborted) break
    // One by one: each may be some megabytes.
    const { numDeletedRows } = await db
      .deleteFrom('room_snapshots')
      .where('room_id', '=', roomId)
      .where('seq', '=', seq)
      .where('quarantined', 'is', null)
      .where('label', 'is', null)
      .executeTakeFirst()
    removed += Number(numDeletedRows)
    await wait(BREATH_MS)
  }
  return removed
}

async function purgeUpdates(
  db: Kysely<Schema>,
  roomId: string,
  sound: ReadonlyArray<Pick<Schema['room_snapshots'], 'seq' | 'at'>>,
  { updatesBefore: before, signal }: PurgeLimits,
): Promise<number> {
  // The two newest are never dropped.
  const heldBy = sound[1]?.seq ?? 0
  const oldUpTo = sound.slice(1).find(({ at }) => at < before)?.seq ?? 0
  const mayGo = (eb: ExpressionBuilder<Schema, 'room_updates'>): Expression<SqlBool> =>
    eb.or([eb('quarantined', 'is', null), eb('quarantined', '=', GIVEN_BACK)])
  let removed = 0
  for (let after = 0; ;) {
    const page = await db
      .selectFrom('room_updates')
      .select(['seq', 'at'])
      .where('room_id', '=', roomId)
      .where('seq', '>', after)
      .where('seq', '<=', heldBy)
      .where(mayGo)
      .orderBy('seq')
      .limit(SLICE_ROWS)
      .execute()
    const last = page.at(-1)
    if (!last || signal?.aborted) return removed
    if (page.every(({ at }) => at >= before)) {
      // They came in the order of their times, more or less: behind a slice of new ones there are no old ones. But where an
      // old snapshot holds them, they were dated by a clock that was ahead, and others stand behind them.
      if (last.seq >= oldUpTo) return removed
      after = last.seq
      continue
    }
    const { numDeletedRows } = await db
      .deleteFrom('room_updates')
      .where('room_id', '=', roomId)
      .where('seq', '>', after)
      .where('seq', '<=', last.seq)
      .where('at', '<', before)
      .where(mayGo)
      .executeTakeFirst()
    removed += Number(numDeletedRows)
    after = last.seq
    await wait(BREATH_MS)
  }
}
