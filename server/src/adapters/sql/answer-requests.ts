import { flushCompileCache } from 'node:module'
import { parentPort, workerData, type Transferable } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { messageOf } from '../../errors.ts'
import { giveWay } from '../../give-way.ts'
import type { SqliteConnectionOptions, SqliteReply, SqliteRequest } from './sqlite-thread.ts'

/** SQLite otherwise takes 16 MB for each connection; what is read is in the kernel's cache as well. */
const CACHE_KIB = 2_000

/** What a thread answers, and what of it goes to the other side without being copied. */
export interface Answer {
  readonly result: unknown
  readonly transfer?: readonly Transferable[]
}

/** What this thread was started with. */
export const options = workerData as SqliteConnectionOptions

/** Opens the connection that this thread owns. */
export function openConnection(): Database.Database {
  if (options.givesWay) giveWay()
  const database = new Database(options.file)
  // A new file can give space that a clean-up freed back to the disk, if this comes first. In one that can, it would
  // wait for the write lock.
  if (database.pragma('auto_vacuum', { simple: true }) === 0) database.pragma('auto_vacuum = incremental')
  database.pragma('journal_mode = WAL')
  database.pragma(`synchronous = ${options.synchronous}`)
  database.pragma(`busy_timeout = ${options.busyTimeoutMs}`)
  database.pragma('foreign_keys = ON')
  database.pragma(`cache_size = -${CACHE_KIB}`)
  return database
}

/** Answers this thread's requests, in order. */
export function answerRequests(answer: (request: never) => Answer): void {
  const port = parentPort
  if (!port) throw new Error('this runs only as a worker thread')
  // A thread takes 12 MB to strip types, unless it finds in node's compile cache what another one left there.
  flushCompileCache()
  port.on('message', (asked: SqliteRequest<never>) => {
    if (asked === 'end') return port.close()
    const { id, request } = asked
    try {
      const { result, transfer = [] } = answer(request)
      port.postMessage({ id, result } satisfies SqliteReply<unknown>, transfer)
    } catch (error) {
      const code = error instanceof Database.SqliteError ? error.code : 'SQLITE_ERROR'
      port.postMessage({ id, error: { message: messageOf(error), code } } satisfies SqliteReply<unknown>)
    }
  })
}
