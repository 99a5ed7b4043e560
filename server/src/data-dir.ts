import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Makes the data directory and proves that a file in it can be written to disk: SQLite would only say that it cannot open
 * its own, and would hold up the whole process if the disk does not answer. Rejects with the system's error.
 */
export async function prepareDataDir(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, `.written-by-${process.pid}`)
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile('written to see whether that works')
    await handle.sync()
  } finally {
    await handle.close()
    await rm(file, { force: true })
  }
}
