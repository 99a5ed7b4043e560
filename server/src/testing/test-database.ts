import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kysely } from 'kysely'
import pino, { type Logger } from 'pino'
import { onTestFinished } from 'vitest'
import { createPostgresKysely, createPostgresPool } from '../adapters/sql/postgres-pool.ts'
import { openPostgresStorage } from '../adapters/sql/postgres-storage.ts'
import type { Schema } from '../adapters/sql/schema.ts'
import type { SqlStorage } from '../adapters/sql/sql-database.ts'
import { createStatementsThread } from '../adapters/sql/sqlite-database.ts'
import { SqliteThreadDialect } from '../adapters/sql/sqlite-dialect.ts'
import { openSqliteStorage } from '../adapters/sql/sqlite-storage.ts'
import type { TestPostgres } from './test-postgres.ts'

/** An empty database for one test, which takes it away again. */
interface TestDatabase {
  /** A connection beside the server's. Nothing is migrated. */
  readonly db: Kysely<Schema>
  /** Opens it as a server does; any number of times. */
  open(log?: Logger): Promise<SqlStorage>
}

/** A SQLite file. */
export async function createSqliteDatabase(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'test.db')
  const db = new Kysely<Schema>({ dialect: new SqliteThreadDialect(createStatementsThread({ file })) })
  onTestFinished(() => db.destroy())
  return { db, open: () => opened(openSqliteStorage({ file })) }
}

/** A database of a PostgreSQL server. */
export async function createPostgresDatabase(server: TestPostgres): Promise<TestDatabase> {
  const url = await server.createDatabase()
  const silent = pino({ level: 'silent' })
  const db = createPostgresKysely(createPostgresPool({ url, purpose: 'test', max: 2, log: silent }), silent)
  onTestFinished(() => db.destroy())
  return { db, open: (log = silent) => opened(openPostgresStorage({ url, log })) }
}

async function opened(opening: Promise<SqlStorage>): Promise<SqlStorage> {
  const storage = await opening
  onTestFinished(() => storage.close())
  return storage
}
