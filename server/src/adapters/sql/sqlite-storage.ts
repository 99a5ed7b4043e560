import { setTimeout as wait } from 'node:timers/promises'
import { sql, Kysely } from 'kysely'
import { packBatch, toFirstSeqs, type PackedBatch } from './packed-batch.ts'
import type { Schema } from './schema.ts'
import type { SqlStorage } from './sql-database.ts'
import { SqlDocumentStore } from './sql-document-store.ts'
import { createStatementsThread, openSqlite, withDefaults, type SqliteOptions } from './sqlite-database.ts'
import { SqliteThreadDialect } from './sqlite-dialect.ts'
import { SqliteThread } from './sqlite-thread.ts'

/** A thread takes 10 MB, and starts in 30 ms. */
const IDLE_MS = 30_000
/** So many pages that a clean-up emptied are given back to the disk in one go, for which nobody can write. */
const SHRINK_PAGES = 250
/** How long the write lock is left to others after each of them. */
const BREATH_MS = 20
/** How long ending the log may wait for who reads, which commits then wait for. */
const TRUNCATE_WAIT_MS = 50

/**
 * Opens a SQLite database with a connection, in a thread, for each thing that must not wait for another: people and
 * rooms; the journal's commits, from the first on; reading documents, and writing snapshots of them, while somebody does.
 */
export async function openSqliteStorage(options: SqliteOptions): Promise<SqlStorage> {
  const main = await openSqlite(options)
  const journal = new SqliteThread<PackedBatch, number[]>(
    new URL('./sqlite-journal-worker.ts', import.meta.url),
    withDefaults(options),
  )
  // Only what reads gives way: with the write lock in its hands, it would have everybody's commits wait for its turn.
  const reading = createStatementsThread({ ...options, idleMs: IDLE_MS, givesWay: true })
  const readingDb = new Kysely<Schema>({ dialect: new SqliteThreadDialect(reading) })
  const writing = createStatementsThread({ ...options, idleMs: IDLE_MS })
  const db = new Kysely<Schema>({ dialect: new SqliteThreadDialect(writing) })
  const documentStore = new SqlDocumentStore({
    // The first load of a while need not wait until a thread has started: people and rooms can spare theirs once.
    db,
    get loads() {
      if (reading.isWarm) return readingDb
      if (!reading.isRunning) void sql`select 1`.execute(readingDb).catch(() => undefined)
      return main.db
    },
    async append(batch) {
      const packed = packBatch(batch)
      if (packed.roomIds.length === 0) return new Map()
      return toFirstSeqs(packed.roomIds, await journal.ask(packed, [packed.blobs]))
    },
    async ping() {
      await journal.ask(packBatch({ id: '', rooms: [] }))
    },
    shrink: () => shrink(db, withDefaults(options).busyTimeoutMs),
  })
  return {
    main,
    documentStore,
    async close() {
      await Promise.all([main.close(), journal.close(), readingDb.destroy(), reading.close()])
      await Promise.all([db.destroy(), writing.close()])
    },
  }
}

async function shrink(db: Kysely<Schema>, busyTimeoutMs: number): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ freelist_count: number }>`pragma freelist_count`.execute(db)
    if ((rows[0]?.freelist_count ?? 0) < SHRINK_PAGES) break
    await sql`pragma incremental_vacuum(${sql.lit(SHRINK_PAGES)})`.execute(db)
    await wait(BREATH_MS)
  }
  // The file shrinks when this is carried over to it; the first does that beside the journal, the second ends the log.
  await sql`pragma wal_checkpoint(passive)`.execute(db)
  // It waits for who reads, with all who write behind it: a backup reads for seconds. The next clean-up tries again.
  await sql`pragma busy_timeout = ${sql.lit(TRUNCATE_WAIT_MS)}`.execute(db)
  await sql`pragma wal_checkpoint(truncate)`.execute(db)
  await sql`pragma busy_timeout = ${sql.lit(busyTimeoutMs)}`.execute(db)
}
