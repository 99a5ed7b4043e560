import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { lockDataDir } from '../adapters/sql/data-dir-lock.ts'
import { adoptDatabase, importIntoPostgres } from '../adapters/sql/import-database.ts'
import { BackupError, FILES, readManifest, type BackupManifest } from './backup-manifest.ts'
import { copySealed, DATABASE, LOCK, REPLACED, RESTORING, sync, type FileSeal } from './data-files.ts'
import type { Installation } from './make-backup.ts'

/** What a restore did. */
export interface Restored {
  readonly manifest: BackupManifest
  /** Where the files lie that were there before; undefined when there were none. */
  readonly replaced: string | undefined
}

/**
 * Makes an installation of a backup: wholly, or not at all. Rejects with `BackupError` when the backup is spoilt or of a
 * newer version, or when something is there already and `replace` is not said, with `ImportRefusedError` when that is in
 * PostgreSQL, and with `DataDirTakenError` while a server uses the data directory. With `replace`, what was in a data
 * directory is kept beside the restored; what was in PostgreSQL is deleted.
 */
export async function restoreBackup(
  backup: string,
  { dataDir, databaseUrl }: Installation,
  { replace }: { replace: boolean },
): Promise<Restored> {
  const manifest = await readManifest(backup)
  // Of an installation in PostgreSQL, a data directory has only files; it may be anything when there are none.
  const takesDataDir = databaseUrl === undefined || Object.keys(manifest.files).length > 0
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockDataDir(dataDir)
  try {
    await removeInterrupted(dataDir)
    const present = takesDataDir ? await namesIn(dataDir) : []
    if (present.length > 0 && !replace) {
      throw new BackupError(`${dataDir} is not empty: it has ${present.slice(0, 5).join(', ')}`)
    }
    const staged = await mkdtemp(join(dataDir, RESTORING))
    try {
      await stage(backup, manifest, staged)
      if (databaseUrl !== undefined) {
        await importIntoPostgres(join(staged, DATABASE), databaseUrl, { replace })
        await rm(join(staged, DATABASE))
      }
      const replaced = await moveAside(dataDir, present)
      await moveInto(dataDir, staged)
      return { manifest, replaced }
    } finally {
      await rm(staged, { recursive: true, force: true })
    }
  } finally {
    unlock()
  }
}

/** Copies a backup, and brings the database up to date in the copy. */
async function stage(backup: string, { database, files }: BackupManifest, staged: string): Promise<void> {
  for (const [path, seal] of Object.entries(files))
    await copyUnspoilt(backup, join(FILES, path), join(staged, path), seal)
  await copyUnspoilt(backup, DATABASE, join(staged, DATABASE), database)
  await adoptDatabase(join(staged, DATABASE))
  await sync(join(staged, DATABASE))
}

async function copyUnspoilt(backup: string, path: string, to: string, seal: FileSeal): Promise<void> {
  const { sha256 } = await copySealed(join(backup, path), to)
  if (sha256 !== seal.sha256)
    throw new BackupError(`${join(backup, path)} is not as it was written; take another backup`)
}

/** What an installation, or anybody else, has in a data directory. */
async function namesIn(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir)
  return names.filter((name) => !name.startsWith(LOCK) && !name.startsWith(REPLACED)).sort()
}

async function removeInterrupted(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(RESTORING)) await rm(join(dataDir, name), { recursive: true })
  }
}

async function moveAside(dataDir: string, present: readonly string[]): Promise<string | undefined> {
  if (present.length === 0) return undefined
  const aside = await mkdtemp(join(dataDir, `${REPLACED}${new Date().toISOString().slice(0, 10)}-`))
  // A log that is left without its database would be taken for the next one's.
  for (const name of present.toReversed()) await rename(join(dataDir, name), join(aside, name))
  await sync(dataDir)
  return aside
}

/** The database comes last: what is there without it is no installation, and restored by another attempt. */
async function moveInto(dataDir: string, staged: string): Promise<void> {
  for (const name of await readdir(staged)) {
    if (name !== DATABASE) await rename(join(staged, name), join(dataDir, name))
  }
  if (existsSync(join(staged, DATABASE))) {
    await sync(dataDir)
    await rename(join(staged, DATABASE), join(dataDir, DATABASE))
  }
  await sync(dataDir)
  await sync(dirname(dataDir))
}
