/**
 * Moves an installation from SQLite to PostgreSQL, and checks that every room is there as it was. It leaves the SQLite
 * file as it is, and may be run again: `npx -y pnpm@12 exec node scripts/move-to-postgres.ts` says how.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keyringOf } from '../server/src/config.ts'
import { compareRooms } from '../server/src/adapters/sql/compare-rooms.ts'
import { lockDataDir } from '../server/src/adapters/sql/data-dir-lock.ts'
import { moveStorage } from '../server/src/adapters/sql/move-storage.ts'
import { openStorage, openStorageInUse } from '../server/src/adapters/sql/open-storage.ts'
import type { SqlStorage } from '../server/src/adapters/sql/sql-database.ts'
import { DATABASE } from '../server/src/backup/data-files.ts'
import { runScript, UsageError } from './run-script.ts'

const USAGE = `node scripts/move-to-postgres.ts --from DIR --to postgres://…

  --from DIR   the server's DATA_DIR; stop the server first
  --to URL     what its DATABASE_URL will be: a database that is empty, or to which these rooms were moved before
`

await runScript(USAGE, async (args) => {
  const { dataDir, databaseUrl } = parse(args)
  const keyring = keyringOf(process.env)
  const endings: Array<() => unknown> = [lockDataDir(dataDir)]
  try {
    const from = await openStorageInUse({ file: join(dataDir, DATABASE), databaseUrl: undefined, keyring })
    endings.unshift(() => from.close())
    const to = await openStorage({ file: '', databaseUrl, keyring })
    endings.unshift(() => to.close())
    console.log(`Moving ${dataDir} to ${withoutPassword(databaseUrl)}`)
    await moveStorage(from.main.db, to.main.db, (line) => console.log(`  ${line}`))
    return await check(from, to, dataDir)
  } finally {
    for (const end of endings) await end()
  }
})

/** False when the two do not hold the same. */
async function check(from: SqlStorage, to: SqlStorage, dataDir: string): Promise<boolean> {
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
  const { from, to } = parseArgs({ args, options: { from: { type: 'string' }, to: { type: 'string' } } }).values
  if (from === undefined || to === undefined) throw new UsageError('Say from where to where.')
  if (!/^postgres(ql)?:\/\//.test(to)) throw new UsageError('--to must begin with postgres://')
  const file = join(from, DATABASE)
  if (!existsSync(file)) throw new UsageError(`There is no ${file}.`)
  return { dataDir: from, databaseUrl: to }
}

function withoutPassword(address: string): string {
  const url = new URL(address)
  url.password = ''
  return url.href
}
