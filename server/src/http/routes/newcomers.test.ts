import { authPolicySchema } from '@sketchroom/shared/api/auth'
import { apiPath } from '@sketchroom/shared/api/paths'
import { roomSchema, roomTokenSchema } from '@sketchroom/shared/api/rooms'
import { afterEach, expect, test } from 'vitest'
import { MemoryAccountsStore } from '../../adapters/memory/memory-accounts-store.ts'
import { MemoryRoomStore } from '../../adapters/memory/memory-room-store.ts'
import { call, createUser, toTestUser, type TestUser } from '../../testing/api-client.ts'
import { startApi, type ApiOptions, type TestApi } from '../../testing/start-api.ts'

const PASSWORD = 'correct horse'

const running: TestApi[] = []
afterEach(() => Promise.all(running.splice(0).map((api) => api.close())))

async function start(options: ApiOptions): Promise<TestApi> {
  const api = await startApi(options)
  running.push(api)
  return api
}

/** One installation before and after the operator has decided: the same people and boards. */
async function startTwice(policy: ApiOptions['policy']): Promise<[before: TestApi, after: TestApi]> {
  const stores = { accountsStore: new MemoryAccountsStore(), roomStore: new MemoryRoomStore() }
  return [await start(stores), await start({ ...stores, ...(policy && { policy }) })]
}

async function signUp(api: TestApi, name: string, guest?: TestUser) {
  const body = { name, email: `${name}@example.org`, password: PASSWORD }
  const answer = await call(api, 'POST', apiPath('signup'), { body, cookie: guest?.cookie })
  return answer.status === 201 ? answer.status : answer.problem().code
}

async function createRoom(api: TestApi, { accessToken: token }: TestUser): Promise<string> {
  return (await call(api, 'POST', apiPath('rooms'), { token, body: { name: 'Board' } })).as(roomSchema).id
}

async function giveRole(api: TestApi, owner: TestUser, roomId: string, { user }: TestUser, role: 'viewer' | 'owner') {
  const path = apiPath('member', { roomId, userId: user.id })
  const { status } = await call(api, 'PUT', path, { token: owner.accessToken, body: { role } })
  expect(status).toBe(200)
}

test('everybody is told who may come', async () => {
  const policyOf = async (api: TestApi) => (await call(api, 'GET', apiPath('auth'))).as(authPolicySchema)
  expect(await policyOf(await start({}))).toEqual({ signup: 'open', guests: 'on' })
  expect(await policyOf(await start({ policy: { signup: 'closed', guests: 'off' } }))).toEqual({
    signup: 'closed',
    guests: 'off',
  })
})

test('closed: nobody makes an account, also not as a guest with a role; who has one signs in', async () => {
  const [before, api] = await startTwice({ signup: 'closed', guests: 'on' })
  const ada = await createUser(before, 'Ada', 'ada@example.org')
  const guest = await createUser(api, 'Grace')
  await giveRole(api, ada, await createRoom(api, ada), guest, 'viewer')
  expect([await signUp(api, 'Bob'), await signUp(api, 'Grace', guest)]).toEqual(['signup_closed', 'signup_closed'])
  const body = { email: 'ada@example.org', password: PASSWORD }
  expect((await call(api, 'POST', apiPath('signin'), { body })).status).toBe(200)
})

test('invited: only guests whom an account gave a role on a board of its own', async () => {
  const [before, api] = await startTwice({ signup: 'invited', guests: 'on' })
  const ada = await createUser(before, 'Ada', 'ada@example.org')
  const [invited, visitor, alone, cheat, friend] = await Promise.all(
    ['Invited', 'Visitor', 'Alone', 'Cheat', 'Friend'].map((name) => createUser(api, name)),
  )
  if (!invited || !visitor || !alone || !cheat || !friend) throw new Error('nobody came')
  const adas = await createRoom(api, ada)
  await giveRole(api, ada, adas, invited, 'viewer')
  // Who came by the link was not meant.
  const link = { token: ada.accessToken, body: { access: 'link-edit' } }
  expect((await call(api, 'PATCH', apiPath('room', { roomId: adas }), link)).status).toBe(200)
  await api.enter(visitor.accessToken, adas)
  await createRoom(api, alone)
  // A guest makes Ada an owner, unasked, so that it looks as if she had invited.
  const guests = await createRoom(api, cheat)
  await giveRole(api, cheat, guests, ada, 'owner')
  await giveRole(api, cheat, guests, friend, 'viewer')

  const refused = [await signUp(api, 'nobody')]
  for (const guest of [visitor, alone, cheat, friend]) refused.push(await signUp(api, guest.user.name, guest))
  expect(refused).toEqual(Array(5).fill('signup_closed'))
  expect(await signUp(api, 'Invited', invited)).toBe(201)
})

test('no guests: none are made or let in, but those who were here can become an account', async () => {
  const [before, api] = await startTwice({ signup: 'open', guests: 'off' })
  const [guest, other] = [await createUser(before, 'Grace'), await createUser(before, 'Bob')]
  const room = await createRoom(before, guest)
  const codeOf = async (...parameters: Parameters<typeof call>) => (await call(...parameters)).problem().code
  expect(await codeOf(api, 'POST', apiPath('guest'))).toBe('guests_off')
  expect(await codeOf(api, 'GET', apiPath('rooms'), { token: guest.accessToken })).toBe('guests_off')
  expect(await codeOf(api, 'POST', apiPath('refresh'), { cookie: guest.cookie })).toBe('guests_off')
  await expect(api.enter(guest.accessToken, room)).rejects.toMatchObject({ code: 'guests_off' })

  const account = { name: 'Grace', email: 'grace@example.org', password: PASSWORD }
  const grace = toTestUser(await call(api, 'POST', apiPath('signup'), { body: account, cookie: guest.cookie }))
  expect(grace.user).toMatchObject({ id: guest.user.id, isGuest: false })
  expect(await api.enter(grace.accessToken, room)).toMatchObject({ role: 'owner' })
  expect((await call(api, 'POST', apiPath('refresh'), { cookie: grace.cookie })).status).toBe(200)
  expect((await call(api, 'POST', apiPath('signout'), { cookie: other.cookie })).status).toBe(204)
})

test('no guests: whom a host lets in by a room token is let in', async () => {
  const [, api] = await startTwice({ signup: 'open', guests: 'off' })
  const host = await createUser(api, 'Host', 'host@example.org')
  const roomId = await createRoom(api, host)
  const body = { user: { id: 'user-42', name: 'Ada' }, role: 'editor' }
  const minted = await call(api, 'POST', apiPath('roomTokens', { roomId }), { token: host.accessToken, body })
  expect(await api.enter(minted.as(roomTokenSchema).token, roomId)).toMatchObject({ role: 'editor' })
})
