import type { Kysely } from 'kysely'
import { engineOf } from './engine.ts'

/** Whose a Yjs client is, room by room. Of those that wrote before, it is not known: they are whose they write for next. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await engineOf(db)
    .inKeyOrder(
      db.schema
        .createTable('room_clients')
        .addColumn('room_id', 'text', (column) => column.notNull())
        .addColumn('client', 'bigint', (column) => column.notNull())
        .addColumn('user_id', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('room_clients_by_number', ['room_id', 'client']),
    )
    .execute()
}

/** Who was whom is lost. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('room_clients').execute()
}
