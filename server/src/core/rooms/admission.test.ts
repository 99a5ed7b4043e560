import { roomIdSchema, sessionIdSchema, userIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { presenceColor } from '@sketchroom/shared/presence'
import { beforeEach, expect, test } from 'vitest'
import { MemoryAccountsStore } from '../../adapters/memory/memory-accounts-store.ts'
import { MemoryRoomStore } from '../../adapters/memory/memory-room-store.ts'
import type { Actor, UserActor } from '../accounts/actor.ts'
import { EventBus } from '../events.ts'
import { createMembers, type Members } from './members.ts'
import { AccessEpochs } from './access-epochs.ts'
import { createAdmission, type Admission } from './admission.ts'
import { createRoomTokens, type RoomTokens } from './room-tokens.ts'
import { createRooms, type Rooms } from './rooms.ts'
import { createTokens } from '../accounts/tokens.ts'

const now = () => 1_800_000_000_000
const tokens = createTokens({ secret: 'a secret that only the tests know', now })
const notFound = { code: 'not_found' }

let accountsStore: MemoryAccountsStore
let rooms: Rooms
let members: Members
let admission: Admission
let roomTokens: RoomTokens
let ada: UserActor
let grace: UserActor

beforeEach(async () => {
  accountsStore = new MemoryAccountsStore()
  const store = new MemoryRoomStore()
  const events = new EventBus()
  const presence = { present: async () => new Map() }
  rooms = createRooms({ quota: { check: async () => undefined }, store, presence, events, now })
  members = createMembers({ store, accountsStore, presence, events, now })
  const epochs = new AccessEpochs(events)
  // Who a token speaks for is tested with the tokens; here each is the actor it speaks for.
  const accounts = { authenticate: async (token: string) => JSON.parse(token) as Actor }
  admission = createAdmission({ accounts, store, accountsStore, epochs, allowedOrigins: ['https://wiki.example'], now })
  roomTokens = createRoomTokens({ store, accountsStore, tokens })
  ada = await createActor('Ada')
  grace = await createActor('Grace')
})

async function createActor(name: string): Promise<UserActor> {
  const userId = userIdSchema.parse(name.toLowerCase())
  await accountsStore.createUser({ id: userId, name, email: null, passwordHash: null, createdAt: 0 })
  const sessionId = sessionIdSchema.parse(`session-${name}`)
  const signIn = { refreshHash: '', createdAt: 0, expiresAt: Infinity, rotatedAt: null, revokedAt: null }
  await accountsStore.createSession({ id: sessionId, userId, ...signIn })
  return { kind: 'user', userId, sessionId, expiresAt: 0 }
}
/** Their role as of now; undefined when they may not be here. */
const roleOf = (actor: Actor, roomId: RoomId) =>
  admission.recheck(actor, roomId).then(
    ({ role }) => role,
    (error: { code: string }) => (error.code === 'forbidden' ? undefined : Promise.reject(error)),
  )
const approach = { origin: undefined, host: 'board.example', tokenInUrl: false }
const enter = (actor: Actor, roomId: RoomId) => admission.admit(JSON.stringify(actor), roomId, approach)
const memberIds = async (actor: UserActor, roomId: RoomId) =>
  (await members.list(actor, roomId, { limit: 100 })).data.map(({ user }) => user.id)
const tokenRequest = { user: { id: 'host-7', name: 'Alan' }, ttlSeconds: 60, origins: [] }

async function mintActor(actor: UserActor, roomId: RoomId, role: 'viewer' | 'editor'): Promise<Actor> {
  return tokens.verify((await roomTokens.mint(actor, roomId, { ...tokenRequest, role })).token)
}

test('an owner enters under their name and colour', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  expect(await enter(ada, room.id)).toMatchObject({
    role: 'owner',
    user: { id: 'ada', name: 'Ada', color: presenceColor('ada') },
  })
})

test('a room that is not there, one that is closed and one that somebody was removed from are the same', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  const { room: open } = await rooms.create(ada, { name: 'Open', access: 'link-edit' })
  await enter(grace, open.id)
  await members.remove(ada, open.id, grace.userId)
  const messages = new Set<string>()
  for (const roomId of [roomIdSchema.parse('no-such-room'), room.id, open.id]) {
    await enter(grace, roomId).catch((error: Error) => messages.add(String(error)))
    await expect(enter(grace, roomId)).rejects.toMatchObject(notFound)
    expect(await roleOf(grace, roomId)).toBeUndefined()
  }
  expect(messages.size).toBe(1)
})

test('who comes by the link is noted once, and the room is in their list from then on', async () => {
  const { room } = await rooms.create(ada, { name: 'Board', access: 'link-view' })
  expect((await rooms.list(grace, { limit: 50, archived: 'false' })).data).toEqual([])
  expect((await enter(grace, room.id)).role).toBe('viewer')
  await enter(grace, room.id)
  expect(await memberIds(ada, room.id)).toEqual(['ada', 'grace'])
  expect((await rooms.list(grace, { limit: 50, archived: 'false' })).data).toMatchObject([{ id: room.id }])
})

