import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { testDocumentStore } from '../../ports/document-store.contract.ts'
import { SqlDocumentStore } from './sql-document-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import { openSqlite } from './sqlite-database.ts'

describe('documents in SQLite', () => {
  let directory: string
  let database: SqlDatabase
  let store: SqlDocumentStore

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    database = await openSqlite({ file: join(directory, 'test.db') })
    store = new SqlDocumentStore(database)
  })
  afterAll(async () => {
    await database.close()
    await rm(directory, { recursive: true })
  })

  testDocumentStore(() => store)
})
