import { Worker } from 'node:worker_threads'
import { SqlError } from './sql-database.ts'

/** How a connection is opened. */
export interface SqliteThreadOptions {
  readonly file: string
  /** `FULL`: what is committed survives a power cut. `NORMAL`: it survives a crash of the process only. */
  readonly synchronous: 'FULL' | 'NORMAL'
  /** How long a statement waits for another process's lock before it fails. */
  readonly busyTimeoutMs: number
}

/** A statement and its values, in the order of its placeholders. */
export interface SqliteStatement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** What a statement answered: its rows, or how many it changed. */
export interface SqliteResult {
  readonly rows: unknown[]
  readonly changes: number
}

/** A message to the thread. */
export interface SqliteRequest {
  readonly id: number
  readonly statements: readonly SqliteStatement[]
  /** All in one transaction, or nothing. */
  readonly atomic: boolean
}

/** A message from the thread. */
export type SqliteReply =
  | { readonly id: number; readonly results: SqliteResult[] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string } }

interface Waiter {
  resolve(results: SqliteResult[]): void
  reject(error: Error): void
}

/** A thread that runs, and who waits for its replies: how it ends is nobody else's business. */
interface RunningThread {
  readonly worker: Worker
  readonly waiting: Map<number, Waiter>
}

/** A SQLite connection in a thread of its own; requests are answered in order. */
export class SqliteThread {
  readonly #options: SqliteThreadOptions
  #running: RunningThread | undefined
  #lastId = 0
  #closed = false

  constructor(options: SqliteThreadOptions) {
    this.#options = options
  }

  /** Runs the statements; rejects with `SqlError`, and when `atomic` has then changed nothing. */
  run(statements: readonly SqliteStatement[], options: { atomic: boolean }): Promise<SqliteResult[]> {
    if (this.#closed) return Promise.reject(new SqlError('the database is closed', 'SQLITE_CLOSED'))
    const { worker, waiting } = (this.#running ??= this.#start())
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, statements, atomic: options.atomic } satisfies SqliteRequest)
    })
  }

  /** Ends the thread; what was still waiting rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running?.worker.terminate()
  }

  #start(): RunningThread {
    const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: this.#options })
    const waiting = new Map<number, Waiter>()
    const running = { worker, waiting }
    worker.on('message', (reply: SqliteReply) => {
      const waiter = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('error' in reply) waiter?.reject(new SqlError(reply.error.message, reply.error.code))
      else waiter?.resolve(reply.results)
    })
    // A thread that died (the file cannot be opened, say) is started anew by the next request.
    const died = (reason: string) => {
      if (this.#running === running) this.#running = undefined
      for (const waiter of waiting.values()) waiter.reject(new SqlError(reason, 'SQLITE_IOERR'))
      waiting.clear()
    }
    worker.on('error', (error) =>
      died(`the database thread failed: ${error instanceof Error ? error.message : String(error)}`),
    )
    worker.on('exit', () => died('the database thread ended'))
    return running
  }
}
