/**
 * Encrypts all that is stored by the first key of ENCRYPTION_KEY, while the server runs with the same. `docs/encryption.md`
 * says how to go about it: `npx -y pnpm@12 exec node scripts/rotate-key.ts`, with the server's environment.
 */
import { parseArgs } from 'node:util'
import { DataDirTakenError, lockDataDir } from '../server/src/adapters/sql/data-dir-lock.ts'
import { vacuum, type ReadingPlace } from '../server/src/adapters/sql/open-reading.ts'
import { reencryptDocuments } from '../server/src/adapters/sql/reencrypt-documents.ts'
import { findInstallation, runScript } from './run-script.ts'

await runScript('node scripts/rotate-key.ts\n', async (args) => {
  parseArgs({ args })
  const { dataDir, keyring, ...place } = findInstallation()
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
  if (place.databaseUrl === undefined) await writeAnew(dataDir, place)
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
