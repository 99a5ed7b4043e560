import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openStorage } from '../adapters/sql/open-storage.ts'
import type { SqlStorage } from '../adapters/sql/sql-database.ts'
import { runStatement } from './test-postgres.ts'

/** Set by `use-postgres.ts` in the projects that run on PostgreSQL: the URL of their server. */
export const POSTGRES_URL = 'SKETCHROOM_TEST_POSTGRES'

/** PostgreSQL's code for a database that there is already. */
const DUPLICATE_DATABASE = '42P04'

/**
 * The environment of a server with this data directory, on the engine of this run unless `more` names a database. In
 * PostgreSQL, the directory has a database of its own: who is started on it again finds it, and nobody else does.
 */
export async function serverEnvironment(
  dataDir: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const databaseUrl = more['DATABASE_URL'] ?? (await findDatabase(dataDir))
  if (databaseUrl === undefined) return { DATA_DIR: dataDir, ...more }
  return { DATA_DIR: dataDir, DATABASE_URL: databaseUrl, JWT_SECRET: 'a secret that only the tests know', ...more }
}

/** Opens what the server with this data directory stores, as another process does beside it. */
export async function openServerStorage(dataDir: string): Promise<SqlStorage> {
  return await openStorage({ file: join(dataDir, 'sketchroom.db'), databaseUrl: await findDatabase(dataDir) })
}

/** Removes a data directory, and its database. */
export async function removeServerData(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true })
  const server = process.env[POSTGRES_URL]
  if (server !== undefined) await runStatement(server, `drop database if exists ${nameOf(dataDir)} with (force)`)
}

/** The URL of a data directory's database, which is made if there is none; undefined in SQLite. */
async function findDatabase(dataDir: string): Promise<string | undefined> {
  const server = process.env[POSTGRES_URL]
  if (server === undefined) return undefined
  const name = nameOf(dataDir)
  try {
    await runStatement(server, `create database ${name}`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === DUPLICATE_DATABASE)) throw error
  }
  return Object.assign(new URL(server), { pathname: name }).href
}

function nameOf(dataDir: string): string {
  return `data_${createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 20)}`
}
