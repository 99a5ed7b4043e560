import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { sql } from 'kysely'
import { nanoid } from 'nanoid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testDocumentStore } from '../../ports/document-store.contract.ts'
import { createSqliteDatabase } from '../../testing/test-database.ts'
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

test('50,000 small edits of one board leave a database of under 5 MB when the clean-up ran', async () => {
  const { db, open } = await createSqliteDatabase()
  const { documentStore: store } = await open()
  const roomId = roomIdSchema.parse(nanoid())
  const [ranges, snapshot] = [new Uint8Array(12), new Uint8Array(1_000_000)]
  const entry = { update: new Uint8Array(120), author: 'user-of-the-tests', at: 1, ranges, crc: 1 }
  for (let edits = 0; edits < 50_000; edits += 100) {
    await store.append({ id: nanoid(), rooms: [{ roomId, entries: Array.from({ length: 100 }, () => entry) }] })
  }
  for (const seq of [49_000, 49_500]) {
    await store.addSnapshot(roomId, { seq, bytes: snapshot, ranges, crc: 1, at: seq, label: null })
  }
  const { rows } = await sql<{ file: string }>`pragma database_list`.execute(db)
  const file = rows[0]?.file ?? ''
  await store.ping()
  const before = await stat(file)
  expect(await store.purge({ updatesBefore: 2, batchesBefore: 2, keepSnapshot: () => true })).toEqual({
    updates: 49_000,
    snapshots: 0,
    batches: 500,
  })
  expect(before.size).toBeGreaterThan(10_000_000)
  for (const name of [file, `${file}-wal`]) expect((await stat(name)).size).toBeLessThan(5_000_000)
  expect(await store.load(roomId)).toMatchObject({ head: 50_000, snapshot: { seq: 49_500 } })
})
