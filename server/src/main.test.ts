import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { openPostgres } from './adapters/sql/postgres-storage.ts'
import type { SqlDatabase } from './adapters/sql/sql-database.ts'
import { openSqlite } from './adapters/sql/sqlite-database.ts'
import { findFreePort } from './testing/free-port.ts'
import { ServerProcess } from './testing/server-process.ts'
import { startTestPostgres } from './testing/test-postgres.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sketchroom-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** Starts a server that is not to come up, and reads what it leaves behind. */
async function failToStart(environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = stdout.split('\n').filter(Boolean)
  const fatal = lines
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level === 60)
  const messages = fatal.map(({ msg }) => msg)
  // Whoever sits at a terminal reads it, too.
  if (code === 1) expect(stderr).toBe(messages.map((message) => `SketchRoom: ${message}\n`).join(''))
  return { code, messages }
}

/** Leaves a database as a version to come does. */
async function ageByOneVersion(db: SqlDatabase['db']): Promise<void> {
  await db.schema.alterTable('users').addColumn('later', 'text').execute()
  const later = { name: '9999-later', timestamp: new Date().toISOString() }
  await db.withTables<{ kysely_migration: typeof later }>().insertInto('kysely_migration').values(later).execute()
}

test('a data directory that cannot be written to is one fatal line, with what to do', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  const { code, messages } = await failToStart({ DATA_DIR: join(file, 'data') })
  expect(code).toBe(1)
  expect(messages).toEqual([
    expect.stringMatching(/cannot write to .*file\/data: there is a file in its place; .*set DATA_DIR/),
  ])
})

test.each([
  ['no database', 1, async (file: string) => writeFile(file, 'this is no database, however long it is'.repeat(50))],
  [
    'of a version to come',
    2,
    async (file: string) => {
      const database = await openSqlite({ file })
      await ageByOneVersion(database.db)
      await database.close()
    },
  ],
])('a database file that is %s is one fatal line, with what to do', async (_what, exitCode, write) => {
  await write(join(directory, 'sketchroom.db'))
  const { code, messages } = await failToStart({})
  expect(code).toBe(exitCode)
  expect(messages).toEqual([expect.stringMatching(/^the database in .* restore a backup$/)])
})

test('a secret that was half written is one fatal line, with what to do', async () => {
  await writeFile(join(directory, 'jwt-secret'), '')
  const { code, messages } = await failToStart({})
  expect(code).toBe(1)
  expect(messages).toEqual([expect.stringMatching(/jwt-secret must hold at least 32 characters; .*remove the file/)])
})

test('a port that is taken is one fatal line, with what to do', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const { code, messages } = await failToStart({ PORT: String(port), DATA_DIR: join(directory, 'data') })
  other.close()
  expect(code).toBe(1)
  expect(messages).toEqual([`port ${port} is in use; set PORT to another`])
})

test('a name to listen on that does not resolve is said to be one, and not blamed on the data directory', async () => {
  const { code, messages } = await failToStart({ HOST: 'no-such-host.invalid' })
  expect(code).toBe(1)
  expect(messages).toEqual([expect.stringMatching(/^HOST is no-such-host.invalid, which does not resolve; /)])
})

test('a disk that does not answer is named after a while, and holds up nobody who stops the server', async () => {
  // Reading a pipe that nobody writes to takes as long.
  execFileSync('mkfifo', [join(directory, 'jwt-secret')])
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line)
    if (said.length === 1) child.kill('SIGTERM')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  expect(said[0]).toMatch(/^SketchRoom: still waiting for the data directory .*; see whether its disk answers$/)
  expect(said.at(-1)).toMatch(/gave up/)
})

test('a start that is stopped while the database opens ends in order', async () => {
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, PORT: '0', DATA_DIR: directory } })
  const exited = once(child, 'exit')
  await vi.waitUntil(() => existsSync(join(directory, 'sketchroom.lock')), { timeout: 30_000, interval: 5 })
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

test('a data directory that another process uses is one fatal line, and free again when that one is killed', async () => {
  const other = await ServerProcess.start(await findFreePort(), directory)
  const { code, messages } = await failToStart({})
  expect(code).toBe(1)
  expect(messages).toEqual([`another SketchRoom process uses ${directory}; stop that one, or set DATA_DIR to another`])
  await other.end('SIGKILL')
  const next = await ServerProcess.start(await findFreePort(), directory)
  expect(await next.end('SIGTERM')).toBe(0)
})

test('a signal that comes twice, as npx and pnpm both pass it on, stops the server in order all the same', async () => {
  const server = await ServerProcess.start(await findFreePort(), directory)
  const ended = server.end('SIGTERM')
  expect(await Promise.all([ended, server.end('SIGTERM'), server.end('SIGTERM')])).toEqual([0, 0, 0])
})

test('PostgreSQL that cannot be reached, or has no such database or user, is one fatal line, with what to do', async () => {
  const postgres = await startTestPostgres()
  onTestFinished(() => postgres.stop())
  const JWT_SECRET = 'a secret that only the tests know'
  const failWith = async (url: URL) => (await failToStart({ DATABASE_URL: url.href, JWT_SECRET })).messages
  const there = new URL(postgres.url)
  const away = Object.assign(new URL(there), { port: await findFreePort() })
  expect(await failWith(away)).toEqual([
    expect.stringMatching(
      `^cannot open the PostgreSQL database postgres at ${away.host}: .*ECONNREFUSED.*; see to it that it runs .*DATABASE_URL`,
    ),
  ])
  expect(await failWith(Object.assign(new URL(there), { pathname: 'other' }))).toEqual([
    expect.stringMatching(/^cannot open the PostgreSQL database other at .*: database "other" does not exist; /),
  ])
  const later = new URL(await postgres.createDatabase())
  const { db, close } = await openPostgres({ url: later.href, log: pino({ level: 'silent' }) })
  await ageByOneVersion(db)
  await close()
  const { code, messages } = await failToStart({ DATABASE_URL: later.href, JWT_SECRET })
  expect([code, messages]).toEqual([
    2,
    [
      expect.stringMatching(
        /^the PostgreSQL database test_1 at .* start the version that wrote it, or restore a backup$/,
      ),
    ],
  ])
  // No line may tell the password that stands in the address.
  expect(messages[0]).not.toContain('password')
})

test('what is encrypted is not served with another key, or none, and that is said with what to do', async () => {
  const [port, key] = [await findFreePort(), (letter: string) => letter.repeat(64)]
  const server = await ServerProcess.start(port, directory, { ENCRYPTION_KEY: key('a') })
  await server.end('SIGTERM')
  for (const keys of ['', key('b')]) {
    const { code, messages } = await failToStart({ ENCRYPTION_KEY: keys })
    expect(code).toBe(2)
    expect(messages).toEqual([
      expect.stringMatching(/^could not start: what is stored is encrypted by .*ENCRYPTION_KEY/),
    ])
  }
})
