import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'
import { isTooSlow } from './http/slow-bodies.ts'

test('nothing needs to be configured', () => {
  expect(parseConfig({})).toMatchObject({ port: 3000, host: '127.0.0.1', dataDir: './data', sqliteSynchronous: 'FULL' })
  expect(parseConfig({}).publicUrl.href).toBe('http://localhost:3000/')
})

test('all faults are reported at once, by name', () => {
  const broken = {
    PORT: 'many',
    JWT_SECRET: 'short',
    LOG_LEVEL: 'loud',
    PUBLIC_URL: 'ftp://x',
    DATABASE_URL: 'mysql://x',
    ENCRYPTION_KEY: 'a password',
  }
  try {
    parseConfig(broken)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const named = (error as ConfigError).faults.map((fault) => fault.split(':')[0]).sort()
    expect(named).toEqual(['DATABASE_URL', 'ENCRYPTION_KEY', 'JWT_SECRET', 'LOG_LEVEL', 'PORT', 'PUBLIC_URL'])
  }
})

test.each([
  ['PORT', 'many', 'must be a number, without a unit'],
  ['PORT', '99999', 'must be 65535 or less'],
  ['HISTORY_DAYS', '1.5', 'must be a whole number'],
  ['HISTORY_DAYS', '0', 'must be 1 or more'],
  ['MAX_BOARD_BYTES', '32MB', 'must be a number, without a unit'],
  ['GUESTS', 'no', 'must be one of on, off'],
  ['JWT_SECRET', `encrypted:${'x'.repeat(40)}`, 'must be what scripts/show-secret.ts shows'],
  ['METRICS_TOKEN', 'short', 'must be at least 32 characters'],
])('what %s may be is said in plain words when it is %s', (name, value, expected) => {
  expect(() => parseConfig({ [name]: value })).toThrow(`\n  ${name}: ${expected}`)
})

test.each(['https://x.example/boards?a', 'https://x.example/?', 'https://x.example/#', 'https://me@x.example'])(
  'a public address that is more than an origin and a path (%s) is refused',
  (url) => {
    expect(() => parseConfig({ PUBLIC_URL: url })).toThrow(/PUBLIC_URL: must be an address without a user, a query/)
  },
)

test('a public address may have a path, of simple names that are none of the server’s own', () => {
  const { publicUrl, allowedOrigins } = parseConfig({ PUBLIC_URL: 'https://x.example/team/boards/' })
  expect([publicUrl.href, allowedOrigins]).toEqual(['https://x.example/team/boards/', ['https://x.example']])
  expect(() => parseConfig({ PUBLIC_URL: 'https://x.example/a;b' })).toThrow(/PUBLIC_URL: may have a path of letters/)
  expect(() => parseConfig({ PUBLIC_URL: 'https://x.example/api' })).toThrow(/PUBLIC_URL: may not be below \/api/)
})

test('metrics are for who has a token, or reaches a port of their own', () => {
  expect(parseConfig({}).metrics).toBeUndefined()
  const token = 'x'.repeat(32)
  expect(parseConfig({ METRICS_TOKEN: token }).metrics).toEqual({ token, listen: undefined })
  expect(parseConfig({ METRICS_PORT: '9464' }).metrics).toEqual({
    token: undefined,
    listen: { port: 9464, host: '127.0.0.1' },
  })
  expect(() => parseConfig({ METRICS_TOKEN: 'short' })).toThrow(/METRICS_TOKEN: must be at least 32 characters/)
  expect(() => parseConfig({ METRICS_TOKEN: `${token} x` })).toThrow(/METRICS_TOKEN: may have letters/)
  expect(() => parseConfig({ METRICS_HOST: '::' })).toThrow(/METRICS_HOST: is of use only with METRICS_PORT/)
  expect(() => parseConfig({ METRICS_PORT: '3000' })).toThrow(/METRICS_PORT: must be another than PORT/)
})

