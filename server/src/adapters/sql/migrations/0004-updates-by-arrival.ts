import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import { engineOf } from './engine.ts'

type Layout = (table: CreateTableBuilder<string, string>) => CreateTableBuilder<string, string>

/**
 * In SQLite, updates lie in the order in which they came, and an index finds a room's. They were stored in the primary key: to
 * find a place there, SQLite reads whole what it compares with, so that one paste of 7 MB made each commit to the boards
 * beside it ten times slower, for as long as it was kept. With many boards in a commit, fewer pages are written so, too.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await layOut(db, (table) => table)
}

/** The updates lie in the order of their numbers again, room by room. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await layOut(db, engineOf(db).inKeyOrder)
}

async function layOut(db: Kysely<unknown>, layout: Layout): Promise<void> {
  const { isSqlite, bytes } = engineOf(db)
  if (!isSqlite) return
  await db.schema.dropIndex('room_updates_set_aside').execute()
  await db.schema.alterTable('room_updates').renameTo('old_room_updates').execute()
  await layout(
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
  await sql`
    insert into room_updates (room_id, seq, author, at, crc, quarantined, ranges, bytes)
    select room_id, seq, author, at, crc, quarantined, ranges, bytes from old_room_updates order by room_id, seq
  `.execute(db)
  await db.schema.dropTable('old_room_updates').execute()
  await db.schema
    .createIndex('room_updates_set_aside')
    .on('room_updates')
    .columns(['room_id', 'seq'])
    .where(sql.ref('quarantined'), 'is not', null)
    .execute()
}
