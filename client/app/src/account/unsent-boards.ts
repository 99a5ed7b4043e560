import type { DeviceStorage } from '../device/device-storage.ts'
import { listKnownRooms } from '../device/known-rooms.ts'

/** Names the boards with changes that are only on this device, and how many each has; undefined when all is sent. */
export function unsentBoards(storage: DeviceStorage): string | undefined {
  const unsent = listKnownRooms(storage).filter((room) => room.pending > 0)
  return unsent.length > 0 ? unsent.map(({ name, pending }) => `“${name}” (${pending})`).join(', ') : undefined
}
