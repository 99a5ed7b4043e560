import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import { nanoid } from 'nanoid'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { UpdateRecord } from '../../ports/document-store.ts'
import { createPostgresDatabase, createSqliteDatabase } from '../../testing/test-database.ts'
import { startTestPostgres, type TestPostgres } from '../../testing/test-postgres.ts'
import { openSqliteStorage } from './sqlite-storage.ts'

const newRoom = () => roomIdSchema.parse(nanoid())
const entry: UpdateRecord = { update: new Uint8Array(100), author: 'ada', at: 1, ranges: new Uint8Array(9), crc: 1 }
const batch = (roomId: RoomId, count = 1) => ({
  id: nanoid(),
  rooms: [{ roomId, entries: Array.from({ length: count }, () => entry) }],
})

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.stop())

describe.each([
  ['SQLite', createSqliteDatabase],
  ['PostgreSQL', () => createPostgresDatabase(server)],
] as const)('in %s', (_engine, create) => {
  test('an append does not wait for loads', async () => {
    const { documentStore: store } = await (await create()).open()
    const [large, small] = [newRoom(), newRoom()]
    await store.append(batch(large, 10_000))
    const answers: string[] = []
    const loads = Array.from({ length: 20 }, () => store.load(large).then(() => answers.push('load')))
    await Promise.race(loads)
    await Promise.all([...loads, store.append(batch(small)).then(() => answers.push('append'))])
    // Asked for last, and by far not answered last.
    expect(answers.indexOf('append')).toBeLessThan(15)
  })

  test('what is large, and stays, does not slow down what others write beside it', async () => {
    const { documentStore: store } = await (await create()).open()
    const room = (letter: string) => roomIdSchema.parse(letter.repeat(12))
    const medianMs = async () => {
      const times: number[] = []
      for (let n = 0; n < 61; n++) {
        const from = performance.now()
        await store.append(batch(room('m')))
        times.push(performance.now() - from)
      }
      return times.sort((a, b) => a - b)[30] ?? NaN
    }
    await medianMs()
    const before = Math.max(await medianMs(), await medianMs())
    // On both sides of it in the order of the ids.
    for (const letter of 'abcdefxyzuvw') {
      const entries = [{ ...entry, update: new Uint8Array(7_000_000) }]
      await store.append({ id: nanoid(), rooms: [{ roomId: room(letter), entries }] })
    }
    // The disk is still busy with all that for a while, and other tests with the machine.
    const after = [await medianMs(), await medianMs(), await medianMs(), await medianMs()]
    expect(Math.min(...after)).toBeLessThan(4 * before)
  })

  test('a load does not wait for an append that waits for somebody else', async () => {
    const { db, open } = await create()
    const { documentStore: store } = await open()
    const roomId = newRoom()
    await store.append(batch(roomId))
    let appended = false
    let append: Promise<unknown> | undefined
    await db.transaction().execute(async (trx) => {
      await trx
        .updateTable('room_documents')
        .set({ head: sql`head` })
        .where('room_id', '=', roomId)
        .execute()
      append = store.append(batch(roomId)).then(() => (appended = true))
      expect((await store.load(roomId)).head).toBe(1)
      expect(await store.readSince(roomId, 0)).toHaveLength(1)
      expect(appended).toBe(false)
    })
    await append
    expect((await store.load(roomId)).head).toBe(2)
  })

  test('a load while updates arrive and old ones go never sees a hole', async () => {
    const { open } = await create()
    const [writer, reader] = [(await open()).documentStore, (await open()).documentStore]
    const roomId = newRoom()
    await writer.append(batch(roomId, 10))
    let busy = true
    const change = async () => {
      for (let head = 10; head < 100; head += 10) {
        await writer.append(batch(roomId, 10))
        await writer.addSnapshot(roomId, {
          seq: head,
          bytes: entry.update,
          ranges: entry.ranges,
          crc: 1,
          at: head,
          label: null,
        })
        await writer.purge({ updatesBefore: 2, batchesBefore: 0, keepSnapshot: () => false })
      }
      busy = false
    }
    const changing = change()
    let loads = 0
    while (busy) {
      const { snapshot, head, tail } = await reader.load(roomId)
      expect((snapshot?.seq ?? 0) + tail.length).toBe(head)
      loads += 1
    }
    await changing
    expect(loads).toBeGreaterThan(10)
  })
})

test('a clean-up beside somebody who reads for long, as a backup does, holds up no commit', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'test.db')
  const { documentStore: store, close } = await openSqliteStorage({ file })
  onTestFinished(close)
  await store.append(batch(newRoom()))
  const reader = new Database(file, { readonly: true })
  onTestFinished(() => void reader.close())
  reader.exec('begin')
  reader.prepare('select count(*) from room_updates').get()
  let isPurging = true
  const purge = store
    .purge({ updatesBefore: 0, batchesBefore: 0, keepSnapshot: () => true })
    .finally(() => (isPurging = false))
  let longestMs = 0
  while (isPurging) {
    const from = performance.now()
    await store.append(batch(newRoom()))
    longestMs = Math.max(longestMs, performance.now() - from)
  }
  await purge
  // For as long as a statement waits for a lock, which is five seconds, it would have held the journal's.
  expect(longestMs).toBeLessThan(2_500)
})
