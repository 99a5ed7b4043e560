import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from 'kysely'
import { messageOf } from '../../errors.ts'
import { unpackRows, type PackedRows } from './packed-rows.ts'
import type { RunningThread, SqliteThread } from './sqlite-thread.ts'

/** A statement and its values, in the order of its placeholders. */
export interface SqliteStatement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** What `sqlite-worker.ts` is asked to run. */
export interface StatementsRequest {
  readonly statements: readonly SqliteStatement[]
  /** All in one transaction, or nothing. */
  readonly atomic: boolean
}

/** What a statement answered: its rows, if it can have any, or how many it changed. */
export interface SqliteResult {
  readonly rows: PackedRows | undefined
  readonly changes: number
}

/** A connection that runs any statement. */
export type StatementsThread = SqliteThread<StatementsRequest, SqliteResult[]>

/** Kysely over a thread: the same queries as ever, with no disk wait on the event loop. */
export class SqliteThreadDialect implements Dialect {
  readonly #thread: StatementsThread

  constructor(thread: StatementsThread) {
    this.#thread = thread
  }

  createDriver(): Driver {
    return new SqliteThreadDriver(this.#thread)
  }
  createQueryCompiler(): SqliteQueryCompiler {
    return new SqliteQueryCompiler()
  }
  createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter()
  }
  createIntrospector(db: Kysely<never>): SqliteIntrospector {
    return new SqliteIntrospector(db)
  }
}

/** SQLite can take back a migration that fails in its middle; Kysely believes that it cannot. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** One connection, lent to one query or transaction at a time: SQLite's transactions belong to the connection. */
class SqliteThreadDriver implements Driver {
  readonly #thread: StatementsThread
  #free: Promise<void> = Promise.resolve()
  #release: (() => void) | undefined

  constructor(thread: StatementsThread) {
    this.#thread = thread
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteThreadConnection> {
    const before = this.#free
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#free = promise
    await before
    this.#release = resolve
    try {
      return new SqliteThreadConnection(this.#thread.lend())
    } catch (error) {
      resolve()
      throw error
    }
  }

  async releaseConnection(): Promise<void> {
    this.#release?.()
  }

  async beginTransaction(connection: SqliteThreadConnection): Promise<void> {
    await connection.run('begin immediate')
  }
  async commitTransaction(connection: SqliteThreadConnection): Promise<void> {
    await connection.run('commit')
  }
  async rollbackTransaction(connection: SqliteThreadConnection): Promise<void> {
    // A thread that died has taken its transaction back already.
    if (connection.isDead) return
    // On a full disk, SQLite does so by itself; that this finds none must not hide why.
    await connection.run('rollback').catch((error: unknown) => {
      if (!messageOf(error).includes('no transaction is active')) throw error
    })
  }
  async destroy(): Promise<void> {
    await this.#thread.close()
  }
}

/**
 * What a query or a transaction is lent. It stays with one thread: when that dies, a transaction must not go on with
 * the next one, where each of its statements would be committed by itself.
 */
class SqliteThreadConnection implements DatabaseConnection {
  readonly #thread: RunningThread<StatementsRequest, SqliteResult[]>

  constructor(thread: RunningThread<StatementsRequest, SqliteResult[]>) {
    this.#thread = thread
  }

  get isDead(): boolean {
    return this.#thread.isDead
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const [result] = await runStatements(this.#thread, [query], { atomic: false })
    return {
      rows: result?.rows ? (unpackRows(result.rows) as R[]) : [],
      numAffectedRows: BigInt(result?.changes ?? 0),
    }
  }

  async run(statement: string): Promise<void> {
    await this.executeQuery(CompiledQuery.raw(statement))
  }

  // oxlint-disable-next-line require-yield -- Kysely's interface asks for a generator; nothing here streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('streaming is not supported')
  }
}

/** Has a thread run the statements; rejects with `SqlError`, and when `atomic` has then changed nothing. */
export async function runStatements(
  thread: Pick<StatementsThread, 'ask'>,
  statements: readonly CompiledQuery[],
  { atomic }: { atomic: boolean },
): Promise<SqliteResult[]> {
  const transfer: ArrayBuffer[] = []
  const own = (value: unknown) => {
    if (!(value instanceof Uint8Array)) return value
    // A view is sent with all that it is a view of, and what is handed over is gone: so a copy of just this.
    const copy = new Uint8Array(value)
    transfer.push(copy.buffer)
    return copy
  }
  const request = { statements: statements.map(({ sql, parameters }) => ({ sql, parameters: parameters.map(own) })) }
  return await thread.ask({ ...request, atomic }, transfer)
}
