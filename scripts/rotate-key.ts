/**
 * Encrypts all that is stored by the first key of ENCRYPTION_KEY, while the server runs with the same. `docs/encryption.md`
 * says how to go about it: `npx -y pnpm@12 exec node scripts/rotate-key.ts`, with the server's environment.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DataDirTakenError, lockDataDir } from '../server/src/adapters/sql/data-dir-lock.ts'
import { vacuum, type ReadingPlace } from '../server/src/adapters/sql/open-reading.ts'
import { reencryptDocuments } from '../server/src/adapters/sql/reencrypt-documents.ts'
import { DATABASE } from '../server/src/backup/data-files.ts'
import { parseConfig } from '../server/src/config.ts'
import { runScript, UsageError } from './run-script.ts'

await runScript('node scripts/rotate-key.ts\n', async (args) => {
  parseArgs({ args })
  const { dataDir, databaseUrl, keyring } = parseConfig(process.env)
  const place = { file: join(dataDir, DATABASE), databaseUrl }
  // Opened as it is, a wrong directory would get a database of its own, in which there is nothing to encrypt.
  if (databaseUrl === undefined && !existsSync(place.file)) throw new UsageError(`There is no ${place.file}.`)
  const { written, damaged, stillUsed } = await reencryptDocuments(place, keyring)
  for (const record of damaged) console.log(`NOT encrypted anew, since it is damaged: ${record}`)
  console.log(`Encrypted ${written} records anew.`)
  if (damaged.length > 0) console.log(`Keep all keys: ${damaged.length} records could not be read.`)
  if (stillUsed.length > 0) {
    console.log(
      `Keep all keys: a server still writes by ${stillUsed.join(', ')}. Start every server anew with this ENCRYPTION_KEY, and run this again.`,
    )
  }
  if (damaged.length + stillUsed.length > 0) return false
  console.log('Of ENCRYPTION_KEY, only the first key is needed now.')
  if (databaseUrl === undefined) await writeAnew(dataDir, place)
  return true
})

/** Pages of the file may hold pieces of what was plain, until the file is written anew, for which nobody may use it. */
async function writeAnew(dataDir: string, place: ReadingPlace): Promise<void> {
  let unlock: () => void
  try {
    unlock = lockDataDir(dataDir)
  } catch (error) {
    if (!(error instanceof DataDirTakenError)) throw error
    console.log(
      'Pieces of what was there before may be left in the file: stop the server, and run this again, to remove them.',
    )
    return
  }
  try {
    await vacuum(place)
    console.log('The file was written anew: nothing is left in it of what was there before.')
  } finally {
    unlock()
  }
}
