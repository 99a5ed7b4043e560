/**
 * Encrypts all that is stored by the first key of ENCRYPTION_KEY, while the server runs with the same. `docs/encryption.md`
 * says how to go about it: `npx -y pnpm@12 exec node scripts/rotate-key.ts`, with the server's environment.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
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
  const { written, damaged } = await reencryptDocuments(place, keyring)
  for (const record of damaged) console.log(`NOT encrypted anew, since it is damaged: ${record}`)
  console.log(
    damaged.length === 0
      ? `Encrypted ${written} records anew. Of ENCRYPTION_KEY, only the first key is needed now.`
      : `Encrypted ${written} records anew. Keep all keys: ${damaged.length} records could not be read.`,
  )
  return damaged.length === 0
})