test('administrators are accounts by address and id; an address alone, which anybody may have signed up with, is refused', () => {
  expect(parseConfig({}).administrators.size).toBe(0)
  const { administrators } = parseConfig({ ADMINS: 'Ada@Example.org:V1StGXR8_Z5jdHi6B-myT, bob@example.org:x' })
  expect([...administrators]).toEqual([
    ['V1StGXR8_Z5jdHi6B-myT', 'ada@example.org'],
    ['x', 'bob@example.org'],
  ])
  for (const list of [
    'ada@example.org',
    'V1StGXR8_Z5jdHi6B-myT',
    'ada@example.org:',
    'ada@example.org:x,',
    'a b@c:x',
  ]) {
    expect(() => parseConfig({ ADMINS: list })).toThrow(
      /ADMINS: must name accounts as address:id.*open the page \/admin/,
    )
  }
})

test('traces go to a collector that is named, in the one way that there is', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector.example.org:4318'
  expect(parseConfig({}).traces).toBeUndefined()
  expect(parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT }).traces).toEqual({
    sampler: 'parentbased_traceidratio',
    ratio: 0.01,
  })
  const sampling = { OTEL_TRACES_SAMPLER: 'always_on', OTEL_TRACES_SAMPLER_ARG: '0.5' }
  expect(
    parseConfig({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://x.example/v1/traces', ...sampling }).traces,
  ).toEqual({ sampler: 'always_on', ratio: 0.5 })
  expect(parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' }).traces).toBeUndefined()
  expect(parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }).traces).toBeUndefined()
  const faults = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'x',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'some',
    OTEL_TRACES_SAMPLER_ARG: '2',
  }
  for (const [name, value] of Object.entries(faults)) {
    expect(() => parseConfig({ [name]: value }), name).toThrow(new RegExp(`^  ${name}: `, 'm'))
  }
})

test('errors are reported where a DSN says, and one that is none is not repeated', () => {
  expect(parseConfig({}).errorReporting).toBeUndefined()
  const SENTRY_DSN = 'https://key@sentry.example.org/1'
  expect(parseConfig({ SENTRY_DSN }).errorReporting).toEqual({ dsn: SENTRY_DSN, environment: 'production' })
  expect(parseConfig({ SENTRY_DSN, SENTRY_ENVIRONMENT: 'test' }).errorReporting?.environment).toBe('test')
  const fault = 'SENTRY_DSN: must be a DSN as Sentry shows it, such as https://key@sentry.example.org/1'
  for (const dsn of ['mine', 'https://x.example/1', 'https://mine@x.example/', 'ftp://mine@x.example/1']) {
    expect(() => parseConfig({ SENTRY_DSN: dsn }), dsn).toThrow(new ConfigError([fault]))
  }
})

test('history is kept for at least a day, and an address has at least one socket', () => {
  expect(parseConfig({})).toMatchObject({ historyDays: 30, maxSocketsPerAddress: 1024 })
  expect(parseConfig({ HISTORY_DAYS: '7', MAX_SOCKETS_PER_ADDRESS: '2' })).toMatchObject({
    historyDays: 7,
    maxSocketsPerAddress: 2,
  })
  for (const name of ['HISTORY_DAYS', 'MAX_SOCKETS_PER_ADDRESS']) {
    expect(() => parseConfig({ [name]: '0' })).toThrow(name)
  }
})

test('how often something may be asked for is configured, and at least one', () => {
  const { limits } = parseConfig({ MAX_WRONG_PASSWORDS: '7' })
  expect(limits).toMatchObject({
    credentials: { points: 60, seconds: 60 },
    failures: { points: 7, seconds: 60 },
    failuresUnderAttack: { points: 7, seconds: 3600 },
  })
  expect(parseConfig({ MAX_WRITES_PER_SECOND: '2' }).limits.writes).toEqual({ points: 20, seconds: 10 })
  expect(parseConfig({}).roomQuota).toEqual({ perAccount: 1000, perGuest: 200 })
  expect(() => parseConfig({ MAX_WRONG_PASSWORDS: '0' })).toThrow('MAX_WRONG_PASSWORDS')
})

test('what bounds clients can be set, each by its own variable, and none to nothing', () => {
  const { clientLimits } = parseConfig({
    MESSAGES_PER_SECOND: '7',
    READER_STALL_SECONDS: '2',
    MAX_SOCKETS_PER_ROOM: '3',
  })
  expect(clientLimits).toMatchObject({
    rates: { messages: { perSecond: 7, burst: 3_000 } },
    reader: { stallMs: 2_000, behindBytes: 256 * 1024 },
    places: { perRoom: 3, perUser: 32 },
  })
  for (const name of ['MESSAGES_AT_ONCE', 'MESSAGE_BYTES', 'UNHANDLED_BYTES', 'MAX_SOCKETS_PER_USER']) {
    expect(() => parseConfig({ [name]: '0' })).toThrow(name)
  }
})

