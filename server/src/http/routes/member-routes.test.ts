import { apiPath } from '@sketchroom/shared/api/paths'
import { memberListSchema, memberSchema, roomSchema, roomTokenSchema } from '@sketchroom/shared/api/rooms'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { call, createUser, type Answer, type CallOptions, type TestUser } from '../../testing/api-client.ts'
import { startApi, type TestApi } from '../../testing/start-api.ts'

let api: TestApi
let ada: TestUser
let grace: TestUser
const clock = { now: Date.parse('2026-05-01T12:00:00Z') }

beforeAll(async () => {
  api = await startApi({ now: () => clock.now })
})
afterAll(() => api.close())
beforeEach(async () => {
  ;[ada, grace] = await Promise.all([createUser(api, 'Ada'), createUser(api, 'Grace')])
})

const as = (user: TestUser, method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
  call(api, method, path, { token: user.accessToken, ...options })
const newRoomId = async (user: TestUser, body: object = {}) =>
  (await as(user, 'POST', apiPath('rooms'), { body: { name: 'Board', ...body } })).as(roomSchema).id

describe('the people of a room', () => {
  const members = async (user: TestUser, roomId: string, query = '') =>
    (await as(user, 'GET', apiPath('members', { roomId }) + query)).as(memberListSchema)
  const put = (user: TestUser, roomId: string, userId: string, role: string) =>
    as(user, 'PUT', apiPath('member', { roomId, userId }), { body: { role } })

  test('are listed owners first, then by name, with how they came', async () => {
    const roomId = await newRoomId(grace, { access: 'link-view' })
    const zoe = await createUser(api, 'Zoe')
    const invited = await put(grace, roomId, zoe.user.id, 'editor')
    expect(invited.as(memberSchema)).toMatchObject({ role: 'editor', via: 'member', online: false })
    await api.enter(ada.accessToken, roomId)
    api.present.push({ ...ada.user })
    const { data } = await members(zoe, roomId)
    api.present.length = 0
    expect(data.map(({ user, role, via, online }) => [user.name, role, via, online])).toEqual([
      ['Grace', 'owner', 'member', false],
      ['Ada', 'viewer', 'link', true],
      ['Zoe', 'editor', 'member', false],
    ])
    expect(JSON.stringify(data)).not.toContain('email')

    const first = await members(ada, roomId, '?limit=2')
    const second = await members(ada, roomId, `?limit=2&cursor=${first.nextCursor}`)
    expect([...first.data, ...second.data]).toEqual(data.map((member) => ({ ...member, online: false })))
    expect(second.nextCursor).toBeNull()
  })

  test('are told apart from those who may come no more', async () => {
    const roomId = await newRoomId(ada, { access: 'link-edit' })
    await put(ada, roomId, grace.user.id, 'editor')
    const heard: string[] = []
    api.events.on('accessChanged', (id) => heard.push(id))
    const path = apiPath('member', { roomId, userId: grace.user.id })
    expect((await as(ada, 'DELETE', path)).status).toBe(204)
    expect(heard).toEqual([roomId])
    expect((await members(ada, roomId)).data).toHaveLength(1)
    expect((await as(ada, 'DELETE', path)).problem().code).toBe('not_found')
  })

  test('cannot lose their last owner, but an owner can give the room away', async () => {
    const roomId = await newRoomId(ada)
    expect((await put(ada, roomId, ada.user.id, 'editor')).problem()).toMatchObject({ status: 409, code: 'last_owner' })
    await put(ada, roomId, grace.user.id, 'owner')
    expect((await put(ada, roomId, ada.user.id, 'viewer')).as(memberSchema).role).toBe('viewer')
    expect((await put(ada, roomId, ada.user.id, 'owner')).problem().code).toBe('forbidden')
  })

  test('are people that there are', async () => {
    const roomId = await newRoomId(ada)
    expect((await put(ada, roomId, 'nobody', 'viewer')).problem().code).toBe('not_found')
  })
})

test('a room token is minted for a host’s user, says until when it lives and where to go', async () => {
  const roomId = await newRoomId(ada)
  const body = { user: { id: 'host-7', name: 'Alan', color: '#112233' }, role: 'viewer', ttlSeconds: 60 }
  const mint = (changes: object) =>
    as(ada, 'POST', apiPath('roomTokens', { roomId }), { body: { ...body, ...changes } })
  const answer = await mint({ origins: ['https://host.example'] })
  expect(answer.status).toBe(201)
  const { token, expiresAt, syncUrl } = answer.as(roomTokenSchema)
  expect(expiresAt).toBe(new Date(clock.now + 60_000).toISOString())
  expect(syncUrl).toBe('ws://board.example/sync')
  expect(await api.accounts.authenticate(token)).toMatchObject({ kind: 'room-token', role: 'viewer', name: 'Alan' })

  for (const wrong of [{ role: 'owner' }, { ttlSeconds: 3601 }, { origins: ['no url'] }, { user: { id: 'x' } }]) {
    expect((await mint(wrong)).problem().code).toBe('invalid_request')
  }
  expect((await mint({ user: { id: grace.user.id, name: 'Grace' } })).problem().errors).toMatchObject([
    { pointer: '/user/id' },
  ])
})

test('the origins of a room token are what a browser would send for them, and nothing more than origins', async () => {
  const roomId = await newRoomId(ada)
  const mint = (...origins: string[]) =>
    as(ada, 'POST', apiPath('roomTokens', { roomId }), {
      body: { user: { id: 'host-7', name: 'Alan' }, role: 'viewer', origins },
    })
  const minted = await mint('https://host.example/', 'https://HOST.example:443', 'http://bücher.example:8080')
  expect(await api.accounts.authenticate(minted.as(roomTokenSchema).token)).toMatchObject({
    origins: ['https://host.example', 'https://host.example', 'http://xn--bcher-kva.example:8080'],
  })
  for (const wrong of ['no url', 'ftp://host.example', 'https://host.example/app', 'https://me@host.example', 'null']) {
    expect((await mint('https://host.example', wrong)).problem().errors).toMatchObject([{ pointer: '/origins/1' }])
  }
})
