import type { Role } from '@sketchroom/shared/roles'
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb'
import type { EditId } from './edit-id.ts'

/** Names a room among all servers this browser origin may talk to: the server's origin, then the room's id. */
export type Place = string

interface DeviceSchema extends DBSchema {
  /** What this device knows of each drawing, as Yjs updates in the order they came. */
  updates: { key: number; value: { place: Place; bytes: Uint8Array }; indexes: { place: Place } }
  /** One row for each local edit that the server has not made durable yet; the value is when it was made. */
  outbox: { key: [Place, EditId]; value: number }
  /** What the person could last do in the room, for opening it offline. */
  rooms: { key: Place; value: { role: Role } }
}

/** The browser's database of everything that is kept for offline use. */
export type DeviceDatabase = IDBPDatabase<DeviceSchema>

/** A transaction that may write everything of a room. */
export type WriteTransaction = IDBPTransaction<DeviceSchema, readonly ('updates' | 'outbox' | 'rooms')[], 'readwrite'>

/**
 * Opens the database. Rejects when the browser has no storage for us (switched off, private mode);
 * `onLost` is called when the browser closes it later.
 */
export async function openDeviceDatabase(onLost: () => void): Promise<DeviceDatabase> {
  return openDB<DeviceSchema>('sketchroom', 1, {
    upgrade(database) {
      database.createObjectStore('updates', { autoIncrement: true }).createIndex('place', 'place')
      database.createObjectStore('outbox')
      database.createObjectStore('rooms')
    },
    blocking(_current, _blocked, event) {
      // Somebody deletes or upgrades the database: holding on would block them for ever.
      ;(event.target as IDBDatabase).close()
      onLost()
    },
    terminated: onLost,
  })
}
