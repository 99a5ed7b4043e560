import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, parseConfig } from '../server/src/config.ts'
import { messageOf } from '../server/src/errors.ts'
import { KeyError } from '../server/src/adapters/sql/admit-keys.ts'
import { MoveRefusedError } from '../server/src/adapters/sql/move-storage.ts'
import { DataDirTakenError } from '../server/src/adapters/sql/data-dir-lock.ts'
import { ImportRefusedError } from '../server/src/adapters/sql/import-database.ts'
import { VersionError } from '../server/src/adapters/sql/export-database.ts'
import { BackupError } from '../server/src/backup/backup-manifest.ts'
import { DATABASE } from '../server/src/backup/data-files.ts'

/** What was asked for makes no sense; the usage is shown with it. */
export class UsageError extends Error {}

/** What says in words why nothing was done. */
const REFUSALS = [
  BackupError,
  ConfigError,
  DataDirTakenError,
  ImportRefusedError,
  KeyError,
  MoveRefusedError,
  VersionError,
]

/**
 * Runs a script that people run by hand, and sets the exit code: 0, 1 when `run` answers false or fails, 2 when nothing
 * was done, and why is said on stderr.
 */
export async function runScript(usage: string, run: (args: string[]) => Promise<boolean>): Promise<void> {
  try {
    process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1
  } catch (error) {
    if (!(error instanceof Error)) throw error
    process.exitCode = 2
    const isUsage = error instanceof UsageError || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    if (isUsage) console.error(`${error.message}\n\n${usage}`)
    else if (REFUSALS.some((kind) => error instanceof kind)) console.error(`Nothing was done: ${error.message}`)
    else {
      // A full disk, a database that is not there: its own words say more than where in the code it was.
      process.exitCode = 1
      const reasons = [error, error.cause].flatMap((each) => (each instanceof Error ? [messageOf(each)] : []))
      console.error(`Failed; it may be run again: ${reasons.join(': ')}`)
    }
  }
}

/**
 * Where the installation that the environment names stores what it has, and its keys. Throws a `UsageError` when there is no
 * such file: opened as it is, a wrong directory would get a database of its own, with nothing in it.
 */
export function findInstallation() {
  const { dataDir, databaseUrl, keyring } = parseConfig(process.env)
  const file = join(dataDir, DATABASE)
  if (databaseUrl === undefined && !existsSync(file)) throw new UsageError(`There is no ${file}.`)
  return { dataDir, file, databaseUrl, keyring }
}
