/**
 * Shows the secret that a server without `JWT_SECRET` has made in its `DATA_DIR`, for one that is to be given it: with
 * `ENCRYPTION_KEY`, what is in the file is encrypted, and nothing that tokens could be signed with.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keyringOf } from '../server/src/config.ts'
import { readSecret } from '../server/src/secret.ts'
import { runScript, UsageError } from './run-script.ts'

const USAGE = `node scripts/show-secret.ts DIR

  DIR   the server's DATA_DIR; with its ENCRYPTION_KEY in the environment, if it has one
`

await runScript(USAGE, async (args) => {
  const [dataDir] = parseArgs({ args, allowPositionals: true }).positionals
  if (dataDir === undefined) throw new UsageError('Say in which directory.')
  const file = join(dataDir, 'jwt-secret')
  if (!existsSync(file)) throw new UsageError(`There is no ${file}.`)
  console.log(await readSecret(file, keyringOf(process.env)))
  return true
})
