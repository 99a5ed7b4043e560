import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema, sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import type { KyselyPlugin } from 'kysely'
import { nanoid } from 'nanoid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testAccountsStore } from '../../ports/accounts-store.contract.ts'
import { SqlAccountsStore } from './sql-accounts-store.ts'
import type { SqlDatabase } from './sql-database.ts'
import { SqlRoomStore } from './sql-room-store.ts'
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

  testAccountsStore(
    () => store,
    () => new SqlRoomStore(database),
  )

  test('[AS7] a guest who signs in, or is given a role, between the look and the deletion stays', async () => {
    const newId = () => userIdSchema.parse(nanoid())
    const [signedIn, invited, gone] = [newId(), newId(), newId()]
    const roomId = roomIdSchema.parse('room-of-the-race')
    for (const id of [signedIn, invited, gone]) {
      await store.createUser({ id, name: 'Guest', email: null, passwordHash: null, createdAt: 1 })
    }
    // From another connection, as another instance would.
    const elsewhere = await openSqlite({ file: join(directory, 'test.db') })
    const comeBack = async () => {
      const session = { id: sessionIdSchema.parse('session-of-the-race'), userId: signedIn, refreshHash: 'hash' }
      const times = { createdAt: 2, expiresAt: 3, rotatedAt: null, revokedAt: null }
      await new SqlAccountsStore(elsewhere.db).createSession({ ...session, ...times })
      const room = { id: roomId, name: 'Board', slug: null, access: 'private', metadata: {}, version: 1 } as const
      await new SqlRoomStore(elsewhere).createRoom({ ...room, createdAt: 2, updatedAt: 2, deletedAt: null }, invited)
    }
    const looking = new SqlAccountsStore(database.db.withPlugin(createInterruption(comeBack)))
    expect(await looking.purgeGuests(2, { after: '', limit: 1_000 })).toMatchObject({ removed: 1 })
    const found = await Promise.all([signedIn, invited, gone].map((id) => store.findUser(id)))
    expect(found.map(Boolean)).toEqual([true, true, false])
    expect(await store.findSession(sessionIdSchema.parse('session-of-the-race'))).toBeDefined()
    await elsewhere.close()
  })
})

/** Lets something happen right after the first statement has answered. */
function createInterruption(happen: () => Promise<void>): KyselyPlugin {
  let happened: Promise<void> | undefined
  return {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      await (happened ??= happen())
      return result
    },
  }
}
