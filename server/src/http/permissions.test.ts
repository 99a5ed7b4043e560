import { API_PATHS, apiPath } from '@sketchroom/shared/api/paths'
import { roomSchema, roomTokenSchema } from '@sketchroom/shared/api/rooms'
import type { Access } from '@sketchroom/shared/roles'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, createUser, type Answer, type TestUser } from '../testing/api-client.ts'
import { startApi, type TestApi } from '../testing/start-api.ts'

const PEOPLE = ['owner', 'editor', 'viewer', 'visitor', 'stranger', 'removed'] as const
type Person = (typeof PEOPLE)[number]
/** Who asks: a person, somebody without a token, or a host's user with a token for the room. */
type Asker = Person | 'anonymous' | 'room token'
const ASKERS: readonly Asker[] = [...PEOPLE, 'anonymous', 'room token']

interface Route {
  readonly method: string
  readonly path: keyof typeof API_PATHS
  readonly body?: unknown
  /** The expected status, by the asker's role. */
  readonly owner: number
  readonly editor: number
  readonly viewer: number
  /** Where it is not the viewer's. */
  readonly visitor?: number
}

const hostUser = { id: 'host-7', name: 'Alan' }
const ROUTES: Record<string, Route> = {
  'reading the room': { method: 'GET', path: 'room', owner: 200, editor: 200, viewer: 200 },
  'renaming it': { method: 'PATCH', path: 'room', body: { name: 'Plan' }, owner: 200, editor: 200, viewer: 403 },
  'opening it': { method: 'PATCH', path: 'room', body: { access: 'private' }, owner: 200, editor: 403, viewer: 403 },
  'a short name': { method: 'PATCH', path: 'room', body: { slug: null }, owner: 200, editor: 403, viewer: 403 },
  metadata: { method: 'PATCH', path: 'room', body: { metadata: { a: 'b' } }, owner: 200, editor: 403, viewer: 403 },
  'two changes': {
    method: 'PATCH',
    path: 'room',
    body: { name: 'Plan', access: 'private' },
    owner: 200,
    editor: 403,
    viewer: 403,
  },
  'listing people': { method: 'GET', path: 'members', owner: 200, editor: 200, viewer: 200 },
  inviting: { method: 'PUT', path: 'member', body: { role: 'editor' }, owner: 200, editor: 200, viewer: 403 },
  'making an owner': { method: 'PUT', path: 'member', body: { role: 'owner' }, owner: 200, editor: 403, viewer: 403 },
  // The person acted upon is the viewer, who leaves.
  'removing somebody': { method: 'DELETE', path: 'member', owner: 204, editor: 403, viewer: 204, visitor: 403 },
  'minting a token': {
    method: 'POST',
    path: 'roomTokens',
    body: { user: hostUser, role: 'viewer' },
    owner: 201,
    editor: 201,
    viewer: 403,
  },
  'restoring a living room': { method: 'POST', path: 'restoreRoom', owner: 200, editor: 403, viewer: 403 },
  'deleting it': { method: 'DELETE', path: 'room', owner: 204, editor: 403, viewer: 403 },
}

let api: TestApi
let people: Record<Person, TestUser>

beforeAll(async () => {
  api = await startApi()
  const created = await Promise.all(PEOPLE.map(async (name) => [name, await createUser(api, name)] as const))
  people = Object.fromEntries(created) as Record<Person, TestUser>
})
afterAll(() => api.close())

/** A private room of the owner's with an editor, a viewer and somebody who was removed. */
async function createRoom(access: Access = 'private'): Promise<string> {
  const token = people.owner.accessToken
  const created = await call(api, 'POST', apiPath('rooms'), { token, body: { name: 'Board', access } })
  const { id: roomId } = created.as(roomSchema)
  for (const [person, role] of [
    ['editor', 'editor'],
    ['viewer', 'viewer'],
    ['removed', 'editor'],
  ] as const) {
    const path = apiPath('member', { roomId, userId: people[person].user.id })
    await call(api, 'PUT', path, { token, body: { role } })
    if (person === 'removed') await call(api, 'DELETE', path, { token })
  }
  return roomId
}

async function tokenOf(asker: Asker, roomId: string): Promise<string | undefined> {
  if (asker === 'anonymous') return undefined
  if (asker !== 'room token') return people[asker].accessToken
  const body = { user: hostUser, role: 'editor' }
  const minted = await call(api, 'POST', apiPath('roomTokens', { roomId }), { token: people.owner.accessToken, body })
  return minted.as(roomTokenSchema).token
}

function ask({ method, path, body }: Route, roomId: string, token: string | undefined): Promise<Answer> {
  // The person acted upon is the viewer, who is there already.
  return call(api, method, apiPath(path, { roomId, userId: people.viewer.user.id }), { token, body })
}

/** What somebody gets who is not in a room: for all rooms, existing or not, the same. */
function expectOutside(asker: Asker, answer: Answer): void {
  const { status, code } = answer.problem()
  if (asker === 'anonymous') expect([status, code]).toEqual([401, 'unauthenticated'])
  else if (asker === 'room token') expect([status, code]).toEqual([403, 'forbidden'])
  else expect([status, code]).toEqual([404, 'not_found'])
}

