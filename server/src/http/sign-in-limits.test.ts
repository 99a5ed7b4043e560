import { apiPath } from '@sketchroom/shared/api/paths'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { call, createUser, findCookie, type Answer } from '../testing/api-client.ts'
import { FAR_LIMITS, startApi, type TestApi } from '../testing/start-api.ts'
import { createAuthCookies } from './auth-cookies.ts'
import type { Context } from './context.ts'
import { createRateLimits } from './rate-limits.ts'
import { createSignInLimits } from './sign-in-limits.ts'

const RIGHT = 'correct horse'
const perHour = (points: number) => ({ points, seconds: 3600 })
let api: TestApi
let email: string
let accounts = 0

beforeAll(async () => {
  const limits = {
    failures: perHour(3),
    addressFailures: perHour(6),
    accountFailures: perHour(5),
    failuresUnderAttack: perHour(2),
  }
  api = await startApi({ limits, config: { trustProxy: 1 } })
})
afterAll(() => api.close())
// Each test has an account of its own, and addresses that no other test has.
beforeEach(async () => {
  accounts += 1
  email = `ada-${accounts}@example.org`
  await createUser(api, 'Ada', email)
})
const address = (n: number) => `10.0.${accounts}.${n}`

/** Tries a password from an address, on a device that may be known. */
function signIn(
  from: number,
  password: string,
  { device, at = email }: { at?: string; device?: string } = {},
): Promise<Answer> {
  const cookie = device === undefined ? {} : { cookie: `sketchroom_device=${device}` }
  return call(api, 'POST', apiPath('signin'), {
    headers: { 'x-forwarded-for': address(from), ...cookie },
    body: { email: at, password },
  })
}
const statusesOf = async (answers: Array<Promise<Answer>>) =>
  (await Promise.all(answers)).map(({ status }) => status).sort()
const deviceOf = ({ headers }: Answer): string => findCookie(headers, 'sketchroom_device') ?? ''

test('a guesser cannot lock out the owner, who comes from elsewhere', async () => {
  for (let n = 0; n < 10; n++) await signIn(1, 'wrong horse')
  expect((await signIn(1, RIGHT)).problem().code).toBe('rate_limited')
  expect((await signIn(7, RIGHT)).status).toBe(200)
})

test('a guesser behind the same address cannot lock out the owner on a device of theirs', async () => {
  const device = deviceOf(await signIn(1, RIGHT))
  for (let n = 0; n < 10; n++) await signIn(1, 'wrong horse')
  expect((await signIn(1, RIGHT)).status).toBe(429)
  expect((await signIn(1, RIGHT, { device })).status).toBe(200)
})

test('a known device cannot guess without end, nor at another account', async () => {
  await createUser(api, 'Eve', 'eve@example.org')
  const device = deviceOf(await signIn(1, RIGHT, { at: 'eve@example.org' }))
  const own = { device, at: 'eve@example.org' }
  const guesses = Array.from({ length: 8 }, (_, n) => signIn(10 + n, 'wrong horse', own))
  expect(await statusesOf(guesses)).toEqual([401, 401, 401, 429, 429, 429, 429, 429])
  for (let n = 0; n < 3; n++) await signIn(1, 'wrong horse')
  for (const forged of [device, `${device}x`, 'x.y', '.', '']) {
    expect((await signIn(1, RIGHT, { device: forged })).status).toBe(429)
  }
})

test('a thousand guesses at once cannot slip through together', async () => {
  const guesses = Array.from({ length: 10 }, () => signIn(1, 'wrong horse', { at: email.toUpperCase() }))
  expect(await statusesOf(guesses)).toEqual([...Array(3).fill(401), ...Array(7).fill(429)])
  expect((await signIn(1, 'wrong horse', { at: 'grace@example.org' })).status).toBe(401)
})

test('who signs in is not held to have guessed', async () => {
  for (let n = 0; n < 8; n++) expect((await signIn(1, RIGHT)).status).toBe(200)
  expect((await signIn(1, 'wrong horse')).status).toBe(401)
})

test('guesses from many addresses cannot go on at each of them, and lock out no address that has not guessed', async () => {
  const guess = async (from: number, times: number) => {
    const statuses = []
    for (let n = 0; n < times; n++) statuses.push((await signIn(from, 'wrong horse')).status)
    return statuses
  }
  expect(await guess(1, 4)).toEqual([401, 401, 401, 429])
  expect(await guess(2, 3)).toEqual([401, 401, 429])
  expect(await guess(3, 3)).toEqual([401, 401, 429])
  expect((await signIn(2, RIGHT)).status).toBe(429)
  expect((await signIn(7, RIGHT)).status).toBe(200)
})

test('one password cannot be tried at everybody’s account from one address', async () => {
  const tried = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => signIn(1, RIGHT, { at: `${name}@example.org` }))
  expect(await statusesOf(tried)).toEqual([401, 401, 401, 401, 401, 401, 429])
})

test('the limits cannot tell anybody whether there is an account', async () => {
  const seen = async (from: number, at: string) => {
    const tried = []
    for (let n = 0; n < 4; n++) {
      const { status, text, headers } = await signIn(from, 'wrong horse', { at })
      const limits = headers.get('ratelimit')?.replaceAll(/t=\d+/g, '')
      const { detail } = JSON.parse(text) as { detail: string }
      tried.push({ status, limits, detail: detail.replace(/\d+/, ''), cookies: headers.getSetCookie() })
    }
    return tried
  }
  expect(await seen(1, email)).toEqual(await seen(2, 'nobody@example.org'))
})

test('who tries many passwords at once does not keep others waiting', async () => {
  const limits = createRateLimits(FAR_LIMITS)
  const cookie = createAuthCookies(new URL('http://board.example')).device
  const signInLimits = createSignInLimits({ limits, devices: api.tokens, cookie, now: Date.now })
  const begun: string[] = []
  const { promise: checked, resolve: check } = Promise.withResolvers<void>()
  const attempt = (ip: string) => {
    const ctx = { ip, append: () => undefined, cookies: { get: () => undefined } } as unknown as Context
    return signInLimits.signIn(ctx, email, async () => {
      begun.push(ip)
      await checked
    })
  }
  const attempts = ['guesser', 'guesser', 'guesser', 'guesser', 'owner'].map(attempt)
  await expect.poll(() => begun).toContain('owner')
  expect(begun.filter((who) => who === 'guesser')).toHaveLength(2)
  check()
  await Promise.all(attempts)
  expect(begun.filter((who) => who === 'guesser')).toHaveLength(4)
})
