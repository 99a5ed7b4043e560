import { roomIdSchema, sessionIdSchema, userIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import { beforeEach, expect, test } from 'vitest'
import { MemoryAccountsStore } from '../../adapters/memory/memory-accounts-store.ts'
import { MemoryRoomStore } from '../../adapters/memory/memory-room-store.ts'
import type { MembershipRecord } from '../../ports/room-store.ts'
import type { UserActor } from '../accounts/actor.ts'
import { EventBus } from '../events.ts'
import { createMembers, type Members } from './members.ts'

/** Lets a test do something between what was decided and what is written. */
class RacedRoomStore extends MemoryRoomStore {
  inBetween: () => Promise<unknown> = async () => undefined

  override async putMembership(membership: MembershipRecord, expected: MembershipRecord | undefined) {
    await this.inBetween()
    return await super.putMembership(membership, expected)
  }

  /** As somebody else would, at the same moment. */
  async set(userId: UserId, role: 'viewer' | 'editor' | null, removedAt: number | null = null): Promise<void> {
    const before = await this.findMembership(roomId, userId)
    await super.putMembership({ roomId, userId, role, joinedAt: 1, removedAt }, before)
  }
}

const roomId: RoomId = roomIdSchema.parse('room-of-the-tests')
let store: RacedRoomStore
let accountsStore: MemoryAccountsStore
let members: Members
/** How often it was asked who is in the room. */
let presenceAsked: number
let owner: UserActor
let editor: UserActor
let grace: UserId

async function createPerson(): Promise<UserActor> {
  const userId = userIdSchema.parse(nanoid())
  await accountsStore.createUser({ id: userId, name: userId, email: null, passwordHash: null, createdAt: 0 })
  return { kind: 'user', userId, sessionId: sessionIdSchema.parse('session-001'), expiresAt: 0 }
}

beforeEach(async () => {
  store = new RacedRoomStore()
  accountsStore = new MemoryAccountsStore()
  presenceAsked = 0
  const presence = {
    async present(roomIds: readonly RoomId[]) {
      presenceAsked++
      return new Map(roomIds.map((id) => [id, [{ id: editor.userId, name: 'Editor', color: '#000000' }]]))
    },
  }
  members = createMembers({ store, accountsStore, presence, events: new EventBus(), now: () => 7 })
  ;[owner, editor] = [await createPerson(), await createPerson()]
  grace = (await createPerson()).userId
  const times = { createdAt: 0, updatedAt: 0, deletedAt: null }
  const room = { id: roomId, name: 'Board', slug: null, access: 'private', metadata: {}, version: 1, ...times } as const
  await store.createRoom(room, owner.userId)
  await store.set(editor.userId, 'editor')
})

test('an editor who raises somebody while an owner removes them does not let them back in', async () => {
  await store.set(grace, 'viewer')
  store.inBetween = () => store.set(grace, null, 5)
  await expect(members.put(editor, roomId, grace, 'editor')).rejects.toMatchObject({ code: 'forbidden' })
  expect(await store.findMembership(roomId, grace)).toMatchObject({ role: null, removedAt: 5 })
})

test('an editor who invites a viewer while an owner makes them an editor does not lower them', async () => {
  store.inBetween = () => store.set(grace, 'editor')
  await expect(members.put(editor, roomId, grace, 'viewer')).rejects.toMatchObject({ code: 'forbidden' })
  expect(await store.findMembership(roomId, grace)).toMatchObject({ role: 'editor' })
})

test('who was changed in between is looked at again, and the change is made all the same where that is right', async () => {
  store.inBetween = async () => {
    store.inBetween = async () => undefined
    await store.set(grace, 'viewer')
  }
  expect(await members.put(editor, roomId, grace, 'editor')).toMatchObject({ role: 'editor' })
  store.inBetween = async () => {
    store.inBetween = async () => undefined
    await store.set(grace, 'viewer')
  }
  await members.remove(owner, roomId, grace)
  expect(await store.findMembership(roomId, grace)).toMatchObject({ role: null, removedAt: 7 })
})

test('any member leaves by themselves, but not who was removed, and not the last owner', async () => {
  await members.remove(editor, roomId, editor.userId)
  expect(await store.findMembership(roomId, editor.userId)).toBeUndefined()
  await store.set(editor.userId, null, 5)
  await store.updateRoom(roomId, { access: 'link-edit' })
  await expect(members.remove(editor, roomId, editor.userId)).rejects.toMatchObject({ code: 'not_found' })
  expect(await store.findMembership(roomId, editor.userId)).toMatchObject({ removedAt: 5 })
  await expect(members.remove(owner, roomId, owner.userId)).rejects.toMatchObject({ code: 'last_owner' })
  await members.put(owner, roomId, grace, 'owner')
  await members.remove(owner, roomId, owner.userId)
  expect((await store.listMemberships(roomId)).filter(({ role }) => role !== null)).toMatchObject([{ userId: grace }])
})

test('a membership that never stays the same is given up', async () => {
  let turn = 0
  store.inBetween = () => store.set(grace, turn++ % 2 === 0 ? 'viewer' : 'editor')
  await expect(members.put(owner, roomId, grace, 'editor')).rejects.toMatchObject({ code: 'precondition_failed' })
})

test('who is in the room is asked once for a whole list', async () => {
  for (let n = 0; n < 20; n++) await store.set((await createPerson()).userId, 'viewer')
  const { data } = await members.list(owner, roomId, { limit: 100 })
  expect(data).toHaveLength(22)
  expect(data.filter(({ online }) => online).map(({ user }) => user.id)).toEqual([editor.userId])
  expect(presenceAsked).toBe(1)
})

test('a list has the owners first, then everybody by name', async () => {
  await store.set(grace, 'viewer')
  const people = await Promise.all(Array.from({ length: 5 }, () => createPerson()))
  for (const { userId } of people) await store.set(userId, 'viewer')
  const { data } = await members.list(owner, roomId, { limit: 10 })
  const names = data.map(({ user }) => user.name)
  const rest = names.slice(1)
  expect([data[0]?.user.id, rest.length]).toEqual([owner.userId, 7])
  expect(rest).toEqual(rest.toSorted((a, b) => a.localeCompare(b)))
})

test('a cursor that is none is refused, and nothing is listed', async () => {
  await expect(members.list(owner, roomId, { limit: 10, cursor: 'nonsense' })).rejects.toMatchObject({
    code: 'invalid_request',
  })
})

test('who was removed is on no list, whatever the link allows', async () => {
  await store.set(grace, 'editor')
  await store.updateRoom(roomId, { access: 'link-edit' })
  await members.remove(owner, roomId, grace)
  const { data } = await members.list(owner, roomId, { limit: 10 })
  expect(data.map(({ user }) => user.id).sort()).toEqual([owner.userId, editor.userId].sort())
})

test('a list that ends with its page says so, and one that goes on says where', async () => {
  await store.set(grace, 'viewer')
  const first = await members.list(owner, roomId, { limit: 2 })
  expect([first.data.length, typeof first.nextCursor]).toEqual([2, 'string'])
  const rest = await members.list(owner, roomId, { limit: 2, cursor: first.nextCursor as string })
  expect([rest.data.length, rest.nextCursor]).toEqual([1, null])
  const all = await members.list(owner, roomId, { limit: 3 })
  expect([all.data, all.nextCursor]).toEqual([[...first.data, ...rest.data], null])
})

test('a role given in person counts as such only while the link does not give more', async () => {
  await store.set(grace, 'viewer')
  await store.updateRoom(roomId, { access: 'link-edit' })
  const { data } = await members.list(owner, roomId, { limit: 10 })
  const viaOf = new Map(data.map(({ user, role, via }) => [user.id, `${role} via ${via}`]))
  expect(viaOf.get(grace)).toBe('editor via link')
  expect(viaOf.get(editor.userId)).toBe('editor via member')
})

test('nobody is given a role who does not exist', async () => {
  const stranger = userIdSchema.parse(nanoid())
  await expect(members.put(owner, roomId, stranger, 'editor')).rejects.toMatchObject({ code: 'not_found' })
  expect(await store.findMembership(roomId, stranger)).toBeUndefined()
})

test('a new role leaves the day of joining as it is, and who comes back after a removal joins anew', async () => {
  await members.put(owner, roomId, editor.userId, 'viewer')
  expect(await store.findMembership(roomId, editor.userId)).toMatchObject({ role: 'viewer', joinedAt: 1 })
  await members.remove(owner, roomId, editor.userId)
  await members.put(owner, roomId, editor.userId, 'editor')
  expect(await store.findMembership(roomId, editor.userId)).toMatchObject({ role: 'editor', joinedAt: 7 })
})
