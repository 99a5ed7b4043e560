import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { testAccountsStore } from '../../ports/accounts-store.contract.ts'
import { SqlAccountsStore } from './sql-accounts-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import { openSqlite } from './sqlite-database.ts'

describe('accounts in SQLite', () => {
  let directory: string
  let database: SqlDatabase
  let store: SqlAccountsStore

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    database = await openSqlite({ file: join(directory, 'test.db') })
    store = new SqlAccountsStore(database.db)
  })
  afterAll(async () => {
    await database.close()
    await rm(directory, { recursive: true })
  })

  testAccountsStore(() => store)
})
