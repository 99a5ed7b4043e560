import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { findFreePort } from './testing/free-port.ts'
import { OtlpCollector } from './testing/otlp-collector.ts'
import { SentryReceiver } from './testing/sentry-receiver.ts'
import { removeServerData } from './testing/server-data.ts'
import { ServerProcess } from './testing/server-process.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
})
afterEach(() => removeServerData(dataDir))

/**
 * For Node: tells of each module of these packages that is imported, whoever does it. prom-client imports OpenTelemetry's API,
 * which does nothing by itself.
 */
const TELLS_IMPORTS = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({ resolve(name, context, next) {
    if (/@opentelemetry\\/(?!api$)|@sentry/.test(name)) process.stderr.write('imports ' + name + '\\n')
    return next(name, context)
  } })`)}`

test('where neither traces nor reports are wanted, nothing of them is loaded', async () => {
  const server = await ServerProcess.start(await findFreePort(), dataDir, {
    NODE_OPTIONS: `--import=${TELLS_IMPORTS}`,
    METRICS_TOKEN: 'x'.repeat(32),
  })
  expect(await server.end('SIGTERM')).toBe(0)
  expect(server.output).not.toContain('imports')
})

test('where they are wanted, they are loaded, and what they have is sent at the stop', async () => {
  const [collector, sentry] = [await OtlpCollector.start(), await SentryReceiver.start()]
  onTestFinished(() => {
    collector.close()
    sentry.close()
  })
  const port = await findFreePort()
  const server = await ServerProcess.start(port, dataDir, {
    NODE_OPTIONS: `--import=${TELLS_IMPORTS}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=of the collector',
    OTEL_TRACES_SAMPLER_ARG: '1',
    SENTRY_DSN: sentry.dsn,
  })
  expect(server.output).toContain('imports @opentelemetry/sdk-trace')
  expect(server.output).toContain('imports @sentry/core')
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth`)
  expect(answer.status).toBe(200)
  expect(await server.end('SIGTERM')).toBe(0)
  // Not the probes that the start was awaited by.
  expect(collector.spans.map(({ name }) => name)).toEqual(['GET /api/v1/auth'])
  expect(collector.spans[0]?.resource).toMatchObject({
    'service.name': 'sketchroom',
    'service.version': expect.stringMatching(/^\d/),
    'service.instance.id': expect.any(String),
  })
  expect(collector.headers[0]).toMatchObject({ 'x-key': 'of the collector' })
  expect(sentry.events).toEqual([])
})

test('an error that ends the process is reported before it ends', async () => {
  const sentry = await SentryReceiver.start()
  onTestFinished(() => sentry.close())
  const file = join(dataDir, 'file')
  await writeFile(file, '')
  onTestFinished(() => rm(file, { force: true }))
  const failing = ServerProcess.start(0, dataDir, { DATA_DIR: join(file, 'data'), SENTRY_DSN: sentry.dsn })
  await expect(failing).rejects.toThrow('the server ended')
  expect(sentry.events).toMatchObject([{ level: 'fatal', message: expect.stringMatching(/cannot write to/) }])
})
