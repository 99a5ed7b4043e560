import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { DataDirTakenError, lockDataDir } from '../adapters/sql/data-dir-lock.ts'
import { exportDatabase } from '../adapters/sql/export-database.ts'
import { BackupError, FILES, formatManifest, MANIFEST, type BackupManifest } from './backup-manifest.ts'
import { copySealed, DATABASE, listDataFiles, LOCK, sealFile, sync, type FileSeal } from './data-files.ts'

/** What stands between a backup's name and a random end while it is being made. */
const UNFINISHED = '.unfinished-'

/** Where an installation stores everything. */
export interface Installation {
  readonly dataDir: string
  readonly databaseUrl: string | undefined
}

/**
 * Makes a backup of an installation, beside a server that may go on using it, in a new directory. Under its name it is
 * whole and on the disk, or not there. Rejects with `BackupError` when it cannot be begun.
 */
export async function makeBackup(installation: Installation, backup: string): Promise<Omit<BackupManifest, 'format'>> {
  const { dataDir, databaseUrl } = installation
  const source = { file: join(dataDir, DATABASE), databaseUrl }
  if (databaseUrl === undefined && !existsSync(source.file)) throw new BackupError(`there is no ${source.file}`)
  if (existsSync(backup)) throw new BackupError(`${backup} is there already`)
  if (!relative(resolve(dataDir), resolve(backup)).startsWith('..')) {
    throw new BackupError(`${backup} is in ${dataDir}: a backup would have all earlier ones in it`)
  }
  const parent = dirname(resolve(backup))
  await mkdir(parent, { recursive: true, mode: 0o700 })
  await removeUnfinished(parent)
  // For its owner's eyes only from the start.
  const work = await mkdtemp(resolve(backup) + UNFINISHED)
  try {
    const manifest = await writeLocked(installation, work)
    await putInPlace(work, backup)
    return manifest
  } catch (error) {
    await rm(work, { recursive: true, force: true })
    throw error
  }
}

async function writeLocked(installation: Installation, work: string): Promise<Omit<BackupManifest, 'format'>> {
  const unlock = lockDataDir(work)
  try {
    return await writeBackup(installation, work)
  } finally {
    unlock()
    await rm(join(work, LOCK), { force: true })
  }
}

/** The database comes first: files are stored before a row names them. */
async function writeBackup(
  { dataDir, databaseUrl }: Installation,
  work: string,
): Promise<Omit<BackupManifest, 'format'>> {
  const madeAt = new Date().toISOString()
  const file = join(work, DATABASE)
  const migrations = await exportDatabase({ file: join(dataDir, DATABASE), databaseUrl }, file)
  const files: Record<string, FileSeal> = {}
  for (const path of await listDataFiles(dataDir)) {
    files[path] = await copySealed(join(dataDir, path), join(work, FILES, path))
  }
  const engine = databaseUrl === undefined ? ('SQLite' as const) : ('PostgreSQL' as const)
  const manifest = { madeAt, engine, migrations, database: await sealFile(file), files }
  await writeFile(join(work, MANIFEST), formatManifest(manifest), { mode: 0o600, flush: true })
  return manifest
}

async function putInPlace(work: string, backup: string): Promise<void> {
  for (const entry of await readdir(work, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) await sync(join(entry.parentPath, entry.name))
  }
  await sync(work)
  await rename(work, backup)
  await sync(dirname(resolve(backup)))
}

/** Of backups that were killed, what they left is removed; one that is still being made is locked. */
async function removeUnfinished(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const work = join(parent, name)
    if (!name.includes(UNFINISHED) || !existsSync(join(work, LOCK))) continue
    try {
      lockDataDir(work)()
    } catch (error) {
      if (error instanceof DataDirTakenError) continue
      throw error
    }
    await rm(work, { recursive: true })
  }
}
