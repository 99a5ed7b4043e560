import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createStatementsThread } from './sqlite-database.ts'
import { runStatements, type StatementsThread } from './sqlite-dialect.ts'

let directory: string
let thread: StatementsThread

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  thread = createStatementsThread({ file: join(directory, 'later', 'test.db'), busyTimeoutMs: 100 })
})
afterEach(async () => {
  await thread.close()
  await rm(directory, { recursive: true })
})

const run = (sql: string) => runStatements(thread, [CompiledQuery.raw(sql)], { atomic: true })

test('a thread that cannot open the file fails what waits for it, and what the next thread does stands', async () => {
  const failed = await Promise.allSettled([run('create table a (x)'), run('create table b (x)')])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  // Before the dead thread's `exit`: the trouble is over, and the next request starts a new thread.
  mkdirSync(join(directory, 'later'))
  await run('create table c (x)')
  const [tables] = await run(`select name from sqlite_master where type = 'table'`)
  expect(tables?.rows?.values).toEqual(['c'])
})
