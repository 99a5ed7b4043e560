import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { testDocumentStore } from '../../ports/document-store.contract.ts'
import type { SqlStorage } from './sql-database.ts'
import { openSqliteStorage } from './sqlite-storage.ts'

describe('documents in SQLite', () => {
  let directory: string
  const storages: SqlStorage[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    for (let n = 0; n < 2; n++) storages.push(await openSqliteStorage({ file: join(directory, 'test.db') }))
  })
  afterAll(async () => {
    await Promise.all(storages.map((storage) => storage.close()))
    await rm(directory, { recursive: true })
  })

  describe('one writer', () => {
    testDocumentStore(() => storages[0]!.documentStore)
  })

  describe('two writers on one database, each doing every other thing', () => {
    let turn = 0
    testDocumentStore(() => storages[turn++ % 2]!.documentStore)
  })
})
