import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { CompiledQuery, type Kysely } from 'kysely'
import { copyRows } from './copy-rows.ts'
import { compareVersion, migrationsOf } from './migrate.ts'
import { atOneMoment, openForReading, type ReadingPlace } from './open-reading.ts'
import type { Schema } from './schema.ts'
import { createStatementsThread, openSqlite } from './sqlite-database.ts'
import { runStatements } from './sqlite-dialect.ts'
import { COPIED_TABLES } from './table-keys.ts'

/** How often what was written of a copy is sent to the disk. */
const SYNC_EVERY_MS = 50

/** A database cannot be copied by this version. */
export class VersionError extends Error {
  override readonly name = 'VersionError'
}

/**
 * Writes all that a database holds, as it is at one moment, into a new SQLite file, beside a server that goes on writing:
 * it takes no lock that a commit waits for. Answers the migrations that the file has had. Rejects with `VersionError` for
 * a PostgreSQL database of another version; a SQLite file may be of any. What it has written when it rejects is useless.
 */
export async function exportDatabase(place: ReadingPlace, file: string): Promise<string[]> {
  const from = await openForReading(place)
  try {
    if (place.databaseUrl === undefined) await vacuumInto(place.file, file)
    else {
      await requireSameVersion(from)
      const to = await openSqlite({ file, synchronous: 'NORMAL' })
      try {
        await atOneMoment(from, (trx) => copyAll(trx, to.db))
      } finally {
        await to.close()
      }
    }
  } finally {
    await from.destroy()
  }
  return await settle(file)
}

/** Copies every table but what only the process that wrote it would ask for. */
export async function copyAll(from: Kysely<Schema>, to: Kysely<Schema>): Promise<void> {
  for (const table of COPIED_TABLES) await copyRows(from, to, table)
}

/** Rejects with `VersionError` unless a database is of just this version. */
export async function requireSameVersion(db: Kysely<Schema>): Promise<void> {
  const version = compareVersion(await migrationsOf(db))
  if (version === 'same') return
  throw new VersionError(`the database is of ${version === 'newer' ? 'a newer' : 'an older'} version than this`)
}

/**
 * SQLite does it in one statement, in a thread, which reads at one moment and leaves out what was deleted. What it writes
 * is sent to the disk as it goes: all at once at the end, commits would wait behind it for as long as that takes.
 */
async function vacuumInto(source: string, file: string): Promise<void> {
  const thread = createStatementsThread({ file: source, givesWay: true })
  try {
    let isDone = false
    const work = runStatements(thread, [CompiledQuery.raw('vacuum into ?', [file])], { atomic: false })
    const syncing = syncWhile(file, () => !isDone)
    await work.finally(() => (isDone = true))
    await syncing
  } finally {
    await thread.close()
  }
}

async function syncWhile(file: string, goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    await wait(SYNC_EVERY_MS)
    if (existsSync(file)) await syncFile(file)
  }
}

/** Leaves one file without a log beside it, which can be read where nothing can be written. */
async function settle(file: string): Promise<string[]> {
  const database = new Database(file)
  database.pragma('journal_mode = DELETE')
  database.close()
  const db = await openForReading({ file, databaseUrl: undefined })
  try {
    return await migrationsOf(db)
  } finally {
    await db.destroy()
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}
