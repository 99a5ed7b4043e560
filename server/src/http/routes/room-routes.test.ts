import { apiPath } from '@sketchroom/shared/api/paths'
import { roomListSchema, roomSchema } from '@sketchroom/shared/api/rooms'
import { beforeEach, afterAll, beforeAll, describe, expect, test } from 'vitest'
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
const createRoom = (user: TestUser, body: object = {}) =>
  as(user, 'POST', apiPath('rooms'), { body: { name: 'Board', ...body } })
const newRoomId = async (user: TestUser, body: object = {}) => (await createRoom(user, body)).as(roomSchema).id
const patch = (user: TestUser, roomId: string, body: unknown, headers: Record<string, string> = {}) =>
  as(user, 'PATCH', apiPath('room', { roomId }), { body, headers })
const list = async (user: TestUser, query = '') =>
  (await as(user, 'GET', `${apiPath('rooms')}${query}`)).as(roomListSchema)

test('names cannot hold what nobody sees, nor control characters, wherever they come from', async () => {
  const roomId = await newRoomId(ada)
  const user = (name: string) => ({ user: { id: 'host-7', name }, role: 'viewer' })
  const ways = [
    ['POST', 'guest', (name: string) => ({ name })],
    ['PATCH', 'me', (name: string) => ({ name })],
    ['POST', 'rooms', (name: string) => ({ name })],
    ['PATCH', 'room', (name: string) => ({ name })],
    ['POST', 'roomTokens', user],
    // Last: the guest's own tokens end with it.
    ['POST', 'signup', (name: string) => ({ name, email: 'ada-names@example.org', password: 'correct horse' })],
  ] as const
  for (const [method, path, bodyOf] of ways) {
    const send = (name: string) => as(ada, method, apiPath(path, { roomId }), { body: bodyOf(name) })
    const { errors } = (await send('Ad\0a')).problem()
    expect(errors).toMatchObject([{ pointer: path === 'roomTokens' ? '/user/name' : '/name' }])
    const { text } = await send('Ad\u202E\u200Ba')
    const { token } = JSON.parse(text) as { token?: string }
    expect(token === undefined ? text : JSON.stringify(await api.accounts.authenticate(token))).toMatch(/"name":"Ada"/)
  }
})

describe('making a room', () => {
  test('a name is enough', async () => {
    const answer = await createRoom(ada)
    expect(answer.status).toBe(201)
    const room = answer.as(roomSchema)
    expect(room).toMatchObject({
      name: 'Board',
      slug: null,
      access: 'private',
      metadata: {},
      role: 'owner',
      deletedAt: null,
    })
    expect(room.id).toMatch(/^[\w-]{21}$/)
    expect(answer.headers.get('location')).toBe(apiPath('room', { roomId: room.id }))
    expect(answer.headers.get('etag')).toBe('"1"')
  })

  test('a host may choose the id, once', async () => {
    const body = { id: `host-${ada.user.id}`, slug: `s${Date.now()}`, access: 'link-edit', metadata: { project: '7' } }
    expect((await createRoom(ada, body)).as(roomSchema)).toMatchObject(body)
    expect((await createRoom(grace, { id: body.id })).problem()).toMatchObject({ status: 409, code: 'room_id_taken' })
    expect((await createRoom(grace, { slug: body.slug })).problem()).toMatchObject({ status: 409, code: 'slug_taken' })
  })

  test.each([
    [{ name: '' }, '/name'],
    [{ id: 'short' }, '/id'],
    [{ id: '../../etc/passwd' }, '/id'],
    [{ slug: 'No Slug' }, '/slug'],
    [{ access: 'public' }, '/access'],
    [{ metadata: { a: 1 } }, '/metadata/a'],
    [{ role: 'owner' }, '/role'],
  ])('%j is refused', async (body, pointer) => {
    expect((await createRoom(ada, body)).problem().errors).toMatchObject([{ pointer }])
  })
})