test('a deleted room says so to those who had it, and to nobody else', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  const token = await mintActor(ada, room.id, 'viewer')
  await rooms.delete(ada, room.id)
  await expect(enter(ada, room.id)).rejects.toMatchObject({ code: 'room_deleted' })
  await expect(enter(token, room.id)).rejects.toMatchObject({ code: 'room_deleted' })
  await expect(enter(grace, room.id)).rejects.toMatchObject(notFound)
  expect(await roleOf(ada, room.id)).toBeUndefined()
})

test('a role follows what the owner decides', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  await members.put(ada, room.id, grace.userId, 'viewer')
  expect(await roleOf(grace, room.id)).toBe('viewer')
  await rooms.update(ada, room.id, { access: 'link-edit' })
  expect(await roleOf(grace, room.id)).toBe('editor')
  await members.remove(ada, room.id, grace.userId)
  expect(await roleOf(grace, room.id)).toBeUndefined()
})

test('a room token lets a host’s user into its room, who is noted nowhere', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  const { room: other } = await rooms.create(ada, { name: 'Other', access: 'link-edit' })
  const alan = await mintActor(ada, room.id, 'editor')
  expect(await enter(alan, room.id)).toMatchObject({
    role: 'editor',
    user: { id: 'ada:host-7', name: 'Alan', color: presenceColor('host-7') },
  })
  expect(await memberIds(ada, room.id)).toEqual(['ada'])
  await expect(enter(alan, other.id)).rejects.toMatchObject(notFound)
})

test.for([
  ['a program, which has no page', undefined, true, true],
  ['a page of the server’s own, at the address it was reached by', 'https://board.example', true, true],
  ['a page of an allowed origin', 'https://wiki.example', true, true],
  ['a page that the room token names', 'https://host.example', false, true],
  ['any other page', 'https://elsewhere.example', false, false],
  ['what names itself as no page does', 'null', false, false],
] as const)('%s connects only if it may', async ([, origin, forUser, forRoomToken]) => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  const request = { ...tokenRequest, role: 'editor' as const, origins: ['https://host.example'] }
  const alan = tokens.verify((await roomTokens.mint(ada, room.id, request)).token)
  const comes = (actor: Actor) =>
    admission.admit(JSON.stringify(actor), room.id, { ...approach, origin }).then(
      ({ role }) => role,
      (error: unknown) => (error as { code: string }).code,
    )
  expect([await comes(ada), await comes(alan)]).toEqual([
    forUser ? 'owner' : 'forbidden',
    forRoomToken ? 'editor' : 'forbidden',
  ])
})

test('only a room token may stand in a URL', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  const inUrl = { ...approach, tokenInUrl: true }
  const alan = await mintActor(ada, room.id, 'editor')
  expect(await admission.admit(JSON.stringify(alan), room.id, inUrl)).toMatchObject({ role: 'editor' })
  await expect(admission.admit(JSON.stringify(ada), room.id, inUrl)).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('whose account is gone comes in no more, although the token is good', async () => {
  const { room } = await rooms.create(ada, { name: 'Board', access: 'link-edit' })
  const nobody: UserActor = { ...grace, userId: userIdSchema.parse('nobody') }
  await expect(enter(nobody, room.id)).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('a room token ends with the access of who minted it', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  await members.put(ada, room.id, grace.userId, 'editor')
  const alan = await mintActor(grace, room.id, 'editor')
  expect(await roleOf(alan, room.id)).toBe('editor')
  await members.put(ada, room.id, grace.userId, 'viewer')
  expect(await roleOf(alan, room.id)).toBe('viewer')
  await members.remove(ada, room.id, grace.userId)
  expect(await roleOf(alan, room.id)).toBeUndefined()
})

test('who came by the link mints no tokens', async () => {
  const { room } = await rooms.create(ada, { name: 'Board', access: 'link-edit' })
  await expect(mintActor(grace, room.id, 'editor')).rejects.toMatchObject({ code: 'forbidden' })
})

test('a room token cannot speak for a person of this server, not even for who mints it', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  await members.put(ada, room.id, grace.userId, 'editor')
  const request = (id: string) => ({ ...tokenRequest, user: { id, name: 'Ada' }, role: 'editor' as const })
  await expect(roomTokens.mint(grace, room.id, request(ada.userId))).rejects.toMatchObject({ code: 'invalid_request' })
  const self = tokens.verify((await roomTokens.mint(ada, room.id, request(ada.userId))).token)
  expect((await enter(self, room.id)).user.id).toBe('ada:ada')
})

test('a host’s user is one and the same in all tokens of who mints them, and cannot be another’s', async () => {
  const { room } = await rooms.create(ada, { name: 'Board' })
  await members.put(ada, room.id, grace.userId, 'editor')
  const idOf = async (minter: UserActor) => (await enter(await mintActor(minter, room.id, 'viewer'), room.id)).user.id
  expect([await idOf(ada), await idOf(ada), await idOf(grace)]).toEqual(['ada:host-7', 'ada:host-7', 'grace:host-7'])
})

test('only owners and editors mint room tokens', async () => {
  const { room } = await rooms.create(ada, { name: 'Board', access: 'link-view' })
  await expect(mintActor(grace, room.id, 'viewer')).rejects.toMatchObject({ code: 'forbidden' })
  await rooms.update(ada, room.id, { access: 'private' })
  await expect(mintActor(grace, room.id, 'viewer')).rejects.toMatchObject(notFound)
})
