import pino from 'pino'
import { afterAll, beforeAll, describe } from 'vitest'
import { testAccountsStore } from '../../ports/accounts-store.contract.ts'
import { testDocumentStore } from '../../ports/document-store.contract.ts'
import { testRoomStore } from '../../ports/room-store.contract.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/test-postgres.ts'
import { openPostgresStorage } from './postgres-storage.ts'
import { SqlAccountsStore } from './sql-accounts-store.ts'
import type { SqlStorage } from './sql-database.ts'
import { SqlRoomStore } from './sql-room-store.ts'

const log = pino({ level: 'silent' })

describe('in PostgreSQL', () => {
  let server: TestPostgres
  const storages: SqlStorage[] = []

  beforeAll(async () => {
    server = await startTestPostgres()
    const url = await server.createDatabase()
    // Both migrate the empty database at once, as two instances do that are started together.
    storages.push(...(await Promise.all([1, 2].map(() => openPostgresStorage({ url, log })))))
  })
  afterAll(async () => {
    await Promise.all(storages.map((storage) => storage.close()))
    await server.stop()
  })

  const accounts = (index = 0) => new SqlAccountsStore(storages[index]!.main.db)
  const rooms = (index = 0) => new SqlRoomStore(storages[index]!.main)
  let turn = 0

  describe('accounts', () => {
    testAccountsStore(accounts, rooms)
  })
  describe('rooms', () => {
    testRoomStore(rooms, accounts)
  })
  describe('documents', () => {
    testDocumentStore(() => storages[0]!.documentStore)
  })
  describe('two writers on one database, each doing every other thing', () => {
    describe('rooms', () => {
      testRoomStore(() => rooms(turn++ % 2), accounts)
    })
    describe('documents', () => {
      testDocumentStore(() => storages[turn++ % 2]!.documentStore)
    })
  })
})
