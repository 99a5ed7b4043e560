import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addressBlockListSchema,
  addressBlockSchema,
  adminPersonListSchema,
  adminRecordListSchema,
  adminRoomListSchema,
  adminSessionListSchema,
  adminStorageSchema,
} from '@sketchroom/shared/api/admin'
import { userSchema } from '@sketchroom/shared/api/auth'
import { API_PATHS, apiPath } from '@sketchroom/shared/api/paths'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { call, createUser, toTestUser, type Answer, type CallOptions, type TestUser } from '../../testing/api-client.ts'
import { findFreePort } from '../../testing/free-port.ts'
import { openServerStorage, removeServerData } from '../../testing/server-data.ts'
import { RawClient } from '../../testing/raw-client.ts'
import { joinRoom, setWord } from '../../testing/test-room.ts'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'

type AdminPath = Extract<keyof typeof API_PATHS, `admin${string}`>

/** Every route, with what somebody who may gets who asks for nothing that there is. */
const ROUTES: ReadonlyArray<readonly [method: string, path: AdminPath, status: number, body: object | undefined]> = [
  ['GET', 'adminRooms', 200, undefined],
  ['GET', 'adminPeople', 200, undefined],
  ['GET', 'adminSessions', 404, undefined],
  ['DELETE', 'adminSessions', 404, undefined],
  ['DELETE', 'adminSession', 404, undefined],
  ['GET', 'adminStorage', 200, undefined],
  ['GET', 'adminQuarantine', 200, undefined],
  ['GET', 'adminBlocks', 200, undefined],
  ['POST', 'adminBlocks', 400, {}],
  ['DELETE', 'adminBlock', 404, undefined],
]
const NOTHING = { userId: 'nobody-at-all', sessionId: 'no-such-session', blockId: 'no-such-block' }
const ADMIN = 'ada@example.org'
/** Where the blocks of these tests lie: documentation's addresses, from which nobody comes. */
const ELSEWHERE = '203.0.113.7'

let dataDir: string
let server: TestServer
let admin: TestUser
let squatter: TestUser

const asAdmin = (method: string, path: AdminPath, params: Record<string, string> = {}, options: CallOptions = {}) =>
  call(server.api, method, apiPath(path, params), { token: admin.accessToken, ...options })

/** As an operator does it: a server, an account on it, and its name in the configuration of the next start. */
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sketchroom-'))
  const first = await startTestServer({ dataDir, port: await findFreePort() })
  const account = await createUser(first.api, 'Ada', ADMIN)
  squatter = await createUser(first.api, 'Eve', 'boss@example.org')
  await first.stop()
  // Somebody whose address an operator would like to name, and who is not the one that was meant.
  const named = `${ADMIN}:${account.user.id},boss@example.org:somebody-else,other@example.org:${squatter.user.id}`
  server = await startTestServer({ dataDir, trustProxy: 1, environment: { ADMINS: named } })
  admin = await signIn(ADMIN)
  squatter = await signIn('boss@example.org')
})
afterAll(async () => {
  await server.stop()
  await removeServerData(dataDir)
})

async function signIn(email: string): Promise<TestUser> {
  return toTestUser(await call(server.api, 'POST', apiPath('signin'), { body: { email, password: 'correct horse' } }))
}

test.each(ROUTES)(
  '%s %s is there for whom the operator has named, and for nobody else',
  async (method, path, status, body) => {
    const guest = await createUser(server.api, 'Guest')
    const room = await server.api.createRoom(guest.accessToken)
    const roomToken = await server.api.roomToken(guest.accessToken, room.id, 'editor')
    const ask = (token?: string) => call(server.api, method, apiPath(path, NOTHING), { token, body })
    const expected: ReadonlyArray<readonly [Answer, number, string]> = [
      [await ask(), 401, 'unauthenticated'],
      [await ask(admin.cookie), 401, 'unauthenticated'],
      [await ask(roomToken), 403, 'forbidden'],
      [await ask(guest.accessToken), 404, 'not_found'],
      [await ask(squatter.accessToken), 404, 'not_found'],
    ]
    for (const [answer, wanted, code] of expected)
      expect([answer.problem().status, answer.problem().code]).toEqual([wanted, code])
    const unknown = await call(server.api, method, '/api/v1/admin/no-such-path', { token: guest.accessToken, body })
    expect({ ...(await ask(guest.accessToken)).problem(), instance: '' }).toEqual({
      ...unknown.problem(),
      instance: '',
    })
    expect((await ask(admin.accessToken)).status).toBe(status)
  },
)

test('every route of administrators is in the table', () => {
  const tried = new Set(ROUTES.map(([, path]) => path))
  expect(Object.keys(API_PATHS).filter((path) => path.startsWith('admin') && !tried.has(path as AdminPath))).toEqual([])
})