test('who may come is open unless it is said otherwise, in one of the words that there are', () => {
  expect(parseConfig({}).authPolicy).toEqual({ signup: 'open', guests: 'on' })
  expect(parseConfig({ SIGNUP: 'invited', GUESTS: 'off' }).authPolicy).toEqual({ signup: 'invited', guests: 'off' })
  expect(() => parseConfig({ SIGNUP: 'off', GUESTS: 'no' })).toThrow(/SIGNUP: .*closed[^]*GUESTS: .*off/)
})

test('an empty variable counts as none', () => {
  expect(parseConfig({ PORT: '', JWT_SECRET: '' }).port).toBe(3000)
})

test('without a public address, every name of the own machine may connect', () => {
  expect(parseConfig({ PORT: '4000' }).allowedOrigins).toEqual([
    'http://localhost:4000',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
  ])
  expect(parseConfig({ PUBLIC_URL: 'https://draw.example.org/' }).allowedOrigins).toEqual(['https://draw.example.org'])
})

test('allowed origins are a list, and add to the own instead of replacing them', () => {
  const others = { ALLOWED_ORIGINS: 'https://a.example, https://b.example/path,https://draw.example.org' }
  expect(parseConfig({ ...others, PUBLIC_URL: 'https://draw.example.org' }).allowedOrigins).toEqual([
    'https://draw.example.org',
    'https://a.example',
    'https://b.example',
  ])
  const { allowedOrigins } = parseConfig({ ALLOWED_ORIGINS: 'https://a.example' })
  expect(allowedOrigins).toEqual([...parseConfig({}).allowedOrigins, 'https://a.example'])
})

test('PostgreSQL needs a secret that all its processes share, and says so with the other faults', () => {
  const url = 'postgres://user:password@db.example.org/sketchroom'
  const JWT_SECRET = 'a secret of more than 32 characters'
  expect(parseConfig({ DATABASE_URL: url, DATABASE_READ_URL: url, JWT_SECRET })).toMatchObject({
    databaseUrl: url,
    databaseReadUrl: url,
  })
  expect(() => parseConfig({ DATABASE_URL: url, PORT: 'x' })).toThrow(/PORT: (?:.|\n)*JWT_SECRET: must be given/)
  expect(() => parseConfig({ DATABASE_URL: 'mysql://db', JWT_SECRET })).toThrow(
    /DATABASE_URL: must be an address such as/,
  )
  expect(() => parseConfig({ DATABASE_URL: url, REDIS_URL: 'redis://127.0.0.1/first', JWT_SECRET })).toThrow(
    'REDIS_URL: must end with the number of a database, or nothing',
  )
  expect(() => parseConfig({ DATABASE_READ_URL: url })).toThrow(/DATABASE_READ_URL: is of use only with DATABASE_URL/)
})

/** The second in which a body is cut, of which `bytesAt` has come by each second; undefined when it never is. */
function cutAt(bytesAt: (second: number) => number, seconds: number): number | undefined {
  for (let second = 0; second <= seconds; second++) {
    if (isTooSlow(bytesAt(second), second * 1000, parseConfig({}).receiving)) return second
  }
  return undefined
}

test('a phone that sends 100 KB at 2 KB a second is heard, also with a tunnel of 15 seconds on the way', () => {
  expect(cutAt((second) => 2_000 * second, 50)).toBeUndefined()
  for (let tunnel = 5; tunnel < 50; tunnel++) {
    const steady = (second: number) => 2_000 * (second - Math.min(15, Math.max(0, second - tunnel)))
    expect(cutAt(steady, 65)).toBeUndefined()
  }
})

test('who drips, or stands still, cannot hold a connection for longer than a moment', () => {
  expect(cutAt((second) => second, 60)).toBe(11)
  expect(cutAt(() => 1_000, 60)).toBe(12)
})
