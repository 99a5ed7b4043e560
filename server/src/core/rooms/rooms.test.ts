import { sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import { expect, test } from 'vitest'
import { MemoryRoomStore } from '../../adapters/memory/memory-room-store.ts'
import type { UserActor } from '../accounts/actor.ts'
import { EventBus } from '../events.ts'
import { createRooms } from './rooms.ts'

const ada: UserActor = {
  kind: 'user',
  userId: userIdSchema.parse('ada'),
  sessionId: sessionIdSchema.parse('session-001'),
  expiresAt: 0,
}
const quota = { check: async () => undefined }
const createAll = () =>
  createRooms({
    store: new MemoryRoomStore(),
    quota,
    presence: { present: async () => new Map() },
    events: new EventBus(),
    now: Date.now,
  })

test('of changes made at the very same time none is lost', async () => {
  const rooms = createAll()
  const { room } = await rooms.create(ada, { name: 'Board' })
  const keys = Array.from({ length: 10 }, (_, n) => `key${n}`)
  await Promise.all(keys.map((key) => rooms.update(ada, room.id, { metadata: { [key]: 'x' } })))
  const after = await rooms.get(ada, room.id)
  expect(Object.keys(after.room.metadata).sort()).toEqual(keys)
  expect(after.version).toBe(11)
})

test('of changes at the very same time that insist on one version, one is made', async () => {
  const rooms = createAll()
  const { room, version } = await rooms.create(ada, { name: 'Board' })
  const names = Array.from({ length: 10 }, (_, n) => `Plan ${n}`)
  const made = await Promise.allSettled(names.map((name) => rooms.update(ada, room.id, { name }, version)))
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const refused = made.filter((result) => result.status === 'rejected')
  expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(Array(9).fill('precondition_failed'))
})

test('a patch without fields writes nothing, so that to see a room is enough for it', async () => {
  const rooms = createAll()
  const { room } = await rooms.create(ada, { name: 'Board', access: 'link-view' })
  const before = await rooms.get(ada, room.id)
  const viewer: UserActor = { ...ada, userId: userIdSchema.parse('vi') }
  expect((await rooms.update(viewer, room.id, {}, before.version)).room).toMatchObject({
    name: 'Board',
    role: 'viewer',
  })
  expect(await rooms.get(ada, room.id)).toEqual(before)
  await expect(rooms.update(ada, room.id, {}, before.version + 1)).rejects.toMatchObject({
    code: 'precondition_failed',
  })
})

test('a change that meets a deletion changes nothing', async () => {
  const rooms = createAll()
  const { room } = await rooms.create(ada, { name: 'Board' })
  const [, change] = await Promise.allSettled([
    rooms.delete(ada, room.id),
    rooms.update(ada, room.id, { name: 'Too late' }),
  ])
  expect(change).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } })
  expect((await rooms.restore(ada, room.id)).room.name).toBe('Board')
})

test('of a change whose answer is lost, its author hears, and whoever is in the room is judged anew', async () => {
  class LosingStore extends MemoryRoomStore {
    override async updateRoom(...args: Parameters<MemoryRoomStore['updateRoom']>): Promise<never> {
      await super.updateRoom(...args)
      throw new Error('connection reset')
    }
  }
  const events = new EventBus()
  const heard: string[] = []
  events.on('accessChanged', (roomId) => heard.push(`access ${roomId}`))
  events.on('roomDeleted', (roomId) => heard.push(`deleted ${roomId}`))
  const rooms = createRooms({
    store: new LosingStore(),
    quota,
    presence: { present: async () => new Map() },
    events,
    now: Date.now,
  })
  const { room } = await rooms.create(ada, { name: 'Board' })
  await expect(rooms.delete(ada, room.id)).rejects.toThrow('connection reset')
  await expect(rooms.get(ada, room.id)).rejects.toMatchObject({ code: 'not_found' })
  expect(heard).toEqual([`access ${room.id}`])
})

test('who stands before a deleted room hears when it is back', async () => {
  const events = new EventBus()
  const heard: string[] = []
  events.on('accessChanged', (roomId) => heard.push(roomId))
  const rooms = createRooms({
    store: new MemoryRoomStore(),
    quota,
    presence: { present: async () => new Map() },
    events,
    now: Date.now,
  })
  const { room } = await rooms.create(ada, { name: 'Board' })
  await rooms.delete(ada, room.id)
  await rooms.restore(ada, room.id)
  expect(heard).toEqual([room.id])
})

test('a room takes 50 keys of metadata, and not one more, however they come together', async () => {
  const rooms = createAll()
  const { room } = await rooms.create(ada, { name: 'Board', metadata: { first: 'x' } })
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, 'x']))
  await rooms.update(ada, room.id, { metadata: keys(49) })
  await expect(rooms.update(ada, room.id, { metadata: keys(50) })).rejects.toMatchObject({ code: 'invalid_request' })
  expect(Object.keys((await rooms.get(ada, room.id)).room.metadata)).toHaveLength(50)
})