test('whoever signs up first with an address is no administrator by it, nor who has the id and another address', async () => {
  // ADMINS has boss@example.org with another id, and Eve's id with another address.
  const me = (token: string) => call(server.api, 'GET', apiPath('me'), { token })
  expect((await me(squatter.accessToken)).as(userSchema).isAdmin).toBeUndefined()
  expect((await me(admin.accessToken)).as(userSchema).isAdmin).toBe(true)
  const late = await createUser(server.api, 'Eve', 'other@example.org')
  expect((await call(server.api, 'GET', apiPath('adminRooms'), { token: late.accessToken })).status).toBe(404)
})

test('without ADMINS there are no such paths, for anybody', async () => {
  const other = await startTestServer()
  for (const [method, path, , body] of ROUTES) {
    expect((await call(other.api, method, apiPath(path, NOTHING), { body })).problem().code).toBe('not_found')
  }
  await other.remove()
})

test('an administrator finds rooms by name, id and owner, sees who is there, and may not open them', async () => {
  const owner = await createUser(server.api, 'Olga', 'olga@example.org')
  const room = await server.api.createRoom(owner.accessToken)
  const client = await joinRoom(server, room.id, owner.accessToken)
  client.write(client.edit(setWord('secret')))
  await vi.waitFor(() => expect(client.answers).toEqual(['durable']))
  for (const q of [room.id, 'olga@example.org', 'A BOARD']) {
    const answer = await asAdmin('GET', 'adminRooms', {}, {})
    const found = await call(server.api, 'GET', `${apiPath('adminRooms')}?q=${encodeURIComponent(q)}`, {
      token: admin.accessToken,
    })
    const { data } = found.as(adminRoomListSchema)
    expect(data.find(({ shortId }) => room.id.startsWith(shortId))).toMatchObject({
      name: 'A board',
      owners: [{ email: 'olga@example.org' }],
      members: 1,
      updates: 1,
      present: [{ name: 'Olga' }],
    })
    expect(answer.text + found.text).not.toContain('secret')
    // Whoever has it of a room with an open link could come in.
    expect(answer.text + found.text).not.toContain(room.id)
  }
  expect(
    (await call(server.api, 'GET', apiPath('room', { roomId: room.id }), { token: admin.accessToken })).status,
  ).toBe(404)
  const intruder = new RawClient(server.syncUrl, room.id)
  await intruder.join(admin.accessToken)
  expect(await intruder.closed).toMatchObject({ code: 4404 })
  client.close()
})

test('a cursor does not tell the id of the room at which a page ends', async () => {
  const owner = await createUser(server.api, 'Olga')
  const rooms = [await server.api.createRoom(owner.accessToken), await server.api.createRoom(owner.accessToken)]
  const page = async (cursor = '') =>
    (
      await call(server.api, 'GET', `${apiPath('adminRooms')}?limit=1${cursor && `&cursor=${cursor}`}`, {
        token: admin.accessToken,
      })
    ).as(adminRoomListSchema)
  const first = await page()
  const second = await page(first.nextCursor ?? '')
  const seen = [first, second].flatMap(({ data }) => data.map(({ shortId }) => shortId))
  expect(seen).toEqual(rooms.toReversed().map(({ id }) => id.slice(0, 7)))
  const told = Buffer.from(first.nextCursor ?? '', 'base64url').toString('latin1')
  expect(told).not.toContain(rooms[1]?.id)
  expect(told).not.toContain(
    Buffer.from(rooms[1]?.id ?? '')
      .toString('base64url')
      .slice(2, 20),
  )
})

test('pages and faulty queries of the lists', async () => {
  for (const name of ['Xenia', 'Xaver', 'Xanthippe']) await createUser(server.api, name)
  const page = async (query: string) =>
    (
      await call(server.api, 'GET', `${apiPath('adminPeople')}?kind=guests&q=xa&${query}`, { token: admin.accessToken })
    ).as(adminPersonListSchema)
  const first = await page('limit=1')
  const second = await page(`limit=1&cursor=${first.nextCursor}`)
  expect([first, second].flatMap(({ data }) => data.map(({ name }) => name))).toEqual(['Xanthippe', 'Xaver'])
  for (const query of [
    'limit=0',
    'limit=101',
    'kind=all',
    'q=%00',
    'cursor=x',
    `cursor=${'x'.repeat(301)}`,
    'what=1',
  ]) {
    const answer = await call(server.api, 'GET', `${apiPath('adminPeople')}?${query}`, { token: admin.accessToken })
    expect([query, answer.problem().code]).toEqual([query, 'invalid_request'])
    expect(answer.problem().errors).toHaveLength(1)
  }
})

