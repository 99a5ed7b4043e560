import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { sql, type Kysely } from 'kysely'
import type { RecordsOfRoom, StoredRecord } from '../../ports/records-of-room.ts'
import { snapshotContext, updateContext } from '../encryption/contexts.ts'
import type { Keyring } from '../encryption/keyring.ts'
import { rowsOf } from './copy-rows.ts'
import type { Schema } from './schema.ts'

/** The ids of all rooms of which anything is stored, sorted; one that cannot be an id is as it is. */
export async function listRoomIds(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from rooms union select room_id from room_documents union select room_id from room_updates
    union select room_id from room_snapshots union select room_id from room_clients`.execute(db)
  return rows.map(({ id }) => id).sort()
}

/** All of a room's records, with those that were set aside. They are of one moment when `db` is. */
export async function openRoomRecords(db: Kysely<Schema>, roomId: RoomId, keyring: Keyring): Promise<RecordsOfRoom> {
  const document = await db.selectFrom('room_documents').select('head').where('room_id', '=', roomId).executeTakeFirst()
  const snapshots = await db
    .selectFrom('room_snapshots')
    .select(['seq', 'quarantined'])
    .where('room_id', '=', roomId)
    .orderBy('seq')
    .execute()
  return {
    head: document?.head,
    snapshots,
    async readSnapshot(seq) {
      const row = await db
        .selectFrom('room_snapshots')
        .selectAll()
        .where('room_id', '=', roomId)
        .where('seq', '=', seq)
        .executeTakeFirstOrThrow()
      return await toRecord(row, snapshotContext(roomId, row), keyring)
    },
    async *updates() {
      for await (const row of rowsOf(db, 'room_updates', roomId))
        yield await toRecord(row, updateContext(roomId, row), keyring)
    },
  }
}

/** What does not open is as it is stored: its checksum is that of something else. */
async function toRecord(
  { seq, crc, quarantined, ranges, bytes }: Schema['room_updates' | 'room_snapshots'],
  context: string,
  keyring: Keyring,
): Promise<StoredRecord> {
  return { seq, crc, quarantined, ranges, bytes: (await keyring.open(bytes, context)) ?? bytes }
}

/** Parses what `listRoomIds` answered; undefined when it cannot be a room's id. */
export function findListedId(id: string): RoomId | undefined {
  return roomIdSchema.safeParse(id).data
}
