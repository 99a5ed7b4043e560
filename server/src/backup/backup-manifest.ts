import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { compareVersion } from '../adapters/sql/migrate.ts'
import { readSeal } from './data-files.ts'

/** Raised when a backup is laid out in another way, so that older versions do not misread it. */
const FORMAT = 1
/** The file that says what a backup consists of. */
export const MANIFEST = 'backup.json'
/** Where the files of the data directory lie in a backup. */
export const FILES = 'files'

const sealSchema = z.object({ bytes: z.number().int(), sha256: z.string() })
const manifestSchema = z.object({
  format: z.literal(FORMAT),
  /** ISO 8601: the backup holds all that was acknowledged before. */
  madeAt: z.iso.datetime(),
  /** What the database was stored in; it may be restored to either. */
  engine: z.enum(['SQLite', 'PostgreSQL']),
  /** The migrations that the database has had. */
  migrations: z.array(z.string()),
  database: sealSchema,
  /** By the path in the data directory. */
  files: z.record(z.string(), sealSchema),
})

/** What a backup consists of, so that it can be told from one that was spoilt. */
export type BackupManifest = z.infer<typeof manifestSchema>

/** A backup cannot be used. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

/** A manifest as a file holds it. */
export function formatManifest(manifest: Omit<BackupManifest, 'format'>): string {
  return `${JSON.stringify({ format: FORMAT, ...manifest }, undefined, 2)}\n`
}

/** Reads what a backup consists of; throws `BackupError` when there is none, or it is of a newer version. */
export async function readManifest(backup: string): Promise<BackupManifest> {
  let json: unknown
  try {
    json = JSON.parse(await readFile(join(backup, MANIFEST), 'utf8'))
  } catch (cause) {
    throw new BackupError(`${backup} is no backup: its ${MANIFEST} cannot be read`, { cause })
  }
  const format = z.object({ format: z.number() }).safeParse(json).data?.format
  const newer = `${backup} was made by a newer version of SketchRoom; use that, or a later one`
  if (format !== undefined && format > FORMAT) throw new BackupError(newer)
  const { data, error } = manifestSchema.safeParse(json)
  if (!data) throw new BackupError(`${backup} is no backup: ${z.prettifyError(error)}`)
  if (compareVersion(data.migrations) === 'newer') throw new BackupError(newer)
  const outside = Object.keys(data.files).find((path) => join('/', path) !== `/${path}`)
  if (outside !== undefined) throw new BackupError(`${backup} names a file outside of it: ${outside}`)
  return data
}

/** Says of each part of a backup that is not as it was written which one it is. */
export async function findSpoilt(backup: string, { database, files }: BackupManifest): Promise<string[]> {
  const parts = [
    ['sketchroom.db', database] as const,
    ...Object.entries(files).map(([path, seal]) => [join(FILES, path), seal] as const),
  ]
  const faults: string[] = []
  for (const [path, { sha256 }] of parts) {
    const found = await readSeal(join(backup, path)).catch(() => undefined)
    if (found?.sha256 !== sha256) faults.push(`${path} ${found ? 'is not as it was written' : 'cannot be read'}`)
  }
  return faults
}
