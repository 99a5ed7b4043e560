import { sql, type Kysely } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, Migrator, type Migration } from 'kysely/migration'
import * as firstTables from './migrations/0001-first-tables.ts'
import * as documentsByNumber from './migrations/0002-documents-by-number.ts'
import * as roomClients from './migrations/0003-room-clients.ts'
import * as updatesByArrival from './migrations/0004-updates-by-arrival.ts'
import * as encryptionKeys from './migrations/0005-encryption-keys.ts'
import * as administration from './migrations/0006-administration.ts'

/** Every migration, oldest first; names are never changed once released. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-first-tables': firstTables,
  '0002-documents-by-number': documentsByNumber,
  '0003-room-clients': roomClients,
  '0004-updates-by-arrival': updatesByArrival,
  '0005-encryption-keys': encryptionKeys,
  '0006-administration': administration,
}

/** The migrator of a database, for going up or down step by step. */
export function createMigrator<T>(db: Kysely<T>): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } })
}

/** A database that is not at the latest schema and cannot be brought there. */
export class MigrationError extends Error {
  constructor(failed: string, cause: unknown) {
    super(`the database could not be brought up to date: ${failed} failed`, { cause })
    this.name = 'MigrationError'
  }
}

/** Brings a database to the latest schema; rejects with a `MigrationError` that names the failing migration. */
export async function migrateToLatest<T>(db: Kysely<T>): Promise<void> {
  const { error, results } = await createMigrator(db).migrateToLatest()
  if (!error) return
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the migrations'
  throw new MigrationError(failed, error)
}

/** The names of the migrations that a database has had, oldest first; none when it has never been used. */
export async function migrationsOf<T>(db: Kysely<T>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return []
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(db)
  return rows.map(({ name }) => name)
}

/** How a database with these migrations stands to this version: one that is newer cannot be read by it. */
export function compareVersion(migrations: readonly string[]): 'same' | 'older' | 'newer' {
  if (migrations.some((name) => !Object.hasOwn(MIGRATIONS, name))) return 'newer'
  return migrations.length < Object.keys(MIGRATIONS).length ? 'older' : 'same'
}
