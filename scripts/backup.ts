/**
 * Makes a backup of an installation, beside the server that uses it. `docs/backup.md` says how to go about it:
 * `npx -y pnpm@12 exec node scripts/backup.ts`, with the server's environment.
 */
import { parseArgs } from 'node:util'
import { makeBackup } from '../server/src/backup/make-backup.ts'
import { parseConfig } from '../server/src/config.ts'
import { giveWay } from '../server/src/give-way.ts'
import { runScript, UsageError } from './run-script.ts'

const USAGE = `node scripts/backup.ts DIRECTORY

  DIRECTORY   where the backup is to be; it is made by this. What is backed up is said by the server's
              environment: DATA_DIR, DATABASE_URL
`

await runScript(USAGE, async (args) => {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const [directory, ...others] = positionals
  if (directory === undefined || others.length > 0) throw new UsageError('Say where the backup is to be.')
  const config = parseConfig(process.env)
  giveWay()
  const startedAt = performance.now()
  const { database, files, engine } = await makeBackup(config, directory)
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, database.bytes)
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  console.log(
    `Backed up ${engine} and ${Object.keys(files).length} files to ${directory}: ${bytes} bytes, in ${seconds} s.`,
  )
  if (config.jwtSecret !== undefined) console.log('JWT_SECRET is not in it: keep that where it is safe, too.')
  return true
})
