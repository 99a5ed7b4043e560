import { open } from 'node:fs/promises'
import { sql, Kysely } from 'kysely'
import { migrateToLatest } from './migrate.ts'
import type { Schema } from './schema.ts'
import type { SqlDatabase } from './sql-database.ts'
import { runStatements, SqliteThreadDialect, type StatementsThread } from './sqlite-dialect.ts'
import { SqliteThread, type SqliteConnectionOptions } from './sqlite-thread.ts'

/** How to open a SQLite database; the defaults keep a commit through a power cut. */
export type SqliteOptions = Pick<SqliteConnectionOptions, 'file'> & Partial<SqliteConnectionOptions>

/** The options with what was not said. */
export function withDefaults(options: SqliteOptions): SqliteConnectionOptions {
  return { synchronous: 'FULL', busyTimeoutMs: 5_000, ...options }
}

/** A thread that runs any statement on a connection of its own; one that had nothing to do for `idleMs` is ended. */
export function createStatementsThread(options: SqliteOptions & { readonly idleMs?: number }): StatementsThread {
  return new SqliteThread(new URL('./sqlite-worker.ts', import.meta.url), withDefaults(options))
}

/** Opens (and creates, if need be) a SQLite database in a thread of its own and migrates it. */
export async function openSqlite(options: SqliteOptions): Promise<SqlDatabase> {
  // SQLite would let everybody on the machine read it, and its log, which takes the file's mode.
  await (await open(options.file, 'a', 0o600)).close()
  const thread = createStatementsThread(options)
  const db = new Kysely<Schema>({ dialect: new SqliteThreadDialect(thread) })
  try {
    await migrateToLatest(db)
    await letShrink(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    db,
    lists: db,
    async commit(statements) {
      // Holding the connection keeps the commit out of anybody's open transaction.
      await db.connection().execute(() => runStatements(thread, statements, { atomic: true }))
    },
    close: () => db.destroy(),
  }
}

/** Files of the first version cannot give space back to the disk; they are written anew once, while nobody uses them. */
async function letShrink(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ auto_vacuum: number }>`pragma auto_vacuum`.execute(db)
  if (rows[0]?.auto_vacuum !== 0) return
  // It takes as much space again, which may not be there. Everything works without.
  await sql`vacuum`.execute(db).catch(() => undefined)
}
