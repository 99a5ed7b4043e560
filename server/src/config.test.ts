import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'

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
    DATABASE_URL: 'postgres://x',
  }
  try {
    parseConfig(broken)
    expect.unreachable()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const named = (error as ConfigError).faults.map((fault) => fault.split(':')[0]).sort()
    expect(named).toEqual(['DATABASE_URL', 'JWT_SECRET', 'LOG_LEVEL', 'PORT', 'PUBLIC_URL'])
  }
})

test.each(['https://x.example/base', 'https://x.example/?a', 'https://me@x.example'])(
  'a public address that is more than an origin (%s) is refused',
  (url) => {
    expect(() => parseConfig({ PUBLIC_URL: url })).toThrow(/PUBLIC_URL: must be an address without a path/)
  },
)

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
