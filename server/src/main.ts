import { existsSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { serverAddress } from '@sketchroom/shared/api/server-address'
import { pino } from 'pino'
import { endSqliteThreads } from './adapters/sql/sqlite-thread.ts'
import { compose, type App } from './compose.ts'
import { ConfigError, parseConfig, type Config } from './config.ts'
import { logConsole } from './log-console.ts'
import { watchParents } from './parents.ts'
import { describeStartFailure, describeWaiting, exitCodeOf, type StartStep } from './start-failure.ts'

/** The client as `pnpm build` leaves it. */
const CLIENT_DIR = fileURLToPath(new URL('../../client/app/dist', import.meta.url))

/** Starting takes a second or two, but for migrations. */
const TELL_WAITING_MS = 5_000
/** A start that goes on, and a thread that has begun to load, is through long before. */
const END_THREADS_MS = 5_000

const config = readConfig()
// Imported only where it is wanted, and before the log, which it listens to.
const reports =
  config.errorReporting &&
  new (await import('./adapters/sentry/sentry-reports.ts')).SentryReports(config.errorReporting)
const log = pino({ level: config.logLevel, ...(reports && { hooks: reports.hooks }) })
logConsole(console, log)
let app: App | undefined
let isStopping = false
let step: StartStep = 'data directory'

// Anything that gets here is a bug. The journal has what was acknowledged, so the honest thing is to stop.
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'unexpected error; stopping')
  void stop(1)
})
// More than once for one Ctrl-C: from the terminal, and from each of npx and pnpm, which pass it on.
process.on('SIGTERM', () => void stop(0))
process.on('SIGINT', () => void stop(0))
if (process.argv.includes('--stop-with-parents')) {
  watchParents(() => {
    log.warn('the command that started this server is gone')
    void stop(0)
  })
}

const clientDir = existsSync(CLIENT_DIR) ? CLIENT_DIR : undefined
const composing = compose(config, log, { ...(clientDir && { clientDir }), onStep: (next) => (step = next) })
const waiting = setInterval(() => {
  const message = describeWaiting(step, config)
  say(message)
  log.warn(message)
}, TELL_WAITING_MS)
try {
  app = await composing
  await unlessStopping()
  step = 'address'
  await app.lifecycle.start()
} catch (error) {
  // Stopped while it was being put together, it may fail for that.
  await unlessStopping()
  const message = describeStartFailure(error, config)
  say(message)
  log.fatal({ err: error }, message)
  await leave(exitCodeOf(error))
}
clearInterval(waiting)
// Written now and not at the end, which a kill would not leave time for: the next start is quicker and smaller.
flushCompileCache()
giveBackMemory()
const url = serverAddress(config.publicUrl)
log.info({ url, dataDir: config.dataDir }, `SketchRoom is at ${url}`)

/** Starting takes 15 MB that nobody needs afterwards, and that V8 would keep until it is short of memory. */
function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

async function stop(exitCode: number): Promise<void> {
  if (isStopping) return
  isStopping = true
  log.info('stopping')
  // While it is still being put together, it holds nothing that could be lost.
  const clean = (await app?.lifecycle.stop()) ?? true
  log.info({ clean }, 'stopped')
  await leave(clean ? exitCode : 1)
}

/** Never resolves while the process is on its way out. */
async function unlessStopping(): Promise<void> {
  if (isStopping) await new Promise(() => undefined)
}

/**
 * Ends the process, and never resolves. Threads end first, by themselves (`endSqliteThreads` says why). One that waits for a
 * disk that does not answer would hold up even `process.exit`: then it is a kill.
 */
async function leave(exitCode: number): Promise<void> {
  const ended = Promise.allSettled([composing, reports?.close()]).then(endSqliteThreads)
  if (await Promise.race([ended.then(() => true), wait(END_THREADS_MS, false)])) process.exit(exitCode)
  say(`gave up after ${END_THREADS_MS / 1000} seconds: ${describeWaiting(step, config)}`)
  process.kill(process.pid, 'SIGKILL')
}

/** One plain line for whoever sits at the terminal: the log's line of the same is JSON, with all that is known. */
function say(message: string): void {
  process.stderr.write(`SketchRoom: ${message}\n`)
}

function readConfig(): Config {
  try {
    return parseConfig(process.env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}
