import type { RoomId } from '@sketchroom/shared/ids'
import { sql, type CompiledQuery, type Kysely } from 'kysely'
import type { DocumentStore, JournalEntry, RoomAppend, StoredDocument } from '../../ports/document-store.ts'
import type { Schema } from './schema.ts'
import type { SqlDatabase } from './sql-database.ts'

/** Documents in the tables `room_documents` and `room_updates`; the room's row gives out the numbers. */
export class SqlDocumentStore implements DocumentStore {
  readonly #database: SqlDatabase
  // Compiled once: building a query costs more than the database needs to run it, and every edit comes through here.
  readonly #advanceHead: ReturnType<typeof advanceHead>
  readonly #insertUpdate: ReturnType<typeof insertUpdate>

  constructor(database: SqlDatabase) {
    this.#database = database
    this.#advanceHead = advanceHead(database.db)
    this.#insertUpdate = insertUpdate(database.db)
  }

  async append(batch: readonly RoomAppend[]): Promise<Map<RoomId, number>> {
    // Rooms in id order, so that two instances never wait for each other in a circle.
    const rooms = batch.filter(({ entries }) => entries.length > 0).sort((a, b) => (a.roomId < b.roomId ? -1 : 1))
    if (rooms.length === 0) return new Map()
    const statements: CompiledQuery[] = []
    const headAt: number[] = []
    for (const { roomId, entries } of rooms) {
      headAt.push(statements.length)
      statements.push(this.#advanceHead(roomId, entries.length))
      entries.forEach((entry, index) => {
        statements.push(this.#insertUpdate(roomId, entries.length - 1 - index, entry))
      })
    }
    const results = await this.#database.commit(statements)
    return new Map(
      rooms.map(({ roomId }, index) => {
        const row = results[headAt[index] ?? -1]?.rows[0] as { head: number | string } | undefined
        return [roomId, Number(row?.head)]
      }),
    )
  }

  async load(roomId: RoomId): Promise<StoredDocument> {
    const { db } = this.#database
    // The row first: a compaction between the two reads then only means a tail that starts too early.
    const row = await db.selectFrom('room_documents').selectAll().where('room_id', '=', roomId).executeTakeFirst()
    const sound = row !== undefined && row.snapshot !== null && row.snapshot_quarantined === null
    const snapshotSeq = sound ? Number(row.snapshot_seq) : 0
    const tail = await db
      .selectFrom('room_updates')
      .select(['seq', 'bytes'])
      .where('room_id', '=', roomId)
      .where('seq', '>', snapshotSeq)
      .where('quarantined', 'is', null)
      .orderBy('seq')
      .execute()
    return {
      snapshot: sound ? row.snapshot : null,
      snapshotSeq,
      head: Math.max(Number(row?.head ?? 0), Number(tail.at(-1)?.seq ?? 0)),
      tail: tail.map(({ seq, bytes }) => ({ seq: Number(seq), update: bytes })),
    }
  }

  async saveSnapshot(roomId: RoomId, snapshot: Uint8Array, seq: number, basedOn: number): Promise<boolean> {
    // A quarantined snapshot counts as none: a load from the updates alone is based on 0.
    const stored = sql<number>`case when snapshot_quarantined is null then snapshot_seq else 0 end`
    const result = await this.#database.db
      .updateTable('room_documents')
      .set({ snapshot, snapshot_seq: seq, snapshot_quarantined: null })
      .where('room_id', '=', roomId)
      .where('head', '>=', seq)
      .where(stored, '=', basedOn)
      .executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  async quarantine(roomId: RoomId, seq: number, reason: string): Promise<void> {
    const { db } = this.#database
    if (seq === 0) {
      await db
        .updateTable('room_documents')
        .set({ snapshot_quarantined: reason })
        .where('room_id', '=', roomId)
        .execute()
    } else {
      await db
        .updateTable('room_updates')
        .set({ quarantined: reason })
        .where('room_id', '=', roomId)
        .where('seq', '=', seq)
        .execute()
    }
  }

  async ping(): Promise<void> {
    // A write that changes nothing still needs the write lock and a writable file.
    await this.#database.db.deleteFrom('room_updates').where('room_id', '=', '').where('seq', '=', -1).execute()
  }
}

/** The compiled form of `room_documents.head += count`, answering the new head. */
function advanceHead(db: Kysely<Schema>): (roomId: RoomId, count: number) => CompiledQuery {
  const template = db
    .insertInto('room_documents')
    .values({ room_id: '', head: 0 })
    .onConflict((conflict) => conflict.column('room_id').doUpdateSet({ head: sql`room_documents.head + ${0}` }))
    .returning('head')
    .compile()
  return (roomId, count) => ({ ...template, parameters: [roomId, count, count] })
}

/** The compiled form of inserting one update, numbered `fromHead` before the room's head. */
function insertUpdate(db: Kysely<Schema>): (roomId: RoomId, fromHead: number, entry: JournalEntry) => CompiledQuery {
  const template = db
    .insertInto('room_updates')
    .columns(['room_id', 'seq', 'bytes', 'actor', 'at'])
    .expression(
      db
        .selectFrom('room_documents')
        .select([
          'room_id',
          sql<number>`head - ${0}`.as('seq'),
          sql<Uint8Array>`${null}`.as('bytes'),
          sql<string | null>`${null}`.as('actor'),
          sql<number>`${0}`.as('at'),
        ])
        .where('room_id', '=', ''),
    )
    .compile()
  return (roomId, fromHead, { update, actor, at }) => ({
    ...template,
    parameters: [fromHead, update, actor, at, roomId],
  })
}
