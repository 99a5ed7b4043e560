import { apiPath } from '@sketchroom/shared/api/paths'
import { roomSchema } from '@sketchroom/shared/api/rooms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MemoryRoomStore } from '../adapters/memory/memory-room-store.ts'
import { SketchRoomError } from '../errors.ts'
import { call, createUser } from '../testing/api-client.ts'
import { startApi, type TestApi } from '../testing/start-api.ts'

let api: TestApi
/** What the store throws next, instead of answering. */
let fault: Error | undefined

class FaultyRoomStore extends MemoryRoomStore {
  override async listRooms(query: Parameters<MemoryRoomStore['listRooms']>[0]) {
    if (fault) throw fault
    return await super.listRooms(query)
  }
}

beforeAll(async () => {
  const config = { allowedOrigins: ['https://host.example'] }
  api = await startApi({ roomStore: new FaultyRoomStore(), config })
})
afterAll(() => api.close())

async function post(body: string, headers: Record<string, string> = {}) {
  const { accessToken: token } = await createUser(api, 'Ada')
  return await call(api, 'POST', apiPath('rooms'), { token, body, headers })
}

describe('a body', () => {
  test('that is no JSON is refused', async () => {
    for (const body of ['{', '"text"', 'null']) {
      expect((await post(body)).problem()).toMatchObject({ status: 400, code: 'invalid_request' })
    }
  })

  test('that is not packed as it says is refused', async () => {
    const answer = await post('{"name":"Board"}', { 'content-encoding': 'gzip' })
    expect(answer.problem()).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test('of another type is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await post('{"name":"Board"}', { 'content-type': type })
      expect(answer.problem()).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    }
  })

  test('over 96 KB is refused', async () => {
    const answer = await post(JSON.stringify({ name: 'x'.repeat(96 * 1024) }))
    expect(answer.problem()).toMatchObject({ status: 413, code: 'too_large' })
  })

  test('that is made to be slow to read is refused, and its faults are told in few words', async () => {
    const deep = `{"name":${'['.repeat(40_000)}${']'.repeat(40_000)}}`
    expect((await post(deep)).problem()).toMatchObject({ status: 400, code: 'invalid_request' })
    const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 1]))
    const answer = await post(JSON.stringify(unknown))
    expect(answer.problem()).toMatchObject({ status: 400, code: 'invalid_request' })
    expect(answer.problem().errors?.length).toBeLessThan(30)
  })

  test('with all the metadata that a board may have is taken', async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`${n}`.padStart(40, '画'), '画'.repeat(500)]),
    )
    expect((await post(JSON.stringify({ name: 'Board', metadata }))).status).toBe(201)
  })

  test('cannot reach the prototype of anything', async () => {
    for (const body of [
      '{"name":"Board","__proto__":{"admin":true}}',
      '{"name":"Board","metadata":{"__proto__":"x"}}',
    ]) {
      expect((await post(body)).problem().code).toBe('invalid_request')
    }
    const { metadata } = (await post('{"name":"Board","metadata":{"constructor":"x"}}')).as(roomSchema)
    expect(Object.entries(metadata)).toEqual([['constructor', 'x']])
  })
})

describe('a request that leads nowhere', () => {
  test('is a problem, with what is allowed there', async () => {
    const wrongMethod = await call(api, 'PUT', apiPath('room', { roomId: 'some-room-id' }))
    expect(wrongMethod.problem()).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(wrongMethod.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH'])
    const options = await call(api, 'OPTIONS', apiPath('me'))
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'HEAD, GET, PATCH, OPTIONS'])
    for (const path of ['/api/v1', '/api/v1/', '/api/v1/nothing', '/nothing', '/api/v1/rooms/%E0%A4%A']) {
      expect((await call(api, 'GET', path)).problem().status).toBeOneOf([400, 404, 401])
    }
  })

  test('is named in the answer and in the log by an id of our own', async () => {
    const answer = await call(api, 'GET', '/nothing?token=secret', { headers: { 'x-request-id': 'forged' } })
    const requestId = answer.headers.get('x-request-id')
    expect(requestId).toMatch(/^[\w-]{12}$/)
    expect(answer.problem().instance).toBe(requestId)
    const line = JSON.parse(api.logLines.at(-1) ?? '{}') as object
    expect(line).toMatchObject({ requestId, method: 'GET', path: '/nothing', status: 404, msg: 'request', level: 30 })
  })
})

