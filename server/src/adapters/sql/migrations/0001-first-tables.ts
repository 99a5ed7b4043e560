import { sql, type Kysely } from 'kysely'
import { engineOf } from './engine.ts'

/** People, rooms and their documents. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.unique())
    .addColumn('password_hash', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('refresh_hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('rotated_at', 'bigint')
    .addColumn('revoked_at', 'bigint')
    .execute()
  await db.schema.createIndex('sessions_user').on('sessions').column('user_id').execute()
  await db.schema
    .createTable('rooms')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('slug', 'text', (column) => column.unique())
    .addColumn('access', 'text', (column) =>
      column.notNull().check(sql`access in ('private', 'link-view', 'link-edit')`),
    )
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('memberships')
    .addColumn('room_id', 'text', (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.check(sql`role in ('viewer', 'editor', 'owner')`))
    .addColumn('joined_at', 'bigint', (column) => column.notNull())
    .addColumn('removed_at', 'bigint')
    .addPrimaryKeyConstraint('memberships_key', ['room_id', 'user_id'])
    .execute()
  await db.schema.createIndex('memberships_user').on('memberships').column('user_id').execute()

  // Documents have no foreign key to rooms: one room's fault must not fail a commit shared with others.
  const { bytes } = engineOf(db)
  await db.schema
    .createTable('room_documents')
    .addColumn('room_id', 'text', (column) => column.primaryKey())
    .addColumn('head', 'bigint', (column) => column.notNull())
    .addColumn('snapshot', bytes)
    .addColumn('snapshot_seq', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('snapshot_quarantined', 'text')
    .execute()
  await db.schema
    .createTable('room_updates')
    .addColumn('room_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('bytes', bytes, (column) => column.notNull())
    .addColumn('actor', 'text')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('quarantined', 'text')
    .addPrimaryKeyConstraint('room_updates_key', ['room_id', 'seq'])
    .execute()
}

/** Back to an empty database. Everything stored is lost. */
export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['room_updates', 'room_documents', 'memberships', 'rooms', 'sessions', 'users']) {
    await db.schema.dropTable(table).execute()
  }
}
