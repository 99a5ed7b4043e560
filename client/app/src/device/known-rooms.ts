import { z } from 'zod'
import { roomIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import { roleSchema } from '@sketchroom/shared/roles'
import type { Room } from '@sketchroom/shared/api/rooms'
import type { DeviceStorage } from './device-storage.ts'
import { findKnownUser } from './known-user.ts'

const knownRoomSchema = z.object({
  id: roomIdSchema,
  name: z.string(),
  role: roleSchema,
  updatedAt: z.iso.datetime(),
  /** Whether it was opened here. What is stored of its drawing, `Device` knows. */
  opened: z.boolean(),
})

/** A board that this device remembers, to name it and open it without the server. */
export type KnownRoom = z.infer<typeof knownRoomSchema>

/** More than anybody scrolls through offline, and small enough for any quota. */
const MAX_ROOMS = 100

/** The boards that this device remembers for a person, newest change first; for who is here, unless told otherwise. */
export function listKnownRooms(storage: DeviceStorage, person = whoIsHere(storage)): KnownRoom[] {
  const rooms = storage.find(keyOf(person), z.array(knownRoomSchema)) ?? []
  return rooms.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt))
}

/** One remembered board; undefined when this device does not know it. */
export function findKnownRoom(storage: DeviceStorage, id: RoomId): KnownRoom | undefined {
  return listKnownRooms(storage).find((room) => room.id === id)
}

/** Remembers these boards as the server just described them. What is known beyond that stays. */
export function keepKnownRooms(storage: DeviceStorage, rooms: readonly Room[]): void {
  const known = new Map(listKnownRooms(storage).map((room) => [room.id, room]))
  for (const { id, name, role, updatedAt } of rooms) {
    known.set(id, { opened: false, ...known.get(id), id, name, role, updatedAt })
  }
  save(storage, [...known.values()])
}

/** Notes something more about a board that is already remembered. */
export function updateKnownRoom(
  storage: DeviceStorage,
  id: RoomId,
  changes: Partial<Pick<KnownRoom, 'name' | 'role' | 'opened'>>,
): void {
  const rooms = listKnownRooms(storage)
  const room = rooms.find((known) => known.id === id)
  if (room) save(storage, [...rooms.filter((known) => known !== room), { ...room, ...changes }])
}

/** Forgets one board, after it was deleted or closed to this person. */
export function forgetKnownRoom(storage: DeviceStorage, id: RoomId): void {
  save(
    storage,
    listKnownRooms(storage).filter((room) => room.id !== id),
  )
}

/** Gives what is remembered for a guest to the account that took the guest's boards over, who is here now. */
export function takeKnownRooms(storage: DeviceStorage, guest: UserId): void {
  const own = listKnownRooms(storage)
  const ids = new Set(own.map(({ id }) => id))
  save(storage, [...own, ...listKnownRooms(storage, guest).filter(({ id }) => !ids.has(id))])
  storage.forget(keyOf(guest))
}

function save(storage: DeviceStorage, rooms: readonly KnownRoom[]): void {
  const newest = rooms.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt))
  storage.keep(keyOf(whoIsHere(storage)), newest.slice(0, MAX_ROOMS))
}

function whoIsHere(storage: DeviceStorage): UserId | undefined {
  return findKnownUser(storage)?.id
}

function keyOf(person: UserId | undefined): string {
  return `rooms.${person ?? ''}`
}
