import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testRoomStore } from '../../ports/room-store.contract.ts'
import { SqlAccountsStore } from './sql-accounts-store.ts'
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
    store = new SqlRoomStore(database)
  })
  afterAll(async () => {
    await database.close()
    await rm(directory, { recursive: true })
  })

  testRoomStore(
    () => store,
    () => new SqlAccountsStore(database.db),
  )

  test('however many rooms changed, that is one commit, and no transaction over many round trips', async () => {
    const sizes: number[] = []
    const counted = new SqlRoomStore({
      ...database,
      commit(statements) {
        sizes.push(statements.length)
        return database.commit(statements)
      },
    })
    await counted.touchRooms(
      new Map(['room-b', 'room-a', 'room-c'].map((id) => [roomIdSchema.parse(`${id}-of-tests`), 1])),
    )
    expect(sizes).toEqual([3])
  })
})
