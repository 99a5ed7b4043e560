import { crc32 } from 'node:zlib'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { sql } from 'kysely'
import { nanoid } from 'nanoid'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { testDocumentStore } from '../../ports/document-store.contract.ts'
import type { UpdateRecord } from '../../ports/document-store.ts'
import { createPostgresDatabase, createSqliteDatabase } from '../../testing/test-database.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/test-postgres.ts'
import { vacuum } from '../sql/open-reading.ts'
import { openStorage } from '../sql/open-storage.ts'
import { reencryptDocuments } from '../sql/reencrypt-documents.ts'
import type { SqlStorage } from '../sql/sql-database.ts'
import { EncryptedDocumentStore } from './encrypted-document-store.ts'
import { Keyring } from './keyring.ts'

const [OLD, NEW] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const keyring = (...keys: Uint8Array[]) => new Keyring(keys)
const newRoom = () => roomIdSchema.parse(nanoid())
const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const entry = (text: string): UpdateRecord => {
  const update = bytesOf(text)
  return { update, author: 'ada', at: 1, ranges: new Uint8Array(), crc: crc32(update) }
}
const append = (store: SqlStorage['documentStore'], roomId: RoomId, ...texts: string[]) =>
  store.append({ id: nanoid(), rooms: [{ roomId, entries: texts.map(entry) }] })
const snapshot = (seq: number, text: string) => {
  const bytes = bytesOf(text)
  return { seq, bytes, ranges: new Uint8Array(), crc: crc32(bytes), at: 1, label: null }
}

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.stop())

describe('an encrypted store passes the contract', () => {
  let directory: string
  let storage: SqlStorage
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    storage = await openStorage({
      file: join(directory, 'test.db'),
      databaseUrl: undefined,
      keyring: keyring(NEW, OLD),
    })
  })
  afterAll(async () => {
    await storage.close()
    await rm(directory, { recursive: true })
  })
  testDocumentStore(() => storage.documentStore)
})

describe.each([
  ['SQLite', createSqliteDatabase],
  ['PostgreSQL', () => createPostgresDatabase(server)],
] as const)('in %s', (_engine, create) => {
  /** Two stores over one database: with the keys, and what is behind them. */
  async function open(...keys: Uint8Array[]) {
    const { db, open: openInner } = await create()
    const { documentStore: inner } = await openInner()
    return { db, inner, store: new EncryptedDocumentStore(inner, keyring(...keys)) }
  }

  test('what is stored cannot be read without the key, and the key opens all of it', async () => {
    const { inner, store } = await open(NEW)
    const roomId = newRoom()
    await append(store, roomId, 'an update', 'one that is odd')
    await store.addSnapshot(roomId, snapshot(1, 'a snapshot'))
    await store.quarantine({ roomId, kind: 'update', seq: 2 }, 'odd')
    const behind = [
      ...(await inner.readSince(roomId, 0)).map(({ update }) => update),
      (await inner.readSnapshot(roomId, 1))?.bytes,
      ...(await inner.listQuarantined(roomId)).map(({ bytes }) => bytes),
    ]
    for (const bytes of behind) expect(textOf(bytes)).not.toMatch(/update|snapshot|odd/)
    const { snapshot: newest } = await store.load(roomId)
    expect(textOf(newest?.bytes)).toBe('a snapshot')
    expect(textOf((await store.listQuarantined(roomId))[0]?.bytes)).toBe('one that is odd')
  })

  test('what was stored before there was a key stays readable', async () => {
    const { inner, store } = await open(NEW)
    const roomId = newRoom()
    await append(inner, roomId, 'before')
    await append(store, roomId, 'after')
    const updates = await store.readSince(roomId, 0)
    expect(updates.map(({ update }) => textOf(update))).toEqual(['before', 'after'])
  })

  test('a value that was changed, or put in the place of another, has not the checksum of what was written', async () => {
    const { db, store } = await open(NEW)
    const [here, there] = [newRoom(), newRoom()]
    for (const roomId of [here, there]) {
      await append(store, roomId, 'the same', 'the same')
      await store.addSnapshot(roomId, snapshot(2, 'the same'))
    }
    const isSound = async (roomId: RoomId) => {
      const [update, newest] = [(await store.readSince(roomId, 0))[0], (await store.load(roomId)).snapshot]
      return [crc32(update?.update ?? '') === update?.crc, crc32(newest?.bytes ?? '') === newest?.crc]
    }
    expect(await isSound(here)).toEqual([true, true])
    for (const table of ['room_updates', 'room_snapshots']) {
      await sql`update ${sql.table(table)} set bytes = (
          select bytes from ${sql.table(table)} where room_id = ${there} order by seq limit 1
        ) where room_id = ${here}`.execute(db)
    }
    expect(await isSound(here)).toEqual([false, false])
    // As a snapshot, an update of the room is no more at home.
    await sql`update room_snapshots set bytes = (
        select bytes from room_updates where room_id = ${there} and seq = 1
      ) where room_id = ${there}`.execute(db)
    const [first] = await store.readSince(there, 0)
    await db.updateTable('room_updates').set({ author: 'eve' }).where('room_id', '=', there).execute()
    expect([first?.author, await isSound(there)]).toEqual(['ada', [false, false]])
  })

  test('a value whose key is missing is no damage: reading it fails', async () => {
    const { inner, store } = await open(NEW)
    const roomId = newRoom()
    await append(store, roomId, 'secret')
    const message = 'which ENCRYPTION_KEY does not have'
    await expect(new EncryptedDocumentStore(inner, keyring()).load(roomId)).rejects.toThrow(message)
    await expect(new EncryptedDocumentStore(inner, keyring(OLD)).load(roomId)).rejects.toThrow(message)
  })
})