test('a fault of ours tells nothing outside, and is logged once with its cause', async () => {
  const { accessToken: token } = await createUser(api, 'Ada')
  const before = api.logLines.length
  fault = new Error('the password of the database is hunter2')
  const answer = await call(api, 'GET', apiPath('rooms'), { token })
  fault = undefined
  expect(answer.problem()).toMatchObject({ status: 500, code: 'internal' })
  expect(answer.text).not.toContain('hunter2')
  expect(answer.headers.get('content-security-policy')).toBeTruthy()
  const errors = api.logLines.slice(before).filter((line) => line.includes('hunter2'))
  expect(errors).toHaveLength(1)
  expect(errors[0]).toContain(answer.headers.get('x-request-id'))
})

test('a store that does not work is said to be so', async () => {
  const { accessToken: token } = await createUser(api, 'Ada')
  fault = new SketchRoomError('store_unavailable', 'The store does not answer.')
  expect((await call(api, 'GET', apiPath('rooms'), { token })).problem()).toMatchObject({ status: 503 })
  fault = undefined
})

test('no token is ever logged', async () => {
  const { accessToken, cookie } = await createUser(api, 'Ada')
  await call(api, 'GET', `${apiPath('me')}?token=${accessToken}`, { token: accessToken })
  await call(api, 'POST', apiPath('refresh'), { cookie })
  await call(api, 'POST', apiPath('refresh'), { cookie })
  const log = api.logLines.join('')
  expect(log).toContain(apiPath('refresh'))
  for (const secret of [accessToken, cookie, cookie.split('.')[1] ?? '']) expect(log).not.toContain(secret)
})

describe('a page of another origin', () => {
  const preflight = (origin: string) =>
    call(api, 'OPTIONS', apiPath('rooms'), {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,if-match',
      },
    })

  test('may use the API if it is on the list', async () => {
    const answer = await preflight('https://host.example')
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://host.example')
    expect(answer.headers.get('access-control-allow-headers')).toBe('authorization,content-type,if-match')
    expect(answer.headers.get('access-control-allow-methods')).toContain('PATCH')
    const read = await call(api, 'GET', apiPath('me'), { headers: { origin: 'https://host.example' } })
    expect(read.headers.get('access-control-allow-origin')).toBe('https://host.example')
    expect(read.headers.get('access-control-expose-headers')).toContain('ETag')
    expect(read.headers.get('vary')).toContain('Origin')
  })

  test.each(['https://evil.example', 'null', 'https://host.example.evil.example'])(
    'may not if it is %s',
    async (origin) => {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull()
      const read = await call(api, 'GET', apiPath('me'), { headers: { origin } })
      expect(read.headers.get('access-control-allow-origin')).toBeNull()
    },
  )
})

test('every answer carries the security headers', async () => {
  for (const path of ['/live', '/nothing', apiPath('me')]) {
    const { headers } = await call(api, 'GET', path)
    const policy = headers.get('content-security-policy')?.split(';') ?? []
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "connect-src 'self' ws://board.example",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'self'",
      ]),
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('strict-transport-security')).toBeNull()
    expect(headers.get('x-powered-by')).toBeNull()
  }
})

test('over https, browsers are told to stay there, and sockets are secure', async () => {
  const secure = await startApi({ config: { publicUrl: new URL('https://board.example') } })
  try {
    const { headers } = await call(secure, 'GET', '/live')
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/)
    expect(headers.get('content-security-policy')).toContain("connect-src 'self' wss://board.example;")
  } finally {
    await secure.close()
  }
})

test('health is told to whoever watches', async () => {
  const statuses = async () =>
    await Promise.all(['/live', '/ready', '/health'].map(async (path) => (await call(api, 'GET', path)).status))
  expect(await statuses()).toEqual([200, 200, 200])
  api.health.isReady = false
  expect(await statuses()).toEqual([200, 503, 200])
  api.health.failing = true
  expect(await statuses()).toEqual([200, 503, 503])
  const { text, headers } = await call(api, 'GET', '/health')
  expect(JSON.parse(text)).toEqual({ status: 'failing', store: 'memory' })
  expect(headers.get('cache-control')).toBe('no-store')
})
