import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Page, RecordFacts, WeighedRoom } from '../../ports/admin-store.ts'
import type { RecordId } from '../../ports/document-store.ts'
import { GIVEN_BACK } from './quarantined-records.ts'
import type { Schema } from './schema.ts'

/** So many records are weighed in one statement. Their bytes are not read for it. */
const WEIGHED_ROWS = 500
/** So many rooms are weighed together. */
const DRAWN_ROOMS = 100

type SeqPlace = Pick<RecordId, 'roomId' | 'seq'>
interface SetAsideRow {
  readonly room_id: string
  readonly kind: RecordId['kind']
  readonly seq: number
  readonly reason: string
  readonly author: string | null
  readonly at: number
  readonly bytes: number
  readonly name: string | null
}

/** What is set aside, by room and number, without the bytes. */
export async function listSetAside(
  db: Kysely<Schema>,
  { limit, after }: { limit: number; after?: RecordId | undefined },
): Promise<Page<RecordFacts, RecordId>> {
  const part = (kind: RecordId['kind'], author: RawBuilder<unknown>) => sql`
    select room_id, ${sql.lit(kind)} as kind, seq, quarantined as reason, ${author} as author, at, octet_length(bytes) as bytes
    from ${tableOf(kind)} where quarantined is not null and quarantined != ${GIVEN_BACK} ${isPast(kind, after)}
    order by room_id, seq limit ${limit + 1}`
  const { rows } = await sql<SetAsideRow>`
    select records.*, name from (
      select * from (${part('snapshot', sql`null`)}) as snapshots
      union all
      select * from (${part('update', sql`author`)}) as updates
    ) as records left join rooms on rooms.id = room_id
    order by room_id, seq, kind limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit).map(({ room_id, name, ...row }) => {
    return { ...row, roomId: roomIdSchema.parse(room_id), roomName: name }
  })
  return { rows: page, next: rows.length > limit ? page.at(-1) : undefined }
}

/** Of one room and number, the snapshot comes before the update. */
function isPast(kind: RecordId['kind'], after: RecordId | undefined): RawBuilder<unknown> {
  if (!after) return sql``
  const operator = after.kind === 'snapshot' && kind === 'update' ? sql`>=` : sql`>`
  return sql`and (room_id, seq) ${operator} (${after.roomId}, ${after.seq})`
}

/** The next few rooms that have been drawn on, in the order of their ids. */
export async function listDrawn(db: Kysely<Schema>, after: RoomId | undefined): Promise<RoomId[]> {
  const { rows } = await sql<{ room_id: string }>`
    select room_id from room_documents where room_id > ${after ?? ''} order by room_id limit ${DRAWN_ROOMS}`.execute(db)
  return rows.map(({ room_id }) => roomIdSchema.parse(room_id))
}

/** What the next few hundred records of one kind weigh, by room, up to the last of a room. */
export async function weighRecords(
  db: Kysely<Schema>,
  kind: RecordId['kind'],
  after: SeqPlace | undefined,
  lastRoom: RoomId,
): Promise<Page<WeighedRoom, SeqPlace>> {
  // No number is beyond these, in either engine.
  const isBeyond = after && sql`and (room_id, seq) > (${after.roomId}, ${Math.min(after.seq, Number.MAX_SAFE_INTEGER)})`
  const { rows } = await sql<{ room_id: string; count: number; bytes: number; last: number }>`
    select room_id, count(*) as count, sum(size) as bytes, max(seq) as last from (
      select room_id, seq, octet_length(bytes) as size from ${tableOf(kind)} where room_id <= ${lastRoom} ${isBeyond ?? sql``}
      order by room_id, seq limit ${WEIGHED_ROWS}
    ) as records group by room_id order by room_id`.execute(db)
  const weighed = rows.map(({ room_id, count, bytes }) => ({ roomId: roomIdSchema.parse(room_id), count, bytes }))
  const [last, room] = [rows.at(-1), weighed.at(-1)]
  const isAll = weighed.reduce((sum, { count }) => sum + count, 0) < WEIGHED_ROWS
  return { rows: weighed, next: isAll || !last || !room ? undefined : { roomId: room.roomId, seq: last.last } }
}

function tableOf(kind: RecordId['kind']): RawBuilder<unknown> {
  return sql.table(kind === 'update' ? 'room_updates' : 'room_snapshots')
}
