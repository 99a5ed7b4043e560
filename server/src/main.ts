import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { compose, STOP_DEADLINE_MS } from './compose.ts'
import { ConfigError, parseConfig, type Config } from './config.ts'

/** The client as `pnpm build` leaves it. */
const CLIENT_DIR = fileURLToPath(new URL('../../client/app/dist', import.meta.url))

const config = readConfig()
const log = pino({ level: config.logLevel })
const app = await compose(config, log, existsSync(CLIENT_DIR) ? { clientDir: CLIENT_DIR } : {})

// Anything that gets here is a bug. The journal has what was acknowledged, so the honest thing is to stop.
process.on('uncaughtException', (error) => {
  log.fatal({ err: error }, 'unexpected error; stopping')
  void stop(1)
})
process.once('SIGTERM', () => void stop(0))
process.once('SIGINT', () => void stop(0))

await app.lifecycle.start().catch((error: unknown) => {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  log.fatal({ err: error }, inUse ? `port ${config.port} is in use; set PORT to another` : 'could not start')
  process.exit(1)
})
log.info({ url: config.publicUrl.origin, dataDir: config.dataDir }, `SketchRoom is at ${config.publicUrl.origin}`)

async function stop(exitCode: number): Promise<void> {
  log.info('stopping')
  const clean = await app.lifecycle.stop(STOP_DEADLINE_MS)
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
