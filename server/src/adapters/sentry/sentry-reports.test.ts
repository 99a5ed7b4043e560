import { Writable } from 'node:stream'
import { pino, type Logger } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findFreePort } from '../../testing/free-port.ts'
import { SentryReceiver } from '../../testing/sentry-receiver.ts'
import { ReportRate } from './report-rate.ts'
import { SentryReports } from './sentry-reports.ts'
import { withoutQuotes } from './without-quotes.ts'

let sentry: SentryReceiver
let lines: string[]
beforeEach(async () => {
  sentry = await SentryReceiver.start()
  lines = []
})
afterEach(() => sentry.close())

/** A log whose errors are reported, as the server's are. */
function startReports(dsn = sentry.dsn): { reports: SentryReports; log: Logger } {
  const reports = new SentryReports({ dsn, environment: 'staging' })
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  return { reports, log: pino({ level: 'info', hooks: reports.hooks }, stream) }
}

test('what the log says at error is reported, with its causes and what names the place; nothing below that is', async () => {
  const { reports, log } = startReports()
  log.warn({ err: new Error('a warning') }, 'not so bad')
  const cause = new RangeError('out of range')
  log
    .child({ connectionId: 'c1' })
    .error({ err: new Error('no disk', { cause }), roomId: 'V1StGXR8_Z5jdHi6B-myT', pending: 3 }, 'the store fails')
  log.fatal({ err: new Error('a bug') }, 'unexpected error; stopping')
  log.error(
    { roomId: 'another-room-of-23-here', kind: 'update', seq: 7, reason: 'checksum' },
    'a stored record cannot be read',
  )
  await reports.close()
  expect(lines).toHaveLength(4)
  const [failing, bug, damaged, ...others] = sentry.events
  expect(others).toEqual([])
  expect(failing).toMatchObject({
    level: 'error',
    message: 'the store fails',
    environment: 'staging',
    release: expect.stringMatching(/^sketchroom@\d/),
    extra: { room: 'V1StGXR', connectionId: 'c1', pending: 3 },
    exception: {
      values: [
        { type: 'RangeError', value: 'out of range' },
        { type: 'Error', value: 'no disk' },
      ],
    },
  })
  expect(failing?.exception?.values[1]?.stacktrace?.frames.at(-1)).toMatchObject({
    filename: expect.stringContaining('sentry-reports.test.ts'),
  })
  expect(bug).toMatchObject({ level: 'fatal', exception: { values: [{ value: 'a bug' }] } })
  expect(damaged).toMatchObject({ level: 'error', extra: { room: 'another', kind: 'update', seq: 7 } })
  expect(sentry.received).toContain('/api/42/envelope/')
})

test('nothing of anybody’s is reported: no address, token, name, mail, body or drawing', async () => {
  const { reports, log } = startReports()
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ'
  log.child({ address: '203.0.113.9' }).error(
    {
      err: new Error(`ada@example.org wrote "top secret" with ${token} from 2001:db8::7:1 to redis://me:pass@10.1.2.3`),
      ip: '203.0.113.9',
      path: '/api/v1/rooms',
      headers: { cookie: 'session=1', authorization: `Bearer ${token}` },
      body: 'a drawing',
      userId: '#aGFzaA',
    },
    'request failed',
  )
  log.error({ err: new SyntaxError('Unexpected token in "x "Ada Lovelace" y" of JSON') }, 'request failed again')
  log.error({ err: 'no Error at all: a drawing', author: 'ada@example.org' }, 'odd')
  log.error({ from: 'console' }, 'Caught error while handling: a drawing')
  await reports.close()
  expect(sentry.events).toHaveLength(4)
  expect(sentry.events[0]?.user).toEqual({ id: '#aGFzaA' })
  for (const secret of [
    '203.0',
    '2001:',
    '10.1',
    'ada@',
    'example.org',
    'pass',
    'top secret',
    'Ada Lovelace',
    token,
    'session',
    'drawing',
    '/rooms',
  ])
    expect(sentry.received).not.toContain(secret)
})

test('the same error is reported once, and an error that is reported has been logged all the same', async () => {
  const { reports, log } = startReports()
  for (let n = 0; n < 50; n++) log.error({ err: new Error(`number ${n}`) }, 'again')
  await reports.close()
  expect(lines).toHaveLength(50)
  expect(sentry.events).toHaveLength(1)
})

test('an error is reported once in a minute, with how often it was left out, and thirty are in all', () => {
  let now = 0
  const rate = new ReportRate(() => now)
  expect(['a', 'a', 'a', 'b'].map((key) => rate.repeatedBefore(key))).toEqual([0, undefined, undefined, 0])
  now = 60_000
  expect(['a', 'b'].map((key) => rate.repeatedBefore(key))).toEqual([2, 0])
  const many = Array.from({ length: 40 }, (_, n) => rate.repeatedBefore(`other ${n}`))
  expect(many.filter((each) => each !== undefined)).toHaveLength(28)
  now = 300_000
  expect(rate.repeatedBefore('a')).toBe(0)
})

test('what a message says by itself stays', () => {
  expect(withoutQuotes('connect ECONNREFUSED at 10:20')).toBe('connect ECONNREFUSED at 10:20')
  expect(withoutQuotes('invalid input: "Ada"')).toBe('invalid input: …')
})

test('a Sentry that is away, or hangs, is said in one warning, and holds up neither the log nor the stop', async () => {
  const away = startReports(`http://key@127.0.0.1:${await findFreePort()}/42`)
  away.log.error({ err: new Error('one') }, 'one')
  away.log.error({ err: new TypeError('two') }, 'two')
  const warnings = () => lines.filter((line) => line.includes('errors cannot be reported to Sentry'))
  await vi.waitFor(() => expect(warnings()).toHaveLength(1))
  await away.reports.close()
  expect(warnings()).toHaveLength(1)

  sentry.hang()
  const hanging = startReports()
  hanging.log.error({ err: new Error('one') }, 'one')
  await vi.waitFor(() => expect(sentry.requests).toBe(1))
  const startedAt = performance.now()
  await hanging.reports.close()
  // The request itself would be waited for five seconds.
  expect(performance.now() - startedAt).toBeLessThan(4_000)
})