test('an administrator ends one sign-in, or all, of somebody: REST and sockets end, and their own stays', async () => {
  const bob = await createUser(server.api, 'Bob', 'bob@example.org')
  const again = await signIn('bob@example.org')
  const userId = bob.user.id
  const room = await server.api.createRoom(bob.accessToken)
  const sockets = await Promise.all([bob, again].map(({ accessToken }) => joinRoom(server, room.id, accessToken)))
  await vi.waitFor(() => expect(sockets.map(({ step2Count }) => step2Count)).toEqual([1, 1]))
  const list = async () => (await asAdmin('GET', 'adminSessions', { userId })).as(adminSessionListSchema).data
  const [newest, oldest] = await list()
  const end = (sessionId = '') => asAdmin('DELETE', 'adminSession', { userId, sessionId })
  const startedAt = performance.now()
  expect((await end(newest?.id)).status).toBe(204)
  expect(await sockets[1]?.closed).toMatchObject({ code: 4401 })
  console.log(`the socket was closed after ${Math.round(performance.now() - startedAt)} ms`)
  expect(sockets[0]?.isOpen).toBe(true)
  expect((await list()).map(({ id }) => id)).toEqual([oldest?.id])
  expect((await end(newest?.id)).problem().code).toBe('not_found')
  const othersPath = { userId: admin.user.id, sessionId: oldest?.id ?? '' }
  expect((await asAdmin('DELETE', 'adminSession', othersPath)).problem().code).toBe('not_found')

  expect((await asAdmin('DELETE', 'adminSessions', { userId })).status).toBe(204)
  expect(await sockets[0]?.closed).toMatchObject({ code: 4401 })
  expect((await call(server.api, 'GET', apiPath('me'), { token: bob.accessToken })).problem().code).toBe(
    'unauthenticated',
  )
  expect((await asAdmin('DELETE', 'adminSessions', { userId: admin.user.id })).status).toBe(204)
  const own = (await asAdmin('GET', 'adminSessions', { userId: admin.user.id })).as(adminSessionListSchema)
  expect(own.data.map(({ isYours }) => isYours)).toEqual([true])
})

test('what is stored and what is set aside are told in numbers', async () => {
  const owner = await createUser(server.api, 'Olga')
  const { id: roomId } = await server.api.createRoom(owner.accessToken)
  const client = await joinRoom(server, roomId, owner.accessToken)
  client.write(client.edit(setWord('secret')))
  await vi.waitFor(() => expect(client.answers).toEqual(['durable']))
  client.close()
  const storage = await openServerStorage(dataDir)
  await storage.documentStore.quarantine({ roomId, kind: 'update', seq: 1 }, 'it does not decode')
  await storage.close()
  const records = await asAdmin('GET', 'adminQuarantine')
  expect(records.as(adminRecordListSchema).data).toMatchObject([
    {
      roomShortId: roomId.slice(0, 7),
      roomName: 'A board',
      kind: 'update',
      seq: 1,
      reason: 'it does not decode',
      author: owner.user.id,
    },
  ])
  expect(records.text).not.toContain('secret')
  expect(records.text).not.toContain(roomId)
  await vi.waitFor(async () => {
    const { databaseBytes, disk, survey } = (await asAdmin('GET', 'adminStorage')).as(adminStorageSchema)
    expect(databaseBytes).toBeGreaterThan(0)
    if (disk) expect(disk.totalBytes).toBeGreaterThan(disk.freeBytes)
    expect(survey.finishedAt).not.toBeNull()
    expect(survey.updates.count).toBeGreaterThan(0)
    expect(survey.largest.map(({ shortId }) => shortId)).toContain(roomId.slice(0, 7))
  })
})

