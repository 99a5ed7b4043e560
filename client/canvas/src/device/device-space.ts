import type { DeviceDatabase, DeviceTransaction, Place, RoomRow } from './device-database.ts'
import { STORES } from './device-database.ts'
import { countUnsent } from './room-rows.ts'

/** What all boards on this device may take together: this much, or this part of what the browser allows. */
const MOST_BYTES = 200 * 1024 * 1024
const MOST_OF_QUOTA = 0.2

let asked = false

/** Asks the browser, once, not to throw away what is stored: some would when space is short, or after a week. */
export function askToPersist(): void {
  if (asked) return
  asked = true
  // Missing on plain http. A refusal changes nothing: the status goes by what could be written.
  void globalThis.navigator?.storage?.persist?.().catch(() => false)
}

/**
 * Takes the boards that were not used for longest from this device until the others are within bounds. One with unsent
 * edits stays, and so does `open`. Never rejects: what could not go now goes later.
 */
export async function makeRoom(database: DeviceDatabase, open: Place): Promise<void> {
  try {
    const most = await mostBytes()
    const rooms = (await database.getAll('rooms')).toSorted((a, b) => a.usedAt - b.usedAt)
    let total = rooms.reduce((sum, room) => sum + room.bytes, 0)
    for (const room of rooms) {
      if (total <= most) return
      if (isSame(room.place, open) || !(await removeUnused(database, room))) continue
      total -= room.bytes
    }
  } catch {
    // Storage that does not answer has no room either; whoever writes hears of it.
  }
}

/**
 * Removes all that is stored of a room. `onHeld` is called when nobody else can read or write any more before it is gone:
 * whoever opens the room after that finds nothing of it.
 */
export async function removeRoom(database: DeviceDatabase, place: Place, onHeld?: () => void): Promise<void> {
  await removeRows(database.transaction(STORES, 'readwrite'), place, onHeld)
}

/** Removes a room if it is as it was found: not opened since, and with nothing unsent, up to the moment that it goes. */
async function removeUnused(database: DeviceDatabase, { place, usedAt }: RoomRow): Promise<boolean> {
  const transaction = database.transaction(STORES, 'readwrite')
  transaction.done.catch(() => {})
  const now = await transaction.objectStore('rooms').get(place)
  if (now?.usedAt !== usedAt || (await countUnsent(transaction, now)) > 0) return false
  await removeRows(transaction, place)
  return true
}

async function removeRows(
  transaction: DeviceTransaction<'readwrite'>,
  place: Place,
  onHeld: () => void = () => {},
): Promise<void> {
  const updates = transaction.objectStore('updates')
  const keys = await updates.index('place').getAllKeys(IDBKeyRange.only(place))
  onHeld()
  await Promise.all([
    ...keys.map((key) => updates.delete(key)),
    transaction.objectStore('rooms').delete(IDBKeyRange.only(place)),
    transaction.done,
  ])
}

async function mostBytes(): Promise<number> {
  const { quota } = (await globalThis.navigator?.storage?.estimate?.()) ?? {}
  return quota === undefined ? MOST_BYTES : Math.min(MOST_BYTES, quota * MOST_OF_QUOTA)
}

function isSame(a: Place, b: Place): boolean {
  return a.every((part, index) => part === b[index])
}
