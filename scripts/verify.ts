/**
 * Checks all that an installation, or a backup, has stored. Changes nothing, and works while the server runs:
 * `npx -y pnpm@12 exec node scripts/verify.ts`, with the server's environment.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findSpoilt, readManifest } from '../server/src/backup/backup-manifest.ts'
import { DATABASE } from '../server/src/backup/data-files.ts'
import { verifyStorage } from '../server/src/backup/verify-storage.ts'
import { parseConfig } from '../server/src/config.ts'
import { giveWay } from '../server/src/give-way.ts'
import { runScript, UsageError } from './run-script.ts'

const USAGE = `node scripts/verify.ts [BACKUP]

  BACKUP   a backup to check; otherwise, what the server's environment names: DATA_DIR, DATABASE_URL
`

await runScript(USAGE, async (args) => {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const [backup, ...others] = positionals
  if (others.length > 0) throw new UsageError('Name one backup, or none.')
  const { dataDir, databaseUrl, keyring } = parseConfig(process.env)
  giveWay()
  const spoilt = backup === undefined ? [] : await findSpoilt(backup, await readManifest(backup))
  const place =
    backup === undefined
      ? { file: join(dataDir, DATABASE), databaseUrl }
      : { file: join(backup, DATABASE), databaseUrl: undefined }
  const { rooms, updates, snapshots, proven, faults, setAside } = await verifyStorage(place, keyring)
  for (const record of setAside) console.log(`set aside: ${record}`)
  for (const fault of [...spoilt, ...faults]) console.log(`NOT sound: ${fault}`)
  console.log(
    `Read ${rooms} rooms, ${updates} updates and ${snapshots} snapshots, of which ${proven} could be held against the ` +
      `updates before them. ${spoilt.length + faults.length} faults, ${setAside.length} records set aside.`,
  )
  return spoilt.length + faults.length === 0
})
