import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'
import { describeStartFailure, describeWaiting } from './start-failure.ts'

const config = parseConfig({ PORT: '80', DATA_DIR: '/data' })
const failed = (syscall: string, code: string) => Object.assign(new Error(`${syscall} ${code}`), { syscall, code })

test.each([
  ['listen', 'EACCES', /^port 80 may not be used by this user, since it is below 1024; set PORT to another/],
  ['listen', 'EADDRNOTAVAIL', /^HOST is 127.0.0.1, which is no address of this machine; /],
  ['getaddrinfo', 'EAI_AGAIN', /^HOST is 127.0.0.1, which does not resolve; /],
  ['open', 'EACCES', /^cannot write to \/data: this user may not; .*set DATA_DIR/],
  ['open', 'EROFS', /^cannot write to \/data: its file system is read-only; .*set DATA_DIR/],
  ['write', 'ENOSPC', /^cannot write to \/data: its disk is full; make room on it, or set DATA_DIR/],
  ['fsync', 'EIO', /^cannot write to \/data: fsync EIO; /],
])('%s that fails with %s is told as what it is', (syscall, code, expected) => {
  expect(describeStartFailure(failed(syscall, code), config)).toMatch(expected)
})

test('of two ports, it is said which is in use', () => {
  const both = parseConfig({ PORT: '80', METRICS_PORT: '9464' })
  const inUse = (port: number) => Object.assign(failed('listen', 'EADDRINUSE'), { port })
  expect(describeStartFailure(inUse(80), both)).toMatch(/^port 80 is in use; set PORT/)
  expect(describeStartFailure(inUse(9464), both)).toMatch(/port 9464 \(EADDRINUSE\); set METRICS_HOST and METRICS_PORT/)
})

test('what is waited for is named, without a password', () => {
  const DATABASE_URL = 'postgres://ada:secret@db.example.org/boards'
  const onPostgres = parseConfig({ DATABASE_URL, JWT_SECRET: 'a secret that only the tests know' })
  expect(describeWaiting('database', onPostgres)).toBe(
    'still waiting for the PostgreSQL database boards at db.example.org to open and be brought up to date',
  )
  expect(describeWaiting('database', config)).toMatch(/^still waiting for the database in \/data /)
})
