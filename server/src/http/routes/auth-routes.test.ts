import { signedInSchema, userSchema } from '@sketchroom/shared/api/auth'
import { apiPath } from '@sketchroom/shared/api/paths'
import { roomListSchema, roomSchema } from '@sketchroom/shared/api/rooms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, createUser, refreshCookieOf, toTestUser } from '../../testing/api-client.ts'
import { startApi, type TestApi } from '../../testing/start-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const post = (path: 'guest' | 'signup' | 'signin' | 'refresh' | 'signout', options: Parameters<typeof call>[3] = {}) =>
  call(api, 'POST', apiPath(path), options)

describe('coming in', () => {
  test('a guest needs nothing, not even a body', async () => {
    const answer = await post('guest')
    expect(answer.status).toBe(201)
    const { user, refreshToken } = answer.as(signedInSchema)
    expect(user).toMatchObject({ isGuest: true, email: null })
    expect(refreshToken).toBeUndefined()
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('the refresh token comes in a cookie that no script and no other site can use', async () => {
    const [cookie, ...others] = (await post('guest')).headers.getSetCookie()
    expect(others).toEqual([])
    expect(cookie).toMatch(
      /^sketchroom_refresh=[\w-]{21}\.[\w-]{43}\.\d{13}\.[\w-]{43}; Path=\/api\/v1\/auth; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    )
  })

  test('over https the cookie is for https only', async () => {
    const secure = await startApi({ config: { publicUrl: new URL('https://board.example') } })
    try {
      const answer = await call(secure, 'POST', apiPath('guest'))
      expect(answer.headers.getSetCookie()[0]).toMatch(/; Secure$/)
    } finally {
      await secure.close()
    }
  })

  test('a guest who signs up, knowing only the cookie, keeps their rooms', async () => {
    const guest = await createUser(api, 'Grace')
    const body = { name: 'Board' }
    const room = (await call(api, 'POST', apiPath('rooms'), { token: guest.accessToken, body })).as(roomSchema)
    const account = { email: 'grace@example.org', password: 'correct horse', name: 'Grace' }
    const answer = await post('signup', { cookie: guest.cookie, body: account })
    expect(answer.status).toBe(201)
    const { user, accessToken } = toTestUser(answer)
    expect(user).toMatchObject({ id: guest.user.id, email: 'grace@example.org', isGuest: false })
    const { data } = (await call(api, 'GET', apiPath('rooms'), { token: accessToken })).as(roomListSchema)
    expect(data.map(({ id }) => id)).toEqual([room.id])
  })

  test('a guest who signs in brings their rooms along', async () => {
    const account = await createUser(api, 'Ada', 'ada-rooms@example.org')
    const guest = await createUser(api, 'Guest')
    await call(api, 'POST', apiPath('rooms'), { token: guest.accessToken, body: { name: 'Brought' } })
    const body = { email: 'ADA-rooms@Example.org', password: 'correct horse' }
    const answer = await post('signin', { cookie: guest.cookie, body })
    expect(answer.status).toBe(200)
    const { user, accessToken } = toTestUser(answer)
    expect(user.id).toBe(account.user.id)
    const { data } = (await call(api, 'GET', apiPath('rooms'), { token: accessToken })).as(roomListSchema)
    expect(data).toMatchObject([{ name: 'Brought', role: 'owner' }])
  })

  test('a wrong password and an unknown address are answered alike', async () => {
    await createUser(api, 'Ada', 'ada-alike@example.org')
    const bodies = [
      { email: 'ada-alike@example.org', password: 'wrong horse' },
      { email: 'nobody-alike@example.org', password: 'correct horse' },
    ]
    const problems = await Promise.all(bodies.map(async (body) => (await post('signin', { body })).problem()))
    expect(problems[0]).toMatchObject({ status: 401, code: 'invalid_credentials' })
    expect({ ...problems[0], instance: '' }).toEqual({ ...problems[1], instance: '' })
  })

  test('an address can sign up once', async () => {
    await createUser(api, 'Ada', 'ada-once@example.org')
    const body = { email: 'ada-once@example.org', password: 'other horse', name: 'Eve' }
    expect((await post('signup', { body })).problem()).toMatchObject({ status: 409, code: 'email_taken' })
  })

  test('each faulty field is named', async () => {
    const problem = (await post('signup', { body: { email: 'ada', password: 'short', nme: 'Ada' } })).problem()
    expect(problem.code).toBe('invalid_request')
    expect(problem.errors?.map(({ pointer }) => pointer).sort()).toEqual(['/email', '/name', '/nme', '/password'])
  })
})

describe('staying in', () => {
  test('the cookie is traded for the next', async () => {
    const guest = await createUser(api, 'Grace')
    const answer = await post('refresh', { cookie: guest.cookie })
    expect(answer.status).toBe(200)
    const next = toTestUser(answer)
    expect(next.user).toEqual(guest.user)
    expect(next.cookie).not.toBe(guest.cookie)
    expect(next.refreshToken).toBeUndefined()
    const me = await call(api, 'GET', apiPath('me'), { token: next.accessToken })
    expect(me.as(userSchema)).toEqual(guest.user)
  })

  test('who brings the token in the body gets the next in the body, and no cookie', async () => {
    const guest = await createUser(api, 'Grace')
    const answer = await post('refresh', { body: { refreshToken: guest.cookie } })
    expect(answer.as(signedInSchema).refreshToken).toMatch(/^[\w-]{21}\.[\w-]{43}\.\d{13}\.[\w-]{43}$/)
    expect(refreshCookieOf(answer)).toBeUndefined()
  })

  test('a token used twice ends the family', async () => {
    const guest = await createUser(api, 'Grace')
    const next = toTestUser(await post('refresh', { cookie: guest.cookie }))
    expect((await post('refresh', { cookie: guest.cookie })).problem().code).toBe('refresh_reused')
    expect((await post('refresh', { cookie: next.cookie })).problem().code).toBe('unauthenticated')
    const me = await call(api, 'GET', apiPath('me'), { token: next.accessToken })
    expect(me.problem().code).toBe('unauthenticated')
  })

  test('who lost the answer asks again with the same Idempotency-Key, and stays in', async () => {
    const guest = await createUser(api, 'Grace')
    const headers = { 'idempotency-key': 'key-of-this-attempt' }
    await post('refresh', { cookie: guest.cookie, headers })
    const again = await post('refresh', { cookie: guest.cookie, headers })
    expect(again.status).toBe(200)
    const next = toTestUser(again)
    expect((await call(api, 'GET', apiPath('me'), { token: next.accessToken })).as(userSchema)).toEqual(guest.user)
    expect((await post('refresh', { cookie: next.cookie })).status).toBe(200)
  })

  test('a thief of the token, who does not know the key, ends the family', async () => {
    for (const headers of [{}, { 'idempotency-key': 'a-guess-of-a-thief' }]) {
      const guest = await createUser(api, 'Grace')
      const mine = { 'idempotency-key': 'key-of-this-attempt' }
      const next = toTestUser(await post('refresh', { cookie: guest.cookie, headers: mine }))
      expect((await post('refresh', { cookie: guest.cookie, headers })).problem().code).toBe('refresh_reused')
      expect((await post('refresh', { cookie: next.cookie })).problem().code).toBe('unauthenticated')
    }
  })

  test('a key that could be guessed is refused, and the token is not used up', async () => {
    const guest = await createUser(api, 'Grace')
    const refused = await post('refresh', { cookie: guest.cookie, headers: { 'idempotency-key': '1' } })
    expect(refused.problem()).toMatchObject({ status: 400, code: 'invalid_request' })
    expect((await post('refresh', { cookie: guest.cookie })).status).toBe(200)
  })

  test('without a token there is nothing to trade', async () => {
    expect((await post('refresh')).problem()).toMatchObject({ status: 401, code: 'unauthenticated' })
  })
})

test('who signs out is out at once, and the cookie is taken back', async () => {
  const guest = await createUser(api, 'Grace')
  const answer = await post('signout', { cookie: guest.cookie, token: guest.accessToken })
  expect(answer.status).toBe(204)
  expect(refreshCookieOf(answer)).toBe('')
  expect(answer.headers.getSetCookie()[0]).toContain('Expires=Thu, 01 Jan 1970')
  expect((await call(api, 'GET', apiPath('me'), { token: guest.accessToken })).status).toBe(401)
  expect((await post('refresh', { cookie: guest.cookie })).status).toBe(401)
})

test('people rename themselves', async () => {
  const { accessToken: token } = await createUser(api, 'Grace')
  const answer = await call(api, 'PATCH', apiPath('me'), { token, body: { name: '  Grace Hopper ' } })
  expect(answer.as(userSchema).name).toBe('Grace Hopper')
  const faulty = await call(api, 'PATCH', apiPath('me'), { token, body: { name: 'a\u0007b' } })
  expect(faulty.problem().errors).toMatchObject([{ pointer: '/name' }])
})

describe('the page of another site', () => {
  const evil = { origin: 'https://evil.example' }
  const sandboxed = { origin: 'null' }
  const noOrigin = { 'sec-fetch-site': 'cross-site' }

  test.each([evil, sandboxed, noOrigin])('can use no cookie and set none: %j', async (headers) => {
    const guest = await createUser(api, 'Grace')
    for (const path of ['refresh', 'signout', 'guest'] as const) {
      const answer = await post(path, { cookie: guest.cookie, headers })
      expect(answer.problem().code).toBe('forbidden')
      expect(refreshCookieOf(answer)).toBeUndefined()
    }
    expect((await post('refresh', { cookie: guest.cookie })).status).toBe(200)
  })

  test('is told from our own, by whatever name people reach us', async () => {
    for (const origin of ['http://board.example', api.origin]) {
      expect((await post('guest', { headers: { origin } })).status).toBe(201)
    }
    expect((await post('guest', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(201)
  })
})
