import { Worker, type Transferable } from 'node:worker_threads'
import { messageOf } from '../../errors.ts'
import { SqlError } from './sql-database.ts'

/** How a connection is opened. */
export interface SqliteConnectionOptions {
  readonly file: string
  /** `FULL`: what is committed survives a power cut. `NORMAL`: it survives a crash of the process only. */
  readonly synchronous: 'FULL' | 'NORMAL'
  /** How long a statement waits for another connection's lock before it fails. */
  readonly busyTimeoutMs: number
  /** Whether the thread leaves the processor to those that people draw with. */
  readonly givesWay?: boolean
}

/** A message to a thread; the last one ends it. */
export type SqliteRequest<Request> = { readonly id: number; readonly request: Request } | 'end'

/** A message from a thread. */
export type SqliteReply<Result> =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: string } }

/** Threads that have not ended. */
const running = new Set<{ end(): Promise<void> }>()

/**
 * Ends all threads of this process, and resolves when they have ended. To be waited for before `process.exit`: that ends
 * threads by force, and one whose addon is just being loaded then aborts the process, whatever its exit code was to be.
 */
export async function endSqliteThreads(): Promise<void> {
  await Promise.all([...running].map((thread) => thread.end()))
}

interface Waiter<Result> {
  resolve(result: Result): void
  reject(error: Error): void
}

/** V8 gives a thread tens of megabytes before it collects; here everything large lies outside its heap. */
const HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 1 }

/**
 * A SQLite connection in a thread of its own; requests are answered in order. The thread is started by the first
 * request, and again by the next one after it has died.
 */
export class SqliteThread<Request, Result> {
  readonly #worker: URL
  readonly #options: SqliteConnectionOptions
  readonly #idleMs: number
  #running: RunningThread<Request, Result> | undefined
  #closed = false

  /** `worker` is the module that answers; a thread that had nothing to do for `idleMs` is ended. */
  constructor(worker: URL, { idleMs = Infinity, ...options }: SqliteConnectionOptions & { readonly idleMs?: number }) {
    this.#worker = worker
    this.#options = options
    this.#idleMs = idleMs
  }

  /** Whether the thread runs, and takes memory. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Whether it is past its start, and would answer at once. */
  get isWarm(): boolean {
    return this.#running?.hasAnswered ?? false
  }

  /** Asks the thread; rejects with `SqlError`. What is in `transfer` is gone from here. */
  async ask(request: Request, transfer: readonly Transferable[] = []): Promise<Result> {
    return await this.lend().ask(request, transfer)
  }

  /** The thread as it runs now: what begins a transaction on it must not go on with another. */
  lend(): RunningThread<Request, Result> {
    if (this.#closed) throw new SqlError('the database is closed', 'SQLITE_CLOSED')
    this.#running ??= new RunningThread(this.#worker, this.#options, {
      idleMs: this.#idleMs,
      ended: (thread) => {
        if (this.#running === thread) this.#running = undefined
      },
    })
    return this.#running
  }

  /** Ends the thread; what was still waiting rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running?.end()
  }
}

/** One thread from its start to its end, and who waits for its replies. */
export class RunningThread<Request, Result> {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiter<Result>>()
  readonly #ended: (thread: this) => void
  readonly #idle: NodeJS.Timeout | undefined
  readonly #exit: Promise<void>
  #death: SqlError | undefined
  #lastId = 0
  #asked = 0
  #hasAnswered = false

  constructor(
    worker: URL,
    options: SqliteConnectionOptions,
    owner: { readonly idleMs: number; readonly ended: (thread: RunningThread<Request, Result>) => void },
  ) {
    this.#ended = owner.ended
    this.#worker = new Worker(worker, { workerData: options, resourceLimits: HEAP })
    this.#worker.on('message', (reply: SqliteReply<Result>) => this.#settle(reply))
    this.#worker.on('error', (error) => this.#die(`the database thread failed: ${messageOf(error)}`, codeOf(error)))
    running.add(this)
    this.#exit = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        running.delete(this)
        this.#die('the database thread ended')
        resolve()
      })
    })
    if (owner.idleMs !== Infinity) this.#idle = setInterval(() => this.#endIfIdle(), owner.idleMs).unref()
  }

  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  get isDead(): boolean {
    return this.#death !== undefined
  }

  /** Asks this thread and no other; rejects with `SqlError`, also once it has ended. */
  ask(request: Request, transfer: readonly Transferable[] = []): Promise<Result> {
    if (this.#death) return Promise.reject(this.#death)
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, request } satisfies SqliteRequest<Request>, transfer)
    })
  }

  /**
   * Ends the thread, when it is through with what it was asked; who was still waiting is not told of it, but rejected.
   * It ends by itself: `terminate` in the midst of a call into SQLite, or while its addon loads, aborts the process.
   */
  async end(): Promise<void> {
    this.#die('the database thread was ended')
    this.#worker.postMessage('end' satisfies SqliteRequest<Request>)
    await this.#exit
  }

  #settle(reply: SqliteReply<Result>): void {
    this.#hasAnswered = true
    const waiter = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiter?.reject(new SqlError(reply.error.message, reply.error.code))
    else waiter?.resolve(reply.result)
  }

  #die(reason: string, code = 'SQLITE_IOERR'): void {
    if (this.#death) return
    this.#death = new SqlError(reason, code)
    clearInterval(this.#idle)
    this.#ended(this)
    for (const waiter of this.#waiting.values()) waiter.reject(this.#death)
    this.#waiting.clear()
  }

  #endIfIdle(): void {
    if (this.#waiting.size === 0 && this.#asked === this.#lastId) void this.end()
    this.#asked = this.#lastId
  }
}

/** What SQLite calls the error that ended a thread, as its own when it opens the file. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return code?.startsWith('SQLITE_') ? code : undefined
}
