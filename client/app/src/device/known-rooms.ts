import { z } from 'zod'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { roleSchema } from '@sketchroom/shared/roles'
import type { Room } from '@sketchroom/shared/api/rooms'
import type { DeviceStorage } from './device-storage.ts'

const knownRoomSchema = z.object({
  id: roomIdSchema,
  name: z.string(),
  role: roleSchema,
  updatedAt: z.iso.datetime(),
  /** Whether it was opened here, so that its drawing is on this device too. */
  opened: z.boolean(),
  /** How many changes were kept on this device and not yet by the server, when it was last looked at. */
  pending: z.int().min(0),
})

/** A board that this device remembers, to name it and open it without the server. */
export type KnownRoom = z.infer<typeof knownRoomSchema>

const KEY = 'rooms'
/** More than anybody scrolls through offline, and small enough for any quota. */
const MAX_ROOMS = 100

/** The boards that this device remembers, newest change first. */
export function listKnownRooms(storage: DeviceStorage): KnownRoom[] {
  const rooms = storage.find(KEY, z.array(knownRoomSchema)) ?? []
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
    known.set(id, { opened: false, pending: 0, ...known.get(id), id, name, role, updatedAt })
  }
  save(storage, [...known.values()])
}

/** Notes something more about a board that is already remembered. */
export function updateKnownRoom(
  storage: DeviceStorage,
  id: RoomId,
  changes: Partial<Pick<KnownRoom, 'name' | 'role' | 'opened' | 'pending'>>,
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

function save(storage: DeviceStorage, rooms: readonly KnownRoom[]): void {
  // Unsaved work is never pushed out of the list: the warning at sign-out depends on it.
  const ranked = rooms.toSorted(
    (a, b) => Number(b.pending > 0) - Number(a.pending > 0) || b.updatedAt.localeCompare(a.updatedAt),
  )
  storage.keep(KEY, ranked.slice(0, MAX_ROOMS))
}
