/**
 * The thread that owns a SQLite connection. SQLite works synchronously: a commit waits for the disk, and
 * another process with the write lock makes it wait for seconds. Here that stops nobody's drawing.
 */
import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import type { SqliteReply, SqliteRequest, SqliteResult, SqliteStatement, SqliteThreadOptions } from './sqlite-thread.ts'

const options = workerData as SqliteThreadOptions
const port = parentPort
if (!port) throw new Error('sqlite-worker.ts runs only as a worker thread')

const database = new Database(options.file)
database.pragma('journal_mode = WAL')
database.pragma(`synchronous = ${options.synchronous}`)
database.pragma(`busy_timeout = ${options.busyTimeoutMs}`)
database.pragma('foreign_keys = ON')

/** Preparing costs more than running; the statements are few, since Kysely compiles the same text again. */
const prepared = new Map<string, Database.Statement>()
const MAX_PREPARED = 500

function prepare(sql: string): Database.Statement {
  let statement = prepared.get(sql)
  if (!statement) {
    if (prepared.size >= MAX_PREPARED) prepared.clear()
    statement = database.prepare(sql)
    prepared.set(sql, statement)
  }
  return statement
}

function run({ sql, parameters }: SqliteStatement): SqliteResult {
  const statement = prepare(sql)
  if (statement.reader) return { rows: statement.all(...parameters), changes: 0 }
  return { rows: [], changes: statement.run(...parameters).changes }
}

const transaction = database.transaction((statements: readonly SqliteStatement[]) => statements.map(run))

port.on('message', ({ id, statements, atomic }: SqliteRequest) => {
  let reply: SqliteReply
  try {
    // `immediate`: take the write lock at once, so that two writers wait for each other instead of failing midway.
    reply = { id, results: atomic ? transaction.immediate(statements) : statements.map(run) }
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : 'SQLITE_ERROR'
    reply = { id, error: { message: error instanceof Error ? error.message : String(error), code } }
  }
  port.postMessage(reply)
})
