/**
 * Moves an installation from SQLite to PostgreSQL, and checks that every room is there as it was. It leaves the SQLite
 * file as it is, and may be run again: `npx -y pnpm@12 exec node scripts/move-to-postgres.ts` says how.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keyringOf } from '../server/src/config.ts'
import { messageOf } from '../server/src/errors.ts'
import { KeyError } from '../server/src/adapters/sql/admit-keys.ts'
import { compareRooms } from '../server/src/adapters/sql/compare-rooms.ts'
import { DataDirTakenError, lockDataDir } from '../server/src/adapters/sql/data-dir-lock.ts'
import { MigrationError } from '../server/src/adapters/sql/migrate.ts'
import { moveStorage, MoveRefusedError } from '../server/src/adapters/sql/move-storage.ts'
import { openStorage } from '../server/src/adapters/sql/open-storage.ts'

const USAGE = `node scripts/move-to-postgres.ts --from DIR --to postgres://…

  --from DIR   the server's DATA_DIR; stop the server first
  --to URL     what its DATABASE_URL will be: a database that is empty, or to which these rooms were moved before
`

/** What was asked for makes no sense; the usage is shown with it. */
class UsageError extends Error {}

try {
  process.exitCode = (await run(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`)
  else if (error instanceof DataDirTakenError) console.error(`Nothing was moved: ${error.message}; stop it first.`)
  else if (error instanceof MoveRefusedError) {
    console.error(`Nothing was moved: ${error.message}. Give an empty database to start anew.`)
  } else if (error instanceof KeyError) console.error(`Nothing was moved: ${error.message}.`)
  else if (error instanceof MigrationError) {
    // A wrong password, or nothing that listens, comes to light here: opening brings a database up to date.
    console.error(`Nothing was moved: a database could not be opened: ${messageOf(error.cause ?? error)}.`)
  } else throw error
  process.exitCode = 2
}

/** Moves and checks; false when the two do not hold the same. */
async function run(args: string[]): Promise<boolean> {
  const { dataDir, databaseUrl } = parse(args)
  const endings: Array<() => unknown> = [lockDataDir(dataDir)]
  const open = async (place: { file: string; databaseUrl: string | undefined }) => {
    const storage = await openStorage({ ...place, keyring: keyringOf(process.env) })
    endings.unshift(() => storage.close())
    return storage
  }
  try {
    const from = await open({ file: join(dataDir, 'sketchroom.db'), databaseUrl: undefined })
    const to = await open({ file: '', databaseUrl })
    console.log(`Moving ${dataDir} to ${withoutPassword(databaseUrl)}`)
    await moveStorage(from.main.db, to.main.db, (line) => console.log(`  ${line}`))
    return await check(from, to, dataDir)
  } finally {
    for (const end of endings) await end()
  }
}

type Storage = Awaited<ReturnType<typeof openStorage>>

async function check(from: Storage, to: Storage, dataDir: string): Promise<boolean> {
  const { same, differences, damages } = await compareRooms(from.main.db, [from.documentStore, to.documentStore])
  console.log(`  checked: the drawings of ${same} rooms are the same in both`)
  for (const damage of damages) console.log(`  damaged before the move, and moved as it is: ${damage}`)
  for (const difference of differences) console.log(`  NOT the same: ${difference}`)
  if (differences.length > 0) {
    console.log('Do not use this database: run the script again, into an empty one.')
    return false
  }
  console.log(`Done. Start the server with this DATABASE_URL, and so that everybody stays signed in, with the
JWT_SECRET that it had: if none was given, node scripts/show-secret.ts ${dataDir} shows it.`)
  return true
}

function parse(args: string[]): { dataDir: string; databaseUrl: string } {
  const { from, to } = parseOptions(args)
  if (from === undefined || to === undefined) throw new UsageError('Say from where to where.')
  if (!/^postgres(ql)?:\/\//.test(to)) throw new UsageError('--to must begin with postgres://')
  // Opened as it is, a wrong directory would get a database of its own, in which there is nothing to move.
  if (!existsSync(join(from, 'sketchroom.db'))) throw new UsageError(`There is no ${join(from, 'sketchroom.db')}.`)
  return { dataDir: from, databaseUrl: to }
}

function parseOptions(args: string[]): { from?: string; to?: string } {
  try {
    return parseArgs({ args, options: { from: { type: 'string' }, to: { type: 'string' } } }).values
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

function withoutPassword(address: string): string {
  const url = new URL(address)
  url.password = ''
  return url.href
}
