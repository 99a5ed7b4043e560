import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { migrateToLatest } from './migrate.ts'
import { createPostgresAppend } from './postgres-journal.ts'
import { createPostgresKysely, createPostgresPool, noteSlow } from './postgres-pool.ts'
import type { Schema } from './schema.ts'
import type { SqlDatabase, SqlStorage } from './sql-database.ts'
import { SqlDocumentStore } from './sql-document-store.ts'

/** How to open a PostgreSQL database. */
export interface PostgresOptions {
  readonly url: string
  /** A replica, for lists. */
  readonly readUrl?: string | undefined
  readonly log: Logger
}

/** Connections of one process: PostgreSQL allows 100 in all, if nobody says otherwise. */
const MAIN_CONNECTIONS = 8
const LIST_CONNECTIONS = 4
const DOCUMENT_CONNECTIONS = 4
/** One batch is under way at a time, and beside it two of rooms that were set apart. */
const JOURNAL_CONNECTIONS = 3
/** Others hold a room's row for as long as a commit takes; who holds it for longer must not hold all rooms. */
const JOURNAL_LOCK_MS = 1_000
/** A process that has nothing to do has a connection all the same: whoever restores a backup sees by it that it runs. */
const PRESENCE_MS = 60_000

/** Opens a PostgreSQL database for people and rooms, and migrates it. */
export async function openPostgres({ url, readUrl, log }: PostgresOptions): Promise<SqlDatabase> {
  await migrate(url, log)
  const db = createPostgresKysely(createPostgresPool({ url, purpose: 'main', max: MAIN_CONNECTIONS, log }), log)
  const replica = readUrl === undefined ? undefined : await openReplica(readUrl, log)
  return {
    db,
    lists: replica ?? db,
    async commit(statements) {
      await db.transaction().execute(async (trx) => {
        for (const statement of statements) await trx.executeQuery(statement)
      })
    },
    async close() {
      await Promise.all([db.destroy(), replica?.destroy()])
    },
  }
}

/** A replica for lists; undefined, and said, when it cannot be read: lists come from the main database then. */
async function openReplica(url: string, log: Logger): Promise<Kysely<Schema> | undefined> {
  const replica = createPostgresKysely(createPostgresPool({ url, purpose: 'lists', max: LIST_CONNECTIONS, log }), log)
  try {
    await replica.selectFrom('rooms').select('id').limit(1).execute()
    return replica
  } catch (error) {
    log.warn({ err: error }, 'DATABASE_READ_URL cannot be read; until the next start, lists come from DATABASE_URL')
    await replica.destroy()
    return undefined
  }
}

/**
 * Opens a PostgreSQL database with connections for each thing that must not wait for another: people and rooms, lists,
 * documents, and the journal's commits.
 */
export async function openPostgresStorage(options: PostgresOptions): Promise<SqlStorage> {
  const { url, log } = options
  const main = await openPostgres(options)
  const documents = createPostgresPool({ url, purpose: 'documents', max: DOCUMENT_CONNECTIONS, log })
  const journalOptions = { url, purpose: 'journal', max: JOURNAL_CONNECTIONS, lockMs: JOURNAL_LOCK_MS, log }
  const journal = createPostgresPool(journalOptions)
  // Whether the store takes writes is asked when those of some rooms hang: it must not wait for them.
  const pings = createPostgresPool({ url, purpose: 'ping', max: 1, staysOpen: true, log })
  const beThere = () =>
    pings.query('select').then(
      () => undefined,
      () => undefined,
    )
  await beThere()
  const presence = setInterval(() => void beThere(), PRESENCE_MS).unref()
  const db = createPostgresKysely(documents, log)
  const append = createPostgresAppend(journal)
  const documentStore = new SqlDocumentStore({
    db,
    loads: db,
    async append(batch) {
      const startedAt = performance.now()
      const firstSeqs = await append(batch)
      noteSlow(log, 'append', performance.now() - startedAt)
      return firstSeqs
    },
    async ping() {
      // A change, since a server without space takes a write that makes none.
      await pings.query(
        `insert into journal_batches (id, at, first_seqs) values ('ping', $1, '[]')
         on conflict (id) do update set at = excluded.at`,
        [Date.now()],
      )
    },
    // PostgreSQL does so by itself.
    shrink: () => Promise.resolve(),
  })
  return {
    main,
    documentStore,
    async close() {
      clearInterval(presence)
      await Promise.all([main.close(), db.destroy(), journal.end(), pings.end()])
    },
  }
}

/** Migrations may take their time, and wait for another instance that is at them. */
async function migrate(url: string, log: Logger): Promise<void> {
  const db = createPostgresKysely(createPostgresPool({ url, purpose: 'migrations', max: 1, patient: true, log }), log)
  try {
    await migrateToLatest(db)
  } finally {
    await db.destroy()
  }
}
