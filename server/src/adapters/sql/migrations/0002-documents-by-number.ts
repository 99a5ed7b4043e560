import { crc32 } from 'node:zlib'
import { sql, type Kysely } from 'kysely'
import { engineOf } from './engine.ts'

/** Rows of documents are copied by so many: each may be some megabytes. */
const COPIED_ROWS = 200

/** The tables of documents before this migration, and after it. */
interface Tables {
  old_room_documents: OldDocument
  old_room_updates: OldUpdate
  room_documents: { room_id: string; head: number }
  room_updates: OldKey & Checked & { author: string | null; at: number }
  room_snapshots: OldKey & Checked & { at: number; label: string | null }
}
interface OldKey {
  room_id: string
  seq: number
}
interface Checked {
  crc: number
  quarantined: string | null
  ranges: Uint8Array
  bytes: Uint8Array
}
interface OldUpdate extends OldKey {
  bytes: Uint8Array
  actor: string | null
  at: number
  quarantined: string | null
}
interface OldDocument {
  room_id: string
  head: number
  snapshot: Uint8Array | null
  snapshot_seq: number
  snapshot_quarantined: string | null
}

/**
 * Snapshots become rows; updates and snapshots know their checksum and what they wrote. Tables are copied, because
 * every row changes, and SQLite can lay them out anew. What an old row wrote is not known: its ranges are empty.
 */
export async function up(anyDb: Kysely<unknown>): Promise<void> {
  const db = anyDb as Kysely<Tables>
  for (const table of ['room_documents', 'room_updates']) {
    await db.schema.alterTable(table).renameTo(`old_${table}`).execute()
  }
  await createTables(anyDb)
  await sql`insert into room_documents (room_id, head) select room_id, head from old_room_documents`.execute(db)
  await copyUpdates(db)
  await copySnapshots(db)
  for (const table of ['old_room_updates', 'old_room_documents']) await db.schema.dropTable(table).execute()
}

async function createTables(db: Kysely<unknown>): Promise<void> {
  const { bytes, inKeyOrder } = engineOf(db)
  await inKeyOrder(
    db.schema
      .createTable('room_documents')
      .addColumn('room_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('head', 'bigint', (column) => column.notNull()),
  ).execute()
  await inKeyOrder(
    db.schema
      .createTable('room_updates')
      .addColumn('room_id', 'text', (column) => column.notNull())
      .addColumn('seq', 'bigint', (column) => column.notNull())
      .addColumn('author', 'text')
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('crc', 'bigint', (column) => column.notNull())
      .addColumn('quarantined', 'text')
      .addColumn('ranges', bytes, (column) => column.notNull())
      .addColumn('bytes', bytes, (column) => column.notNull())
      .addPrimaryKeyConstraint('room_updates_by_number', ['room_id', 'seq']),
  ).execute()
  await db.schema
    .createIndex('room_updates_set_aside')
    .on('room_updates')
    .columns(['room_id', 'seq'])
    .where(sql.ref('quarantined'), 'is not', null)
    .execute()
  // Here the bytes are large, and come last: what comes after them is read by going through them.
  await db.schema
    .createTable('room_snapshots')
    .addColumn('room_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('label', 'text')
    .addColumn('crc', 'bigint', (column) => column.notNull())
    .addColumn('quarantined', 'text')
    .addColumn('ranges', bytes, (column) => column.notNull())
    .addColumn('bytes', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('room_snapshots_by_number', ['room_id', 'seq'])
    .execute()
  await inKeyOrder(
    db.schema
      .createTable('journal_batches')
      .addColumn('id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('first_seqs', 'text', (column) => column.notNull()),
  ).execute()
}

async function copyUpdates(db: Kysely<Tables>): Promise<void> {
  let after: OldKey = { room_id: '', seq: 0 }
  for (;;) {
    const { room_id, seq } = after
    const rows = await db
      .selectFrom('old_room_updates')
      .selectAll()
      .where((eb) => eb.or([eb('room_id', '>', room_id), eb.and([eb('room_id', '=', room_id), eb('seq', '>', seq)])]))
      .orderBy('room_id')
      .orderBy('seq')
      .limit(COPIED_ROWS)
      .execute()
    const last = rows.at(-1)
    if (!last) return
    const copies = rows.map(({ actor, ...row }) => {
      return { ...row, author: actor, crc: crc32(row.bytes), ranges: new Uint8Array() }
    })
    await db.insertInto('room_updates').values(copies).execute()
    after = last
  }
}

async function copySnapshots(db: Kysely<Tables>): Promise<void> {
  const rooms = await db.selectFrom('old_room_documents').select('room_id').where('snapshot', 'is not', null).execute()
  for (const { room_id } of rooms) {
    const row = await db
      .selectFrom('old_room_documents')
      .leftJoin('old_room_updates', (join) =>
        join
          .onRef('old_room_updates.room_id', '=', 'old_room_documents.room_id')
          .onRef('old_room_updates.seq', '=', 'snapshot_seq'),
      )
      .select(['snapshot', 'snapshot_seq', 'snapshot_quarantined', 'at'])
      .where('old_room_documents.room_id', '=', room_id)
      .executeTakeFirstOrThrow()
    if (row.snapshot === null) continue
    await db
      .insertInto('room_snapshots')
      .values({
        room_id,
        seq: row.snapshot_seq,
        // It was made some time after the last update that it holds.
        at: row.at ?? Date.now(),
        label: null,
        crc: crc32(row.snapshot),
        quarantined: row.snapshot_quarantined,
        ranges: new Uint8Array(),
        bytes: row.snapshot,
      })
      .execute()
  }
}

/** Back to one snapshot a room, the newest sound one. Older snapshots, names and ranges are lost. */
export async function down(anyDb: Kysely<unknown>): Promise<void> {
  const db = anyDb as Kysely<Tables>
  const { bytes, renameConstraint } = engineOf(anyDb)
  await db.schema.alterTable('room_documents').addColumn('snapshot', bytes).execute()
  await db.schema
    .alterTable('room_documents')
    .addColumn('snapshot_seq', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema.alterTable('room_documents').addColumn('snapshot_quarantined', 'text').execute()
  await sql`
    update room_documents set snapshot = room_snapshots.bytes, snapshot_seq = room_snapshots.seq from room_snapshots
    where room_snapshots.room_id = room_documents.room_id and room_snapshots.seq = (
      select max(seq) from room_snapshots where room_id = room_documents.room_id and quarantined is null
    )
  `.execute(db)
  await db.schema.dropIndex('room_updates_set_aside').execute()
  await renameConstraint('room_updates', 'room_updates_by_number', 'room_updates_key')
  await db.schema.alterTable('room_updates').renameColumn('author', 'actor').execute()
  for (const column of ['crc', 'ranges']) await db.schema.alterTable('room_updates').dropColumn(column).execute()
  for (const table of ['journal_batches', 'room_snapshots']) await db.schema.dropTable(table).execute()
}
