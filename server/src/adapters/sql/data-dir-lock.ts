import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Another process has the data directory. */
export class DataDirTakenError extends Error {
  override readonly name = 'DataDirTakenError'
}

/**
 * Takes a data directory for this process until the returned function is called or the process ends, however it
 * ends. Rooms are held in memory by one process: two on the same files would each show people their own half.
 * Throws `DataDirTakenError`. SQLite is asked because Node itself cannot lock a file.
 */
export function lockDataDir(dataDir: string): () => void {
  const lock = new Database(join(dataDir, 'sketchroom.lock'), { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') {
      throw new DataDirTakenError(`another SketchRoom process uses ${dataDir}`, { cause: error })
    }
    throw error
  }
  return () => lock.close()
}
