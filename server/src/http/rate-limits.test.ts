import { apiPath } from '@sketchroom/shared/api/paths'
import { roomSchema } from '@sketchroom/shared/api/rooms'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { call, createUser, type Answer } from '../testing/api-client.ts'
import { startApi, type ApiOptions, type TestApi } from '../testing/start-api.ts'

let api: TestApi
const running = new Set<TestApi>()
afterEach(async () => {
  vi.useRealTimers()
  for (const each of running) await each.close()
  running.clear()
})

const guest = (headers: Record<string, string> = {}) => call(api, 'POST', apiPath('guest'), { headers })
const signin = (email: string, password: string) => call(api, 'POST', apiPath('signin'), { body: { email, password } })
const from = (...addresses: string[]) => ({ 'x-forwarded-for': addresses.join(', ') })

async function start(trustProxy: number, limits: ApiOptions['limits'] = { guest: { points: 2, seconds: 60 } }) {
  api = await startApi({ limits, config: { trustProxy } })
  running.add(api)
}

test('who asks too often is told to wait, and for how long', async () => {
  await start(0)
  expect((await guest()).headers.get('ratelimit')).toMatch(/^"guest";r=1;t=(59|60)$/)
  await guest()
  const refused = await guest()
  expect(refused.problem()).toMatchObject({ status: 429, code: 'rate_limited' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(refused.headers.get('ratelimit')).toMatch(/^"guest";r=0;/)
  expect(refused.headers.get('ratelimit-policy')).toBe('"guest";q=2;w=60')
})

test('after the wait they may ask again', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await start(0, { guest: { points: 1, seconds: 60 } })
  await guest()
  vi.setSystemTime(Date.now() + 59_999)
  expect((await guest()).status).toBe(429)
  vi.setSystemTime(Date.now() + 1)
  expect((await guest()).status).toBe(201)
})

describe('a forged X-Forwarded-For', () => {
  test('changes nothing when no proxy is trusted', async () => {
    await start(0)
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await guest(from(`203.0.113.${n}`))).status)
    expect(statuses).toEqual([201, 201, 429])
  })

  test('changes nothing before what the trusted proxy adds', async () => {
    await start(1)
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await guest(from(`203.0.113.${n}`, '198.51.100.7'))).status)
    expect(statuses).toEqual([201, 201, 429])
    expect((await guest(from('203.0.113.0', '198.51.100.8'))).status).toBe(201)
  })

  test('is seen through two trusted proxies', async () => {
    await start(2)
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await guest(from(`203.0.113.${n}`, '198.51.100.7', '10.0.0.1'))).status)
    expect(statuses).toEqual([201, 201, 429])
    expect((await guest(from('198.51.100.8', '10.0.0.1'))).status).toBe(201)
  })
})

test('sign-ups and sign-ins count together by address', async () => {
  await start(0, { credentials: { points: 2, seconds: 60 } })
  await createUser(api, 'Ada', 'ada@example.org')
  expect((await signin('ada@example.org', 'correct horse')).status).toBe(200)
  expect((await signin('ada@example.org', 'correct horse')).status).toBe(429)
})

describe('what changes something', () => {
  const create = (token: string, headers = {}) =>
    call(api, 'POST', apiPath('rooms'), { token, headers, body: { name: 'Board' } })
  const statusesOf = async (answers: Array<Promise<Answer>>) =>
    (await Promise.all(answers)).map(({ status }) => status).sort()

  test('cannot be asked for by one person as often as they like, from wherever they ask', async () => {
    await start(1, { writes: { points: 3, seconds: 10 } })
    const [ada, grace] = [await createUser(api, 'Ada'), await createUser(api, 'Grace')]
    const created = Array.from({ length: 10 }, (_, n) => create(ada.accessToken, from(`203.0.113.${n}`)))
    expect(await statusesOf(created)).toEqual([201, 201, 201, ...Array(7).fill(429)])
    const refused = await create(ada.accessToken)
    expect(refused.problem().code).toBe('rate_limited')
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(10)
    expect((await create(grace.accessToken)).status).toBe(201)
    const body = { name: 'Countess' }
    expect((await call(api, 'PATCH', apiPath('me'), { token: ada.accessToken, body })).status).toBe(429)
  })

  test('cannot be asked for from one address as often as its people like, and they may go on reading', async () => {
    await start(1, { addressWrites: { points: 3, seconds: 10 } })
    const { accessToken } = await createUser(api, 'Ada')
    const at = from('203.0.113.1')
    const asked = Array.from({ length: 5 }, (_, n) => create(n % 2 ? accessToken : 'no token', at))
    expect((await statusesOf(asked)).filter((status) => status === 429)).toHaveLength(2)
    expect((await call(api, 'GET', apiPath('rooms'), { token: accessToken, headers: at })).status).toBe(200)
    expect((await create(accessToken, from('203.0.113.2'))).status).toBe(201)
  })

  test('does not count tokens for a host’s users, of whom a thousand may come at once', async () => {
    await start(0, { writes: { points: 1, seconds: 10 } })
    const { accessToken: token } = await createUser(api, 'Ada')
    const { id: roomId } = (await create(token)).as(roomSchema)
    const body = { user: { id: 'host-7', name: 'Alan' }, role: 'viewer' }
    for (let n = 0; n < 5; n++) {
      expect((await call(api, 'POST', apiPath('roomTokens', { roomId }), { token, body })).status).toBe(201)
    }
  })
})

test('refreshing has its own limit', async () => {
  await start(0, { refresh: { points: 1, seconds: 60 } })
  expect((await call(api, 'POST', apiPath('refresh'))).status).toBe(401)
  expect((await call(api, 'POST', apiPath('refresh'))).status).toBe(429)
})