test('a blocked address is refused on every path but the probes, its sockets are closed, and it comes back', async () => {
  const bob = await createUser(server.api, 'Bob')
  const room = await server.api.createRoom(bob.accessToken)
  const headers = { 'x-forwarded-for': ELSEWHERE }
  const [there, here] = await Promise.all([
    joinRoom(server, room.id, bob.accessToken, { headers }),
    joinRoom(server, room.id, bob.accessToken),
  ])
  await vi.waitFor(() => expect([there.step2Count, here.step2Count]).toEqual([1, 1]))
  const body = { network: '203.0.113.0/24', reason: 'It floods us.' }
  const created = await asAdmin('POST', 'adminBlocks', {}, { body })
  expect(created.status).toBe(201)
  const block = created.as(addressBlockSchema)
  expect(block).toMatchObject({ ...body, createdBy: { name: 'Ada' }, until: null })
  expect(created.headers.get('location')).toBe(apiPath('adminBlock', { blockId: block.id }))
  expect(await there.closed).toMatchObject({ code: 4529, reason: 'address_blocked' })
  expect(here.isOpen).toBe(true)

  for (const path of ['/', apiPath('me'), apiPath('auth'), '/api/v1/nowhere']) {
    const answer = await call(server.api, 'GET', path, { token: bob.accessToken, headers })
    expect([path, answer.status, answer.problem().code]).toEqual([path, 403, 'address_blocked'])
  }
  expect((await call(server.api, 'GET', '/live', { headers })).status).toBe(200)
  // What a client says of itself before its own proxy counts for nothing.
  const forged = { 'x-forwarded-for': `${ELSEWHERE}, 198.51.100.1` }
  expect((await call(server.api, 'GET', apiPath('auth'), { headers: forged })).status).toBe(200)
  await expect(joinRoom(server, room.id, bob.accessToken, { headers })).rejects.toThrow('closed with')

  const { data, yourAddress } = (await asAdmin('GET', 'adminBlocks')).as(addressBlockListSchema)
  expect([data, yourAddress]).toEqual([[block], '127.0.0.1'])
  expect((await asAdmin('DELETE', 'adminBlock', { blockId: block.id })).status).toBe(204)
  expect((await asAdmin('DELETE', 'adminBlock', { blockId: block.id })).problem().code).toBe('not_found')
  expect((await call(server.api, 'GET', apiPath('auth'), { headers })).status).toBe(200)
})

test('a block is there after a restart, also on a server without administrators, and ends when it says', async () => {
  const until = new Date(Date.now() + 3_000).toISOString()
  const body = { network: '2001:db8::7', reason: 'It floods us.', until }
  expect((await asAdmin('POST', 'adminBlocks', {}, { body })).as(addressBlockSchema)).toMatchObject({
    network: '2001:db8::/64',
    until,
  })
  const second = await startSecond()
  const headers = { 'x-forwarded-for': '2001:db8::ffff' }
  const status = async () => (await call(second.api, 'GET', apiPath('auth'), { headers })).status
  if (Date.now() < Date.parse(until)) expect(await status()).toBe(403)
  await vi.waitFor(async () => expect(await status()).toBe(200), 12_000)
  await second.stop()
})

test.each([
  [{ network: '127.0.0.1', reason: 'x' }, '/network', /you come from yourself/],
  [{ network: '::ffff:127.0.0.1', reason: 'x' }, '/network', /you come from yourself/],
  [{ network: '::1', reason: 'x' }, '/network', /you come from yourself/],
  [{ network: '0.0.0.0/0', reason: 'x' }, '/network', /must be an address, or a network/],
  [{ network: 'example.org', reason: 'x' }, '/network', /must be an address, or a network/],
  [{ network: ELSEWHERE, reason: 'x', until: '2001-01-01T00:00:00Z' }, '/until', /in the future/],
  [{ network: ELSEWHERE, reason: ' ' }, '/reason', /./],
  [{ network: ELSEWHERE, reason: 'a\u0000b' }, '/reason', /control characters/],
  [{ network: ELSEWHERE }, '/reason', /./],
  [{ network: ELSEWHERE, reason: 'x', more: 1 }, '/more', /not known/],
])('%j cannot be blocked', async (body, pointer, detail) => {
  const { code, errors } = (await asAdmin('POST', 'adminBlocks', {}, { body })).problem()
  expect([code, errors]).toEqual(['invalid_request', [{ pointer, detail: expect.stringMatching(detail) }]])
})

test('who comes through a proxy cannot block where they come from, nor the machine that the proxy may be on', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.9' }
  const detailOf = async (network: string) => {
    const answer = await asAdmin('POST', 'adminBlocks', {}, { body: { network, reason: 'x' }, headers })
    return answer.problem().errors?.[0]?.detail
  }
  expect(await detailOf('198.51.100.0/24')).toContain('198.51.100.9, which you come from')
  for (const network of ['127.0.0.1', '127.0.0.0/8', '::1']) {
    expect(await detailOf(network)).toMatch(/this machine itself|you come from/)
  }
})

/** Another server over the same data, once the first has stopped; then the first is started again. */
async function startSecond(): Promise<TestServer> {
  await server.stop()
  const second = await startTestServer({ dataDir, trustProxy: 1 })
  return {
    ...second,
    async stop() {
      const clean = await second.stop()
      const named = `${ADMIN}:${admin.user.id}`
      server = await startTestServer({ dataDir, trustProxy: 1, environment: { ADMINS: named } })
      admin = await signIn(ADMIN)
      return clean
    },
  }
}
