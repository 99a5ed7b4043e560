import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** The database and its log are copied by SQLite, and the lock is a process's own. */
export const DATABASE = 'sketchroom.db'
export const LOCK = 'sketchroom.lock'
const OF_PROCESSES = new Set(
  [LOCK, DATABASE].flatMap((name) => ['', '-wal', '-shm', '-journal'].map((end) => name + end)),
)
/** What a restore makes in a data directory, and what it has moved aside there. */
export const RESTORING = 'restoring-'
export const REPLACED = 'replaced-'

/** How large a file is, in bytes, and the SHA-256 of what is in it, in hexadecimal. */
export interface FileSeal {
  readonly bytes: number
  readonly sha256: string
}

/** The files of a data directory beside the database, by their paths in it, sorted; none when it is not there. */
export async function listDataFiles(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  const paths = entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name).slice(join(dataDir, '/').length)
    const isOwn = [RESTORING, REPLACED].some((start) => path.startsWith(start)) || OF_PROCESSES.has(path)
    return entry.isFile() && !isOwn ? [path] : []
  })
  return paths.sort()
}

/** Copies a file to where there is none, for its owner's eyes only, and answers what was copied. It is on the disk then. */
export async function copySealed(from: string, to: string): Promise<FileSeal> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  const seal = new Seal()
  await pipeline(createReadStream(from), seal, createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }))
  return seal.result()
}

/** Reads a file that is there, has it written to the disk, and answers what is in it. */
export async function sealFile(file: string): Promise<FileSeal> {
  await chmod(file, 0o600)
  await sync(file)
  const seal = new Seal()
  await pipeline(createReadStream(file), seal.resume())
  return seal.result()
}

/** Reads a file, changing nothing, and answers what is in it. */
export async function readSeal(file: string): Promise<FileSeal> {
  const seal = new Seal()
  await pipeline(createReadStream(file), seal.resume())
  return seal.result()
}

/** Has a file, or what a directory lists, written to the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Lets bytes through, and knows afterwards which those were. */
class Seal extends Transform {
  readonly #hash = createHash('sha256')
  #bytes = 0

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk)
    this.#bytes += chunk.length
    done(null, chunk)
  }

  result(): FileSeal {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }
}
