import { Kysely, type CompiledQuery, type QueryResult } from 'kysely'
import { migrateToLatest } from './migrate.ts'
import type { Schema } from './schema.ts'
import type { SqlDatabase } from './sql-database.ts'
import { SqliteThreadDialect } from './sqlite-dialect.ts'
import { SqliteThread, type SqliteThreadOptions } from './sqlite-thread.ts'

/** How to open a SQLite database; the defaults keep a commit through a power cut. */
export type SqliteOptions = Pick<SqliteThreadOptions, 'file'> & Partial<SqliteThreadOptions>

/** Opens (and creates, if need be) a SQLite database in a thread of its own and migrates it. */
export async function openSqlite(options: SqliteOptions): Promise<SqlDatabase> {
  const thread = new SqliteThread({ synchronous: 'FULL', busyTimeoutMs: 5000, ...options })
  const db = new Kysely<Schema>({ dialect: new SqliteThreadDialect(thread) })
  try {
    await migrateToLatest(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    db,
    async commit(statements: readonly CompiledQuery[]): Promise<Array<QueryResult<unknown>>> {
      const plain = statements.map(({ sql, parameters }) => ({ sql, parameters }))
      // Holding the connection keeps the commit out of anybody's open transaction.
      const results = await db.connection().execute(() => thread.run(plain, { atomic: true }))
      return results.map(({ rows, changes }) => ({ rows, numAffectedRows: BigInt(changes) }))
    },
    close: () => db.destroy(),
  }
}
