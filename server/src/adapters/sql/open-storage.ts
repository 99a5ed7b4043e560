import { pino, type Logger } from 'pino'
import type { SqlStorage } from './sql-database.ts'
import type { SqliteOptions } from './sqlite-database.ts'
import { openSqliteStorage } from './sqlite-storage.ts'

/** Where everything is stored: in PostgreSQL if an address is given, otherwise in a SQLite file. */
export interface StoragePlace extends SqliteOptions {
  readonly databaseUrl: string | undefined
  readonly readUrl?: string | undefined
}

/** Opens the engine that a place names. Scripts, whose output is their own, leave the log out: it goes to stderr. */
export async function openStorage(
  { databaseUrl, readUrl, ...sqlite }: StoragePlace,
  log: Logger = pino({ level: 'warn' }, pino.destination(2)),
): Promise<SqlStorage> {
  if (databaseUrl === undefined) return await openSqliteStorage(sqlite)
  // Loaded only when it is used: an installation on SQLite does not pay for its client.
  const { openPostgresStorage } = await import('./postgres-storage.ts')
  return await openPostgresStorage({ url: databaseUrl, readUrl, log })
}
