import type { Kysely } from 'kysely'
import { engineOf } from './engine.ts'

/**
 * Whose a Yjs client is, room by room, and who has become somebody else. Of those that wrote before, it is not known: they
 * are whose they write for next.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { inKeyOrder } = engineOf(db)
  await inKeyOrder(
    db.schema
      .createTable('room_clients')
      .addColumn('room_id', 'text', (column) => column.notNull())
      .addColumn('client', 'bigint', (column) => column.notNull())
      .addColumn('user_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('room_clients_by_number', ['room_id', 'client']),
  ).execute()
  await inKeyOrder(
    db.schema
      .createTable('client_transfers')
      .addColumn('from_user', 'text', (column) => column.primaryKey().notNull())
      .addColumn('to_user', 'text', (column) => column.notNull()),
  ).execute()
}

/** Who was whom is lost. */
export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['client_transfers', 'room_clients']) await db.schema.dropTable(table).execute()
}
