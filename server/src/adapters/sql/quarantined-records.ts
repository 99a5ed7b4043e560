import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import {
  sql,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type Selectable,
  type SqlBool,
  type Transaction,
} from 'kysely'
import type { QuarantinedRecord, RecordId, UpdateRecord } from '../../ports/document-store.ts'
import type { Schema } from './schema.ts'

/** In place of a reason, on an update whose content has come back as a later one. */
export const GIVEN_BACK = '(given back)'

type Columns = 'room_id' | 'seq' | 'quarantined' | 'bytes' | 'crc' | 'author' | 'at'

/** All records that are set aside, or one room's. */
export async function listQuarantined(db: Kysely<Schema>, roomId?: RoomId): Promise<QuarantinedRecord[]> {
  const updates = await db
    .selectFrom('room_updates')
    .select(['room_id', 'seq', 'quarantined', 'bytes', 'crc', 'author', 'at'])
    .where(isListed)
    .$if(roomId !== undefined, (query) => query.where('room_id', '=', roomId ?? ''))
    .execute()
  const snapshots = await db
    .selectFrom('room_snapshots')
    .select(['room_id', 'seq', 'quarantined', 'bytes', 'crc', 'at'])
    .where(isListed)
    .$if(roomId !== undefined, (query) => query.where('room_id', '=', roomId ?? ''))
    .execute()
  return [
    ...snapshots.map((row) => toQuarantined('snapshot', { ...row, author: null })),
    ...updates.map((row) => toQuarantined('update', row)),
  ]
}

/** Gives a record back as the room's next update; resolves its number, or undefined when it was not set aside. */
export async function giveBack(db: Kysely<Schema>, record: RecordId, entry: UpdateRecord): Promise<number | undefined> {
  const { roomId } = record
  return await db.transaction().execute(async (trx) => {
    if (!(await takeFromQuarantine(trx, record))) return undefined
    return await insertNext(trx, roomId, entry, null)
  })
}

/** Stores an update as one that was set aside; resolves the number that it was given. */
export async function addQuarantined(
  db: Kysely<Schema>,
  roomId: RoomId,
  entry: UpdateRecord,
  reason: string,
): Promise<number> {
  return await db.transaction().execute((trx) => insertNext(trx, roomId, entry, reason))
}

async function insertNext(
  trx: Transaction<Schema>,
  roomId: RoomId,
  { update: bytes, author, at, ranges, crc }: UpdateRecord,
  quarantined: string | null,
): Promise<number> {
  const { head } = await trx
    .insertInto('room_documents')
    .values({ room_id: roomId, head: 1 })
    .onConflict((conflict) => conflict.column('room_id').doUpdateSet({ head: sql`room_documents.head + 1` }))
    .returning('head')
    .executeTakeFirstOrThrow()
  await trx
    .insertInto('room_updates')
    .values({ room_id: roomId, seq: head, author, at, crc, quarantined, ranges, bytes })
    .execute()
  return head
}

function isListed(eb: ExpressionBuilder<Schema, 'room_updates' | 'room_snapshots'>): Expression<SqlBool> {
  return eb.and([eb('quarantined', 'is not', null), eb('quarantined', '!=', GIVEN_BACK)])
}

function toQuarantined(
  kind: RecordId['kind'],
  { room_id, quarantined, ...rest }: Pick<Selectable<Schema['room_updates']>, Columns>,
): QuarantinedRecord {
  return { ...rest, roomId: roomIdSchema.parse(room_id), kind, reason: quarantined ?? '' }
}

/** Whether the record was in quarantine, and is no more. An update stays in its place, so that its number is no hole. */
async function takeFromQuarantine(trx: Transaction<Schema>, { roomId, kind, seq }: RecordId): Promise<boolean> {
  if (kind === 'snapshot') {
    const { numDeletedRows } = await trx
      .deleteFrom('room_snapshots')
      .where('room_id', '=', roomId)
      .where('seq', '=', seq)
      .where(isListed)
      .executeTakeFirst()
    return numDeletedRows > 0n
  }
  const { numUpdatedRows } = await trx
    .updateTable('room_updates')
    .set({ quarantined: GIVEN_BACK })
    .where('room_id', '=', roomId)
    .where('seq', '=', seq)
    .where(isListed)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
