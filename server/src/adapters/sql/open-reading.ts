import Database from 'better-sqlite3'
import { Kysely, sql, SqliteDialect } from 'kysely'
import { pino } from 'pino'
import type { Schema } from './schema.ts'

/** A database to look at: in PostgreSQL if an address is given, otherwise in a SQLite file. */
export interface ReadingPlace {
  readonly file: string
  readonly databaseUrl: string | undefined
}

/**
 * Opens a database as it is, for a script that reads it, also beside a server: nothing is migrated, and nothing can be
 * written. On SQLite, statements run in the calling thread. Whoever opens it destroys it.
 */
export async function openForReading(place: ReadingPlace): Promise<Kysely<Schema>> {
  // Opened read-only, a file would leave its log beside it, and another user's server could not write to that.
  return await open(place, ['query_only = ON'])
}

/** The same for a script that writes. On SQLite, what it overwrites is not left in the file. */
export async function openForWriting(place: ReadingPlace): Promise<Kysely<Schema>> {
  return await open(place, ['synchronous = FULL', 'secure_delete = ON'])
}

/** Writes a SQLite file anew, without what was deleted or replaced. Takes as much space again, and nobody may use it meanwhile. */
export async function vacuum(place: ReadingPlace): Promise<void> {
  const db = await openForWriting(place)
  try {
    await sql`vacuum`.execute(db)
    await sql`pragma wal_checkpoint(truncate)`.execute(db)
  } finally {
    await db.destroy()
  }
}

async function open({ file, databaseUrl }: ReadingPlace, pragmas: readonly string[]): Promise<Kysely<Schema>> {
  if (databaseUrl === undefined) {
    const database = new Database(file, { fileMustExist: true })
    for (const pragma of pragmas) database.pragma(pragma)
    return new Kysely<Schema>({ dialect: new SqliteDialect({ database }) })
  }
  const log = pino({ level: 'error' }, pino.destination(2))
  // Loaded only when it is used: an installation on SQLite does not pay for its client.
  const { createPostgresKysely, createPostgresPool } = await import('./postgres-pool.ts')
  return createPostgresKysely(
    createPostgresPool({ url: databaseUrl, purpose: 'script', max: 1, patient: true, log }),
    log,
  )
}

/** Has all that is read in it be of one moment. It takes no lock that anybody would wait for. */
export async function atOneMoment<T>(db: Kysely<Schema>, read: (trx: Kysely<Schema>) => Promise<T>): Promise<T> {
  return await db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
}
