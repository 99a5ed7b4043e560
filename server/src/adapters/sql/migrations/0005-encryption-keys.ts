import type { Kysely } from 'kysely'

/** By which keys something may be encrypted, so that a wrong one is told from damage. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('encryption_keys')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('check_value', 'text', (column) => column.notNull())
    .execute()
}

/** What is encrypted stays so. */
export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('encryption_keys').execute()
}