describe.each(Object.entries(ROUTES))('%s', (_name, route) => {
  test.each(ASKERS)('as %s', async (asker) => {
    const roomId = await createRoom()
    const answer = await ask(route, roomId, await tokenOf(asker, roomId))
    if (asker !== 'owner' && asker !== 'editor' && asker !== 'viewer') return expectOutside(asker, answer)
    expect(answer.status).toBe(route[asker])
    if (answer.status === 403) expect(answer.problem().code).toBe('forbidden')
  })

  test('as a visitor with a link to look, who is a viewer', async () => {
    const answer = await ask(route, await createRoom('link-view'), people.visitor.accessToken)
    expect(answer.status).toBe(route.visitor ?? route.viewer)
  })

  test('as somebody removed from a room whose link is open', async () => {
    expectOutside('removed', await ask(route, await createRoom('link-view'), people.removed.accessToken))
  })

  test('in a deleted room', async () => {
    const isRestore = route.path === 'restoreRoom'
    for (const asker of ASKERS) {
      const roomId = await createRoom('link-view')
      const token = await tokenOf(asker, roomId)
      await call(api, 'DELETE', apiPath('room', { roomId }), { token: people.owner.accessToken })
      const answer = await ask(route, roomId, token)
      if (asker === 'owner' && isRestore) expect(answer.status).toBe(200)
      else expectOutside(asker, answer)
    }
  })

  test('in a room that never was is just as in one that is closed', async () => {
    const token = people.stranger.accessToken
    const closed = (await ask(route, await createRoom(), token)).problem()
    for (const roomId of ['no-such-room-00000', 'short', 'with%20space']) {
      const answer = (await ask(route, roomId, token)).problem()
      expect({ ...answer, instance: '' }).toEqual({ ...closed, instance: '' })
    }
  })
})

test('every route of rooms is in the table', () => {
  const named = new Set(Object.values(ROUTES).map(({ path }) => path))
  const open = new Set(['auth', 'guest', 'signup', 'signin', 'refresh', 'signout', 'me', 'rooms'])
  // Those of administrators are in `routes/admin-routes.test.ts`.
  const isTried = (path: string) => named.has(path as Route['path']) || open.has(path) || path.startsWith('admin')
  expect(Object.keys(API_PATHS).filter((path) => !isTried(path))).toEqual([])
})

test.each([
  ['GET', 'me', undefined],
  ['PATCH', 'me', { name: 'Ada' }],
  ['GET', 'rooms', undefined],
  ['POST', 'rooms', { name: 'Board' }],
] as const)('%s %s is for people only', async (method, path, body) => {
  const roomId = await createRoom()
  for (const asker of ['anonymous', 'room token'] as const) {
    expectOutside(asker, await call(api, method, apiPath(path), { token: await tokenOf(asker, roomId), body }))
  }
  const refused = await call(api, method, apiPath(path), { token: people.owner.cookie, body })
  expect(refused.problem().code).toBe('unauthenticated')
})

describe('an editor', () => {
  const put = (asker: Person, roomId: string, person: Person, role: string) =>
    call(api, 'PUT', apiPath('member', { roomId, userId: people[person].user.id }), {
      token: people[asker].accessToken,
      body: { role },
    })

  test('cannot change an owner', async () => {
    expect((await put('editor', await createRoom(), 'owner', 'viewer')).problem().code).toBe('forbidden')
  })

  test('cannot give anybody less than they were given, but can raise a viewer', async () => {
    const roomId = await createRoom()
    await put('owner', roomId, 'visitor', 'editor')
    expect((await put('editor', roomId, 'visitor', 'viewer')).problem().code).toBe('forbidden')
    expect((await put('editor', roomId, 'editor', 'viewer')).problem().code).toBe('forbidden')
    expect((await put('editor', roomId, 'viewer', 'editor')).status).toBe(200)
    expect((await put('owner', roomId, 'visitor', 'viewer')).status).toBe(200)
  })

  test('who is one by the link only cannot name anybody, least of all themselves', async () => {
    const roomId = await createRoom('link-edit')
    for (const asker of ['visitor', 'viewer'] as const) {
      for (const person of ['visitor', 'viewer', 'stranger'] as const) {
        expect((await put(asker, roomId, person, 'editor')).problem().code).toBe('forbidden')
      }
    }
    const close = { token: people.owner.accessToken, body: { access: 'private' } }
    await call(api, 'PATCH', apiPath('room', { roomId }), close)
    const visit = await call(api, 'GET', apiPath('room', { roomId }), { token: people.visitor.accessToken })
    expectOutside('visitor', visit)
  })

  test('cannot let somebody back in whom an owner removed', async () => {
    const roomId = await createRoom()
    expect((await put('editor', roomId, 'removed', 'viewer')).problem().code).toBe('forbidden')
    expect((await put('owner', roomId, 'removed', 'viewer')).status).toBe(200)
  })
})