test('what is large is sealed and opened in steps, and others have their turn between them', async () => {
  const large = new Uint8Array(8_000_000).map((_, index) => index % 251)
  let turns = 0
  let isDone = false
  const count = () => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  const keys = keyring(NEW)
  const opened = await keys.open(await keys.seal(large, 'here'), 'here')
  isDone = true
  expect(Buffer.compare(opened ?? new Uint8Array(), large)).toBe(0)
  expect(turns).toBeGreaterThan(20)
})

describe('of a SQLite file', () => {
  async function newFile() {
    const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    return join(directory, 'test.db')
  }

  async function withStorage<T>(
    file: string,
    keys: Uint8Array[],
    work: (storage: SqlStorage) => Promise<T>,
  ): Promise<T> {
    const storage = await openStorage({ file, databaseUrl: undefined, keyring: keyring(...keys) })
    try {
      return await work(storage)
    } finally {
      await storage.close()
    }
  }

  const roomId = newRoom()
  const place = (file: string) => ({ file, databaseUrl: undefined })
  /** Beside no other server that could note its key again. */
  const reencrypt = (file: string) => reencryptDocuments(place(file), keyring(NEW, OLD), { settleMs: 10 })
  const read = async ({ documentStore }: SqlStorage) =>
    (await documentStore.readSince(roomId, 0)).map(({ update }) => textOf(update))
  const holds = async (file: string, text: string) => (await readFile(file)).includes(text)

  test('after keys are exchanged, while a server goes on, only the new one is needed, and nothing plain is left', async () => {
    const file = await newFile()
    await withStorage(file, [], ({ documentStore }) => append(documentStore, roomId, 'PLAIN'.repeat(2_000)))
    await withStorage(file, [OLD], ({ documentStore }) => append(documentStore, roomId, 'by the old key'))
    expect([await holds(file, 'PLAIN'), await holds(file, 'by the old key')]).toEqual([true, false])
    await expect(reencryptDocuments(place(file), keyring(NEW, OLD))).rejects.toThrow('no server has been started')
    await withStorage(file, [NEW, OLD], async (storage) => {
      await append(storage.documentStore, roomId, 'by the new key')
      expect(await reencrypt(file)).toEqual({ written: 2, damaged: [], stillUsed: [] })
      await append(storage.documentStore, roomId, 'and on')
      expect(await reencrypt(file)).toEqual({ written: 0, damaged: [], stillUsed: [] })
    })
    const after = await withStorage(file, [NEW], read)
    expect(after).toEqual(['PLAIN'.repeat(2_000), 'by the old key', 'by the new key', 'and on'])
    expect(await holds(file, 'PLAIN')).toBe(false)
  })

  test('a wrong key, or none, is told in words before anything is opened, and changes nothing', async () => {
    const file = await newFile()
    await withStorage(file, [OLD], ({ documentStore }) => append(documentStore, roomId, 'secret'))
    const [name] = keyring(OLD).names
    await expect(withStorage(file, [], read)).rejects.toThrow(`is encrypted by the key ${name?.id}; set ENCRYPTION_KEY`)
    await expect(withStorage(file, [NEW], read)).rejects.toThrow('which ENCRYPTION_KEY does not have')
    expect(await withStorage(file, [OLD], read)).toEqual(['secret'])
  })

  test('a file that is written anew has nothing in it of what was deleted', async () => {
    const file = await newFile()
    await withStorage(file, [], async ({ documentStore, main: { db } }) => {
      await append(documentStore, roomId, 'PLAIN'.repeat(2_000), 'kept')
      await db.deleteFrom('room_updates').where('seq', '=', 1).execute()
    })
    expect(await holds(file, 'PLAIN')).toBe(true)
    await vacuum(place(file))
    expect([await holds(file, 'PLAIN'), await holds(file, 'kept')]).toEqual([false, true])
  })

  test('the old key stays needed while a server writes by it, whoever else has the new one', async () => {
    const file = await newFile()
    await withStorage(file, [OLD], async ({ documentStore }) => {
      await append(documentStore, roomId, 'one')
      await withStorage(file, [NEW, OLD], () => Promise.resolve())
      const found = await reencryptDocuments(place(file), keyring(NEW, OLD))
      expect(found).toEqual({ written: 1, damaged: [], stillUsed: [keyring(OLD).names[0]?.id] })
      await append(documentStore, roomId, 'two')
    })
    await expect(withStorage(file, [NEW], read)).rejects.toThrow('which ENCRYPTION_KEY does not have')
    expect(await reencrypt(file)).toEqual({ written: 1, damaged: [], stillUsed: [] })
    expect(await withStorage(file, [NEW], read)).toEqual(['one', 'two'])
  })

  test('a record that is damaged is named, left as it is, and keeps its key needed', async () => {
    const file = await newFile()
    await withStorage(file, [OLD], async ({ documentStore, main: { db } }) => {
      await append(documentStore, roomId, 'one', 'two')
      await db.updateTable('room_updates').set({ at: 2 }).where('seq', '=', 1).execute()
    })
    await withStorage(file, [NEW, OLD], () => Promise.resolve())
    const found = await reencrypt(file)
    expect(found).toEqual({ written: 1, damaged: [`room ${roomId}: update 1`], stillUsed: [] })
    await expect(withStorage(file, [NEW], read)).rejects.toThrow('which ENCRYPTION_KEY does not have')
  })
})