describe('changing a room', () => {
  test('changes what is named and leaves the rest; null takes metadata away', async () => {
    const roomId = await newRoomId(ada, { metadata: { a: '1', b: '2' } })
    clock.now += 1000
    const answer = await patch(ada, roomId, { name: 'Plan', metadata: { a: null, c: '3' } })
    expect(answer.as(roomSchema)).toMatchObject({ name: 'Plan', access: 'private', metadata: { b: '2', c: '3' } })
    expect(answer.as(roomSchema).metadata).not.toHaveProperty('a')
    expect(answer.as(roomSchema).updatedAt).toBe(new Date(clock.now).toISOString())
    expect(answer.headers.get('etag')).toBe('"2"')
  })

  test('takes a merge patch by its own media type', async () => {
    const headers = { 'content-type': 'application/merge-patch+json' }
    expect((await patch(ada, await newRoomId(ada), { name: 'Plan' }, headers)).as(roomSchema).name).toBe('Plan')
  })

  test('honours If-Match', async () => {
    const roomId = await newRoomId(ada)
    expect((await patch(ada, roomId, { name: 'One' }, { 'if-match': '"1"' })).status).toBe(200)
    const late = await patch(ada, roomId, { name: 'Two' }, { 'if-match': '"1"' })
    expect(late.problem()).toMatchObject({ status: 412, code: 'precondition_failed' })
    expect((await patch(ada, roomId, { name: 'Two' }, { 'if-match': '"noise"' })).status).toBe(412)
    expect((await patch(ada, roomId, { name: 'Two' }, { 'if-match': 'W/"2"' })).status).toBe(200)
    expect((await patch(ada, roomId, { name: 'Three' }, { 'if-match': '*' })).headers.get('etag')).toBe('"4"')
  })

  test('of 10 changes at once that insist on one version, one is made; without, all are', async () => {
    const roomId = await newRoomId(ada)
    const insisting = await Promise.all(
      Array.from({ length: 10 }, (_, n) => patch(ada, roomId, { name: `${n}` }, { 'if-match': '"1"' })),
    )
    expect(insisting.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)])
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => patch(ada, roomId, { metadata: { [`key${n}`]: 'x' } })),
    )
    expect(all.map(({ status }) => status)).toEqual(Array(10).fill(200))
    const room = (await as(ada, 'GET', apiPath('room', { roomId }))).as(roomSchema)
    expect(Object.keys(room.metadata)).toHaveLength(10)
  })

  test('cannot make the metadata grow without bound', async () => {
    const entries = Array.from({ length: 50 }, (_, n) => [`key${n}`, 'x'])
    const roomId = await newRoomId(ada, { metadata: Object.fromEntries(entries) })
    expect((await patch(ada, roomId, { metadata: { more: 'x' } })).problem().errors).toMatchObject([
      { pointer: '/metadata' },
    ])
    expect((await patch(ada, roomId, { metadata: { more: 'x', key0: null } })).status).toBe(200)
  })

  test('tells live connections when the link opens more or less, and only then', async () => {
    const roomId = await newRoomId(ada)
    const heard: string[] = []
    api.events.on('accessChanged', (id) => heard.push(id))
    await patch(ada, roomId, { name: 'Plan', access: 'private' })
    expect(heard).toEqual([])
    await patch(ada, roomId, { access: 'link-edit' })
    expect(heard).toEqual([roomId])
  })
})

test('a deleted room is gone for all, and its owner finds it in the archive and restores it', async () => {
  const roomId = await newRoomId(ada, { access: 'link-edit' })
  const path = apiPath('room', { roomId })
  await api.enter(grace.accessToken, roomId)
  const heard: string[] = []
  api.events.on('roomDeleted', (id) => heard.push(id))

  expect((await as(ada, 'DELETE', path)).status).toBe(204)
  expect(heard).toEqual([roomId])
  expect((await as(ada, 'GET', path)).problem().code).toBe('not_found')
  expect((await as(ada, 'DELETE', path)).problem().code).toBe('not_found')
  for (const user of [ada, grace]) expect((await list(user)).data).toEqual([])
  expect((await list(grace, '?archived=true')).data).toEqual([])
  const [archived] = (await list(ada, '?archived=true')).data
  expect(archived).toMatchObject({ id: roomId, role: 'owner', deletedAt: new Date(clock.now).toISOString() })

  const restored = await as(ada, 'POST', apiPath('restoreRoom', { roomId }))
  expect(restored.as(roomSchema)).toMatchObject({ id: roomId, deletedAt: null, access: 'link-edit' })
  expect((await as(grace, 'GET', path)).status).toBe(200)
  expect((await list(grace)).data).toMatchObject([{ id: roomId, role: 'editor' }])
})

describe('the list of rooms', () => {
  test('comes in pages, last changed first', async () => {
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      clock.now += (n % 2) * 1000
      ids.push(await newRoomId(ada, { name: `Board ${n}` }))
    }
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await list(ada, `?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(seen).toHaveLength(5)
    expect(new Set(seen)).toEqual(new Set(ids))
    expect(seen.at(-1)).toBe(ids[0])
    expect((await list(ada, '?limit=5')).nextCursor).toBeNull()
  })

  test('can be searched and narrowed', async () => {
    const own = await newRoomId(ada, { name: 'Summer plan' })
    const shared = await newRoomId(grace, { name: 'Winter plan', access: 'link-view' })
    await api.enter(ada.accessToken, shared)
    const ids = async (query: string) => (await list(ada, query)).data.map(({ id }) => id)
    expect(await ids('?q=winter')).toEqual([shared])
    expect(await ids('?role=owner')).toEqual([own])
    expect(await ids('?role=viewer')).toEqual([shared])
    expect((await list(grace)).data.map(({ id }) => id)).toEqual([shared])
  })

  test.each([
    '?limit=0',
    '?limit=101',
    '?limit=x',
    '?cursor=noise',
    '?archived=maybe',
    '?limit=1&limit=2',
    '?unknown=1',
  ])('%s is refused', async (query) => {
    expect((await as(ada, 'GET', `${apiPath('rooms')}${query}`)).problem().code).toBe('invalid_request')
  })

  test('shows who is there', async () => {
    await newRoomId(ada)
    const present = { id: 'someone', name: 'Someone', color: '#112233' }
    api.present.push(present)
    expect((await list(ada)).data).toMatchObject([{ present: [present] }])
    api.present.length = 0
  })
})
