/**
 * Makes an installation of a backup, while no server uses it. `docs/backup.md` says how to go about it:
 * `npx -y pnpm@12 exec node scripts/restore.ts`, with the environment that the server will have.
 */
import { parseArgs } from 'node:util'
import { restoreBackup } from '../server/src/backup/restore-backup.ts'
import { parseConfig } from '../server/src/config.ts'
import { runScript, UsageError } from './run-script.ts'

const USAGE = `node scripts/restore.ts BACKUP [--replace]

  BACKUP      a backup that scripts/backup.ts made, of either engine. Where it goes is said by the environment that
              the server will have: DATA_DIR, or DATABASE_URL for PostgreSQL
  --replace   also where an installation is already: what is in DATA_DIR is moved aside there, what is in
              PostgreSQL is deleted
`

await runScript(USAGE, async (args) => {
  const options = { replace: { type: 'boolean', default: false } } as const
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options })
  const [backup, ...others] = positionals
  if (backup === undefined || others.length > 0) throw new UsageError('Say which backup.')
  const config = parseConfig(process.env)
  const { manifest, replaced } = await restoreBackup(backup, config, values)
  const place = config.databaseUrl === undefined ? config.dataDir : 'the PostgreSQL database'
  console.log(`Restored the backup of ${manifest.madeAt} to ${place}. Check it with scripts/verify.ts.`)
  if (replaced !== undefined) console.log(`What was there before is in ${replaced}.`)
  if ('jwt-secret' in manifest.files && config.jwtSecret !== undefined) {
    console.log(`Everybody stays signed in if JWT_SECRET is what node scripts/show-secret.ts ${config.dataDir} shows.`)
  }
  if (!('jwt-secret' in manifest.files)) console.log('Everybody stays signed in if JWT_SECRET is as it was.')
  return true
})
