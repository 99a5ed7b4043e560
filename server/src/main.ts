import { existsSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { serverAddress } from '@sketchroom/shared/api/server-address'
import { pino } from 'pino'
import { compose, type App } from './compose.ts'
import { ConfigError, parseConfig, type Config } from './config.ts'
import { logConsole } from './log-console.ts'
import { watchParents } from './parents.ts'
import { describeStartFailure } from './start-failure.ts'

/** The client as `pnpm build` leaves it. */
const CLIENT_DIR = fileURLToPath(new URL('../../client/app/dist', import.meta.url))

const config = readConfig()
const log = pino({ level: config.logLevel })
logConsole(console, log)
let app: App | undefined
let isStopping = false

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

try {
  app = await compose(config, log, existsSync(CLIENT_DIR) ? { clientDir: CLIENT_DIR } : {})
  await app.lifecycle.start()
} catch (error) {
  log.fatal({ err: error }, describeStartFailure(error, config))
  process.exit(1)
}
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
  process.exit(clean ? exitCode : 1)
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
