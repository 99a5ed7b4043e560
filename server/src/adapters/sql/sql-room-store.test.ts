import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { testRoomStore } from '../../ports/room-store.contract.ts'
import { SqlRoomStore } from './sql-room-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import { openSqlite } from './sqlite-database.ts'

describe('rooms in SQLite', () => {
  let directory: string
  let database: SqlDatabase
  let store: SqlRoomStore

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    database = await openSqlite({ file: join(directory, 'test.db') })
    store = new SqlRoomStore(database.db)
  })
  afterAll(async () => {
    await database.close()
    await rm(directory, { recursive: true })
  })

  testRoomStore(() => store)
})
