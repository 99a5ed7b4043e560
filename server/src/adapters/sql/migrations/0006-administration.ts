import { sql, type Kysely } from 'kysely'

/** Blocked addresses, and the indexes that an administrator's lists are read from: of everything, newest first. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('address_blocks')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('network', 'text', (column) => column.notNull().unique())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('until', 'bigint')
    .execute()
  // Not by their last change, which is written every ten seconds of those that are drawn on.
  await db.schema.createIndex('rooms_by_age').on('rooms').columns(['created_at', 'id']).execute()
  await sql`create index users_accounts_by_age on users (created_at, id) where email is not null`.execute(db)
  // Where it said `email is null`, SQLite would take the index of addresses, of which it believes that one row has each.
  await sql`create index users_guests_by_age on users (created_at, id) where coalesce(email, '') = ''`.execute(db)
  // A room may have any number of visitors, and few who have a role.
  await db.schema
    .createIndex('memberships_with_role')
    .on('memberships')
    .columns(['room_id', 'role', 'user_id'])
    .where(sql.ref('role'), 'is not', null)
    .execute()
  await db.schema
    .createIndex('room_snapshots_set_aside')
    .on('room_snapshots')
    .columns(['room_id', 'seq'])
    .where(sql.ref('quarantined'), 'is not', null)
    .execute()
}

/** What was blocked is let in again. */
export async function down(db: Kysely<unknown>): Promise<void> {
  const indexes = [
    'room_snapshots_set_aside',
    'memberships_with_role',
    'users_guests_by_age',
    'users_accounts_by_age',
    'rooms_by_age',
  ]
  for (const index of indexes) await db.schema.dropIndex(index).execute()
  await db.schema.dropTable('address_blocks').execute()
}
