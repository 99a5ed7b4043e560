import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isUniqueViolation, type SqlDatabase } from './sql-database.ts'
import { openSqlite } from './sqlite-database.ts'

let directory: string
let database: SqlDatabase

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  database = await openSqlite({ file: join(directory, 'test.db'), busyTimeoutMs: 100 })
})
afterEach(async () => {
  await database.close()
  await rm(directory, { recursive: true })
})

const user = (id: string) => ({ id, name: id, email: `${id}@example.org`, password_hash: null, created_at: 1 })

test('the committed must survive a power cut: WAL mode with synchronous=FULL', async () => {
  const ask = (name: string) => database.db.executeQuery(CompiledQuery.raw(`pragma ${name}`))
  expect((await ask('journal_mode')).rows).toEqual([{ journal_mode: 'wal' }])
  expect((await ask('synchronous')).rows).toEqual([{ synchronous: 2 }])
})

test('nobody else on the machine may read the file, or its log', async () => {
  const modes = ['test.db', 'test.db-wal'].map(async (name) => (await stat(join(directory, name))).mode & 0o777)
  expect(await Promise.all(modes)).toEqual([0o600, 0o600])
})

test('a commit whose second statement fails changes nothing', async () => {
  const insert = database.db.insertInto('users').values(user('ada')).compile()
  const error = await database.commit([insert, insert]).catch((reason: unknown) => reason)
  expect(isUniqueViolation(error)).toBe(true)
  expect(await database.db.selectFrom('users').selectAll().execute()).toEqual([])
})

test('transactions do not mix with queries from elsewhere, and roll back', async () => {
  const failed = database.db.transaction().execute(async (transaction) => {
    await transaction.insertInto('users').values(user('ada')).execute()
    throw new Error('no')
  })
  const beside = database.db.insertInto('users').values(user('bob')).execute()
  await expect(failed).rejects.toThrow('no')
  await beside
  expect(await database.db.selectFrom('users').select('id').execute()).toEqual([{ id: 'bob' }])
})

test('while another connection holds the write lock, a commit fails in time and the event loop goes on', async () => {
  const other = await openSqlite({ file: join(directory, 'test.db') })
  let turns = 0
  const counter = setInterval(() => turns++, 5)
  await other.db.transaction().execute(async (transaction) => {
    await transaction.insertInto('users').values(user('eve')).execute()
    await expect(database.db.insertInto('users').values(user('ada')).execute()).rejects.toThrow(/locked/)
  })
  clearInterval(counter)
  expect(turns).toBeGreaterThan(3)
  await database.db.insertInto('users').values(user('ada')).execute()
  await other.close()
})
