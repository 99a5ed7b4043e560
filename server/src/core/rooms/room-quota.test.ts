import { sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import { beforeEach, expect, test } from 'vitest'
import { MemoryAccountsStore } from '../../adapters/memory/memory-accounts-store.ts'
import { MemoryRoomStore } from '../../adapters/memory/memory-room-store.ts'
import type { UserActor } from '../accounts/actor.ts'
import { EventBus } from '../events.ts'
import { createMembers, type Members } from './members.ts'
import { createRoomQuota } from './room-quota.ts'
import { createRooms, type Rooms } from './rooms.ts'

const clock = { now: 1_800_000_000_000 }
let accountsStore: MemoryAccountsStore
let rooms: Rooms
let members: Members
let guest: UserActor
let account: UserActor

async function createActor(name: string, email: string | null): Promise<UserActor> {
  const userId = userIdSchema.parse(name)
  await accountsStore.createUser({ id: userId, name, email, passwordHash: null, createdAt: 0 })
  return { kind: 'user', userId, sessionId: sessionIdSchema.parse('session-001'), expiresAt: 0 }
}
const create = async (actor: UserActor) => (await rooms.create(actor, { name: 'Board' })).room.id
const quotaExceeded = { code: 'quota_exceeded' }

beforeEach(async () => {
  const store = new MemoryRoomStore()
  accountsStore = new MemoryAccountsStore()
  const now = () => clock.now++
  const parts = { store, accountsStore, presence: { present: async () => new Map() }, events: new EventBus(), now }
  rooms = createRooms({ ...parts, quota: createRoomQuota({ store, accountsStore, perAccount: 3, perGuest: 2, now }) })
  members = createMembers(parts)
  guest = await createActor('guest', null)
  account = await createActor('account', 'ada@example.org')
})

test('nobody makes boards without end, and a guest fewer than an account; deleting makes room', async () => {
  for (const [actor, most] of [
    [guest, 2],
    [account, 3],
  ] as const) {
    const ids = []
    for (let n = 0; n < most; n++) ids.push(await create(actor))
    await expect(create(actor)).rejects.toMatchObject(quotaExceeded)
    await rooms.delete(actor, ids[0]!)
    await create(actor)
    // Nor by deleting some and bringing them back.
    await expect(rooms.restore(actor, ids[0]!)).rejects.toMatchObject(quotaExceeded)
    await rooms.delete(actor, ids[1]!)
    expect((await rooms.restore(actor, ids[0]!)).room.id).toBe(ids[0])
  }
})

test('who has too many is told how many, and what helps', async () => {
  for (let n = 0; n < 2; n++) await create(guest)
  await expect(create(guest)).rejects.toThrow(/made 2 boards.*Delete some.*sign up: an account may have 3/)
  for (let n = 0; n < 3; n++) await create(account)
  await expect(create(account)).rejects.toThrow(/made 3 boards.*Delete some.*any more\.$/)
})

test('nobody makes and deletes boards without end: the deleted count for a month, each as far as the living do', async () => {
  const ids = []
  for (let n = 0; n < 4; n++) {
    ids.push(await create(guest))
    await rooms.delete(guest, ids[n]!)
  }
  await expect(create(guest)).rejects.toThrow(/deleted 4 boards in the last 30 days.*Restore one.*sign up/)
  await rooms.restore(guest, ids[3]!)
  clock.now += 30 * 24 * 60 * 60 * 1000
  await create(guest)
})

test('nobody can use up another’s quota by giving them boards', async () => {
  for (let n = 0; n < 2; n++) await members.put(guest, await create(guest), account.userId, 'owner')
  for (let n = 0; n < 3; n++) await create(account)
})
