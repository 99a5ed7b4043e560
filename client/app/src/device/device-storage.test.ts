import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Room } from '@sketchroom/shared/api/rooms'
import { roomIdSchema } from '@sketchroom/shared/ids'
import { createDeviceStorage } from './device-storage.ts'
import {
  findKnownRoom,
  forgetKnownRoom,
  keepKnownRooms,
  listKnownRooms,
  takeKnownRooms,
  updateKnownRoom,
} from './known-rooms.ts'
import { keepKnownUser } from './known-user.ts'
import { memoryStorage } from './memory-storage.testing.ts'
import { user } from './user.testing.ts'

const text = z.string()

const room = (id: string, changes: Partial<Room> = {}): Room => ({
  id: roomIdSchema.parse(`room-${id.padStart(8, '0')}`),
  name: `Board ${id}`,
  slug: null,
  access: 'link-edit',
  metadata: {},
  role: 'owner',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  deletedAt: null,
  present: [],
  ...changes,
})

describe('storage of the device', () => {
  test('remembers what fits the schema, and takes everything else for absent', () => {
    const raw = memoryStorage()
    const storage = createDeviceStorage(() => raw)
    expect(storage.keep('a', 'hello')).toBe(true)
    expect(storage.find('a', text)).toBe('hello')
    expect(storage.find('a', z.number())).toBeUndefined()
    raw.setItem('sketchroom.a', '{half')
    expect(storage.find('a', text)).toBeUndefined()
  })

  test('copes when opening it throws', () => {
    const storage = createDeviceStorage(() => {
      throw new DOMException('blocked', 'SecurityError')
    })
    expect(storage.works).toBe(false)
    expect(storage.keep('a', 'hello')).toBe(false)
    expect(storage.find('a', text)).toBeUndefined()
    expect(() => storage.forget('a')).not.toThrow()
    expect(() => storage.forgetAll()).not.toThrow()
  })

  test('copes when the quota is used up', () => {
    const raw = memoryStorage()
    let full = false
    const setItem = (key: string, value: string) => {
      if (full) throw new DOMException('full', 'QuotaExceededError')
      raw.setItem(key, value)
    }
    const storage = createDeviceStorage(() => Object.create(raw, { setItem: { value: setItem } }) as Storage)
    expect(storage.keep('a', 'hello')).toBe(true)
    full = true
    expect(storage.keep('a', 'more')).toBe(false)
    expect(storage.find('a', text)).toBe('hello')
  })

  test('forgets its own entries and leaves those of others', () => {
    const raw = memoryStorage()
    raw.setItem('theirs', '1')
    const storage = createDeviceStorage(() => raw)
    storage.keep('a', 1)
    storage.keep('b', 2)
    storage.forgetAll()
    expect(raw.length).toBe(1)
    expect(raw.getItem('theirs')).toBe('1')
  })
})

describe('known boards', () => {
  test('keep what this device knows when the server describes them again', () => {
    const storage = createDeviceStorage(memoryStorage)
    const { id } = room('1')
    keepKnownRooms(storage, [room('1')])
    updateKnownRoom(storage, id, { opened: true })
    keepKnownRooms(storage, [room('1', { name: 'Renamed', role: 'viewer' })])
    expect(findKnownRoom(storage, id)).toMatchObject({ name: 'Renamed', role: 'viewer', opened: true })
    forgetKnownRoom(storage, id)
    expect(findKnownRoom(storage, id)).toBeUndefined()
  })

  test('are at most a hundred: those that changed last', () => {
    const storage = createDeviceStorage(memoryStorage)
    const oldest = room('0', { updatedAt: '2020-01-01T00:00:00.000Z' })
    keepKnownRooms(storage, [oldest])
    keepKnownRooms(
      storage,
      Array.from({ length: 150 }, (_, i) => room(String(i + 1))),
    )
    expect(listKnownRooms(storage)).toHaveLength(100)
    expect(findKnownRoom(storage, oldest.id)).toBeUndefined()
  })

  test('are each person’s own', () => {
    const storage = createDeviceStorage(memoryStorage)
    keepKnownUser(storage, user('ada'))
    keepKnownRooms(storage, [room('1')])
    keepKnownUser(storage, user('bob'))
    expect(listKnownRooms(storage)).toEqual([])
    keepKnownRooms(storage, [room('2')])
    keepKnownUser(storage, user('ada'))
    expect(listKnownRooms(storage).map(({ id }) => id)).toEqual([room('1').id])
  })

  test('of a guest go to the account that takes the guest’s boards over', () => {
    const storage = createDeviceStorage(memoryStorage)
    keepKnownUser(storage, user('guest'))
    keepKnownRooms(storage, [room('1')])
    keepKnownUser(storage, user('ada'))
    takeKnownRooms(storage, user('guest').id)
    expect(listKnownRooms(storage).map(({ id }) => id)).toEqual([room('1').id])
    expect(listKnownRooms(storage, user('guest').id)).toEqual([])
  })
})
