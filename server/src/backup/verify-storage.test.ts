import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { sql, type Kysely } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { Schema } from '../adapters/sql/schema.ts'
import type { SqlStorage } from '../adapters/sql/sql-database.ts'
import { recordOf } from '../core/documents/clock-ranges.ts'
import { openServerStorage, removeServerData, serverEnvironment } from '../testing/server-data.ts'
import { DATABASE } from './data-files.ts'
import { verifyStorage } from './verify-storage.ts'

const roomId = roomIdSchema.parse('a-room-of-the-tests')
const ROOM = { name: 'A board', slug: null, access: 'private', metadata: '{}', created_at: 1, updated_at: 1 }

let dataDir: string
let storage: SqlStorage
let db: Kysely<Schema>
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  storage = await openServerStorage(dataDir)
  db = storage.main.db
})
afterAll(async () => {
  await storage.close()
  await removeServerData(dataDir)
})

/** A board of three edits, drawn by its owner. */
beforeEach(async () => {
  await db
    .insertInto('users')
    .values({ id: 'ada', name: 'Ada', email: null, password_hash: null, created_at: 1 })
    .execute()
  await db
    .insertInto('rooms')
    .values({ ...ROOM, id: roomId, deleted_at: null, version: 1 })
    .execute()
  await db
    .insertInto('memberships')
    .values({ room_id: roomId, user_id: 'ada', role: 'owner', joined_at: 1, removed_at: null })
    .execute()
  const document = new Y.Doc()
  const entries: Array<ReturnType<typeof recordOf>> = []
  document.on('update', (update: Uint8Array) => entries.push(recordOf(update, 'ada', 1)))
  for (const id of 'abc') document.getMap('elements').set(id, new Y.Map([['type', 'rectangle']]))
  await storage.documentStore.append({ id: `${Math.random()}`, rooms: [{ roomId, entries }] })
})
afterEach(async () => {
  for (const table of ['room_updates', 'room_documents', 'memberships', 'rooms', 'users'] as const) {
    await db.deleteFrom(table).execute()
  }
})

async function verify() {
  const { DATABASE_URL: databaseUrl } = await serverEnvironment(dataDir)
  return await verifyStorage({ file: join(dataDir, DATABASE), databaseUrl })
}

test('what is sound has no fault, while somebody else has it open', async () => {
  expect(await verify()).toEqual({ rooms: 1, updates: 3, snapshots: 0, proven: 0, faults: [], setAside: [] })
})

test.each([
  [
    'a flipped bit',
    () =>
      db
        .updateTable('room_updates')
        .set({ bytes: new Uint8Array(20) })
        .where('seq', '=', 2)
        .execute(),
    [`room ${roomId}: update 2: its bytes are not those that were written`],
  ],
  [
    'a missing update',
    () => db.deleteFrom('room_updates').where('seq', '=', 2).execute(),
    [`room ${roomId}: update 2 is missing`],
  ],
  [
    'a wrong head',
    () => db.updateTable('room_documents').set({ head: 4 }).execute(),
    [`room ${roomId}: update 4 is missing`],
  ],
  [
    'a board that is gone',
    async () => {
      await db.deleteFrom('memberships').execute()
      await db.deleteFrom('rooms').execute()
    },
    [`a drawing of a room that is not there: ${roomId}`],
  ],
  ['an owner who is gone', () => db.deleteFrom('users').execute(), ['a role of somebody who is not there: ada']],
  [
    'metadata that is none',
    () => db.updateTable('rooms').set({ metadata: '[' }).execute(),
    [`metadata that cannot be read: ${roomId}`],
  ],
] as Array<[string, () => Promise<unknown>, string[]]>)('%s is found', async (_what, plant, faults) => {
  await plant()
  expect((await verify()).faults).toEqual(faults)
})

test('what is set aside is listed, and no fault', async () => {
  await storage.documentStore.quarantine({ roomId, kind: 'update', seq: 3 }, 'odd')
  expect(await verify()).toMatchObject({ faults: [], setAside: [`room ${roomId}: update 3: odd`] })
})

test('a database of a newer version is refused in words', async () => {
  await sql`insert into kysely_migration (name, timestamp) values ('9999-of-tomorrow', '')`.execute(db)
  try {
    await expect(verify()).rejects.toThrow('a newer version')
  } finally {
    await sql`delete from kysely_migration where name = '9999-of-tomorrow'`.execute(db)
  }
})
