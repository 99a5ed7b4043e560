import { sql, type Kysely } from 'kysely'
import { pino } from 'pino'
import { copyAll } from './export-database.ts'
import { compareVersion, migrateToLatest, migrationsOf } from './migrate.ts'
import type { Schema } from './schema.ts'
import { openSqlite } from './sqlite-database.ts'
import { TABLE_KEYS, type Table } from './table-keys.ts'

/** A database cannot be written over. */
export class ImportRefusedError extends Error {
  override readonly name = 'ImportRefusedError'
}

/** Brings a SQLite file that `exportDatabase` wrote to the latest schema, to be used by a server from where it lies. */
export async function adoptDatabase(file: string): Promise<void> {
  await (await openSqlite({ file })).close()
}

/**
 * Fills a PostgreSQL database with all that such a file holds, once it was adopted: wholly, or not at all. Rejects with
 * `ImportRefusedError` when a server is connected to it, when it is of a newer version, or when it holds something that `replace`
 * does not allow to delete.
 */
export async function importIntoPostgres(
  file: string,
  databaseUrl: string,
  { replace }: { replace: boolean },
): Promise<void> {
  const log = pino({ level: 'error' }, pino.destination(2))
  const { createPostgresKysely, createPostgresPool } = await import('./postgres-pool.ts')
  const pool = createPostgresPool({ url: databaseUrl, purpose: 'restore', max: 1, patient: true, log })
  const to = createPostgresKysely(pool, log)
  const from = await openSqlite({ file })
  try {
    await refuseBesideServer(to)
    await refuseNewer(to)
    await migrateToLatest(to)
    await to.transaction().execute(async (trx) => {
      const tables = Object.keys(TABLE_KEYS) as Table[]
      // Who starts a server meanwhile waits, and then finds all of it.
      await sql`lock table ${sql.join(tables.map((table) => sql.table(table)))} in access exclusive mode`.execute(trx)
      await refuseBesideServer(trx)
      if (!replace) await refuseToOverwrite(trx)
      for (const table of tables.toReversed()) await trx.deleteFrom(table).execute()
      await copyAll(from.db, trx)
    })
  } finally {
    await from.close()
    await to.destroy()
  }
}

/** A server names its connections (`createPostgresPool`). */
async function refuseBesideServer(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from pg_stat_activity
    where datname = current_database() and application_name like 'sketchroom %' and pid <> pg_backend_pid()
  `.execute(db)
  if (rows[0]?.count !== 0) throw new ImportRefusedError('a SketchRoom process is connected to this database; stop it')
}

/** Who goes back to an older version has one, and cannot empty what that does not know. */
async function refuseNewer(db: Kysely<Schema>): Promise<void> {
  if (compareVersion(await migrationsOf(db)) !== 'newer') return
  throw new ImportRefusedError('this database is of a newer version of SketchRoom; restore into an empty one')
}

async function refuseToOverwrite(db: Kysely<Schema>): Promise<void> {
  for (const table of ['users', 'rooms', 'room_documents'] as const) {
    const { rows } = await sql`select from ${sql.table(table)} limit 1`.execute(db)
    if (rows.length > 0) throw new ImportRefusedError('this database holds an installation already')
  }
}
