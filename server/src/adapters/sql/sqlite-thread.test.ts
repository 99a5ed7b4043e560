import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery, Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStatementsThread } from './sqlite-database.ts'
import { runStatements, SqliteThreadDialect, type StatementsThread } from './sqlite-dialect.ts'
import { endSqliteThreads } from './sqlite-thread.ts'

let directory: string
let thread: StatementsThread
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  thread = createStatementsThread({ file: join(directory, 'test.db'), busyTimeoutMs: 100 })
})
afterEach(async () => {
  await thread.close()
  await rm(directory, { recursive: true })
})

const run = (statement: string, on = thread) => runStatements(on, [CompiledQuery.raw(statement)], { atomic: true })

test('a thread that cannot open the file fails what waits for it, and what the next thread does stands', async () => {
  const later = createStatementsThread({ file: join(directory, 'later', 'test.db') })
  const failed = await Promise.allSettled([run('create table a (x)', later), run('create table b (x)', later)])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  // Before the dead thread's `exit`: the trouble is over, and the next request starts a new thread.
  mkdirSync(join(directory, 'later'))
  await run('create table c (x)', later)
  const [tables] = await run(`select name from sqlite_master where type = 'table'`, later)
  expect(tables?.rows?.values).toEqual(['c'])
  await later.close()
})

test('a thread is started by the first request, and ended when it had nothing to do for a while', async () => {
  const idle = createStatementsThread({ file: join(directory, 'test.db'), idleMs: 50 })
  expect(idle.isRunning).toBe(false)
  await run('create table a (x)', idle)
  expect(idle.isRunning).toBe(true)
  await vi.waitFor(() => expect(idle.isRunning).toBe(false))
  await run('insert into a values (1)', idle)
  expect((await run('select * from a', idle))[0]?.rows?.values).toEqual([1])
  await idle.close()
  await expect(run('select 1', idle)).rejects.toThrow('closed')
})

test('what a thread was asked before its time was up is answered', async () => {
  const idle = createStatementsThread({ file: join(directory, 'test.db'), idleMs: 10 })
  const long =
    'with recursive n (x) as (select 1 union all select x + 1 from n where x < 500000) select count(*) from n'
  expect((await run(long, idle))[0]?.rows?.values).toEqual([500_000])
  await idle.close()
})

// To be stopped between two statements is to be stopped anywhere: in a call into SQLite it aborts the whole process.
test('a thread that is ended goes through with what it is doing', async () => {
  await run('create table a (x)')
  const long =
    'insert into a with recursive n (x) as (select 1 union all select x + 1 from n where x < 500000) select x from n'
  const statements = [long, 'insert into a values (0)'].map((statement) => CompiledQuery.raw(statement))
  const one = createStatementsThread({ file: join(directory, 'test.db') })
  await run('select 1', one)
  const asked = expect(runStatements(one, statements, { atomic: false })).rejects.toThrow('ended')
  await one.close()
  await asked
  expect((await run('select count(*) from a'))[0]?.rows?.values).toEqual([500_001])
})

test('threads that are still loading have ended when all were ended, so that the process may exit', async () => {
  const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
  const before = ports()
  const answer = Promise.allSettled([run('select 1'), run('select 1', createStatementsThread({ file: ':memory:' }))])
  await vi.waitUntil(() => ports() === before + 2)
  await endSqliteThreads()
  expect(ports()).toBe(before)
  expect((await answer).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('a transaction whose thread died is not gone on with in the next one', async () => {
  const db = new Kysely<{ a: { x: number } }>({ dialect: new SqliteThreadDialect(thread) })
  await run('create table a (x)')
  const failed = db.transaction().execute(async (trx) => {
    await trx.insertInto('a').values({ x: 1 }).execute()
    await thread.lend().end()
    for (const x of [2, 3])
      await trx
        .insertInto('a')
        .values({ x })
        .execute()
        .catch(() => undefined)
  })
  await expect(failed).rejects.toThrow('ended')
  expect(await db.selectFrom('a').selectAll().execute()).toEqual([])
  await db.insertInto('a').values({ x: 4 }).execute()
  expect(await db.selectFrom('a').selectAll().execute()).toEqual([{ x: 4 }])
})

test('rows come back with their blobs, and a blob that is a view is sent without the rest', async () => {
  const db = new Kysely<unknown>({ dialect: new SqliteThreadDialect(thread) })
  const all = new Uint8Array(1_000_000).fill(7)
  const view = all.subarray(10, 13)
  const { rows } = await sql`
    select ${view} as first, null as none, ${new Uint8Array()} as empty, 'text' as text
    union all select ${all}, 1, null, ''`.execute(db)
  expect(rows).toEqual([
    { first: new Uint8Array([7, 7, 7]), none: null, empty: new Uint8Array(), text: 'text' },
    { first: all, none: 1, empty: null, text: '' },
  ])
  expect([view.length, all.length]).toEqual([3, 1_000_000])
})
