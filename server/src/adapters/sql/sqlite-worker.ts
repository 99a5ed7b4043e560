/**
 * The thread of a SQLite connection that runs any statement. SQLite works synchronously: a commit waits for the
 * disk, and another connection with the write lock makes it wait for seconds. Here that stops nobody's drawing.
 */
import type Database from 'better-sqlite3'
import { answerRequests, openConnection } from './answer-requests.ts'
import { packRows } from './packed-rows.ts'
import type { SqliteResult, SqliteStatement, StatementsRequest } from './sqlite-dialect.ts'

const database = openConnection()

/** Preparing costs more than running; the statements are few, since Kysely compiles the same text again. */
const prepared = new Map<string, { statement: Database.Statement; columns: string[] }>()
const MAX_PREPARED = 500

function prepare(sql: string) {
  let found = prepared.get(sql)
  if (!found) {
    if (prepared.size >= MAX_PREPARED) prepared.clear()
    const statement = database.prepare(sql)
    if (statement.reader) statement.raw()
    found = { statement, columns: statement.reader ? statement.columns().map(({ name }) => name) : [] }
    prepared.set(sql, found)
  }
  return found
}

function run({ sql, parameters }: SqliteStatement): SqliteResult {
  const { statement, columns } = prepare(sql)
  if (statement.reader) {
    return { rows: packRows(columns, statement.iterate(...parameters) as Iterable<unknown[]>), changes: 0 }
  }
  // A pragma that gives pages back is stepped by better-sqlite3's `run` for one page only.
  if (!sql.startsWith('pragma')) return { rows: undefined, changes: statement.run(...parameters).changes }
  database.exec(sql)
  return { rows: undefined, changes: 0 }
}

const transaction = database.transaction((statements: readonly SqliteStatement[]) => statements.map(run))

answerRequests(({ statements, atomic }: StatementsRequest) => {
  // `immediate`: take the write lock at once, so that two writers wait for each other instead of failing midway.
  const result = atomic ? transaction.immediate(statements) : statements.map(run)
  return { result, transfer: result.flatMap(({ rows }) => (rows ? [rows.blobs] : [])) }
})
