import { pino, type Logger } from 'pino'
import { EncryptedDocumentStore } from '../encryption/encrypted-document-store.ts'
import { Keyring } from '../encryption/keyring.ts'
import { admitKeys, keepKeyNoted, requireKeysInUse } from './admit-keys.ts'
import { requireSameVersion } from './export-database.ts'
import { openForReading } from './open-reading.ts'
import type { SqlStorage } from './sql-database.ts'
import type { SqliteOptions } from './sqlite-database.ts'
import { openSqliteStorage } from './sqlite-storage.ts'

/** Where everything is stored: in PostgreSQL if an address is given, otherwise in a SQLite file. */
export interface StoragePlace extends SqliteOptions {
  readonly databaseUrl: string | undefined
  readonly readUrl?: string | undefined
  /** None: what is stored is plain. */
  readonly keyring?: Keyring
}

/**
 * Opens the engine that a place names, with the keys by which what is drawn is encrypted. Scripts, whose output is their own,
 * leave the log out: it goes to stderr. Rejects with `KeyError` when the keys are not those of what is stored.
 */
export async function openStorage(
  { databaseUrl, readUrl, keyring = new Keyring([]), ...sqlite }: StoragePlace,
  log = scriptLog(),
): Promise<SqlStorage> {
  const storage = await openEngine({ databaseUrl, readUrl, ...sqlite }, log)
  try {
    await admitKeys(storage.main.db, keyring)
  } catch (error) {
    await storage.close()
    throw error
  }
  const stopNoting = keepKeyNoted(storage.main.db, keyring)
  const close = async () => {
    stopNoting()
    await storage.close()
  }
  return encrypted({ ...storage, close }, keyring)
}

/**
 * Opens for a script what servers use, or used last: nothing is migrated, and no key is noted. Rejects with `VersionError` when
 * it is of another version, and with `KeyError` when the keys are not those that servers were started with.
 */
export async function openStorageInUse({ keyring = new Keyring([]), ...place }: StoragePlace): Promise<SqlStorage> {
  const db = await openForReading(place)
  try {
    await requireSameVersion(db)
    await requireKeysInUse(db, keyring)
  } finally {
    await db.destroy()
  }
  return encrypted(await openEngine(place, scriptLog()), keyring)
}

function encrypted(storage: SqlStorage, keyring: Keyring): SqlStorage {
  return { ...storage, documentStore: new EncryptedDocumentStore(storage.documentStore, keyring) }
}

function scriptLog(): Logger {
  return pino({ level: 'warn' }, pino.destination(2))
}

async function openEngine({ databaseUrl, readUrl, ...sqlite }: StoragePlace, log: Logger): Promise<SqlStorage> {
  if (databaseUrl === undefined) return await openSqliteStorage(sqlite)
  // Loaded only when it is used: an installation on SQLite does not pay for its client.
  const { openPostgresStorage } = await import('./postgres-storage.ts')
  return await openPostgresStorage({ url: databaseUrl, readUrl, log })
}
