import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { findDebianProgram } from './debian-program.ts'
import { answers, findFreePort } from './free-port.ts'

const REDIS = {
  name: 'redis',
  commands: ['redis-server'],
  versionFlag: '--version',
  packages: ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
  path: 'usr/bin/redis-check-rdb',
}

/** A Redis of its own, which remembers nothing. */
export interface TestRedis {
  readonly url: string
  /** Ends it at once. */
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  restart(): Promise<void>
  /** Stops it in the middle of whatever it does: its connections stay open, and nothing comes back. */
  freeze(): void
  thaw(): void
}

/** Starts a Redis, and fails when it cannot; without `isUp`, it is started by `restart`. */
export async function startTestRedis({ isUp = true } = {}): Promise<TestRedis> {
  const port = await findFreePort()
  const { program, environment } = await findDebianProgram(REDIS)
  const flags = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()]
  let child: ChildProcess | undefined
  const end = () => child?.kill('SIGKILL')
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async restart() {
      // Its program looks at the name that it is called by.
      child = spawn(program, flags, { argv0: 'redis-server', env: { ...process.env, ...environment }, stdio: 'ignore' })
      process.once('exit', end)
      while (!(await answers(port))) {
        if (child.exitCode !== null) throw new Error(`Redis ended with ${child.exitCode}`)
        await wait(20)
      }
    },
    async kill() {
      process.off('exit', end)
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const exited = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await exited
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
  if (isUp) await redis.restart()
  return redis
}
