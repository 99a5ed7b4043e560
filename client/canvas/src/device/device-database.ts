import { storageNamespace } from '@sketchroom/shared/api/server-address'
import type { Role } from '@sketchroom/shared/roles'
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb'

/** Names one person's copy of a room on this device: the server's address, the person, the room's id. */
export type Place = [server: string, person: string, roomId: string]

/**
 * A Yjs update, in the order in which they came. With `client` and `clock` it is a local edit of that name; when rows are
 * folded into one, what is left of an unsent edit is its name, without bytes.
 */
export interface UpdateRow {
  readonly place: Place
  readonly bytes?: Uint8Array
  readonly client?: number
  readonly clock?: number
}

/** What is known of a room beside its drawing. */
export interface RoomRow {
  readonly place: Place
  /** What the person could last do in it. Only of a board whose drawing was here once, whole: it opens offline. */
  readonly role: Role | undefined
  /** How far each Yjs client's edits are durable on the server: an edit beyond that is unsent. */
  readonly durable: ReadonlyArray<readonly [client: number, clock: number]>
  /** How much its rows take. */
  readonly bytes: number
  readonly usedAt: number
}

interface DeviceSchema extends DBSchema {
  updates: { key: number; value: UpdateRow; indexes: { place: Place; edit: [Place, number, number] } }
  rooms: { key: Place; value: RoomRow }
}

/** The browser's database of all that is stored on this device. */
export type DeviceDatabase = IDBPDatabase<DeviceSchema>

/** A transaction over all of it. */
export type DeviceTransaction<Mode extends 'readonly' | 'readwrite'> = IDBPTransaction<
  DeviceSchema,
  readonly ('updates' | 'rooms')[],
  Mode
>

/** All that a transaction may need of a room. */
export const STORES = ['updates', 'rooms'] as const

/** The first version had no persons in it, and was never released. */
const VERSION = 2

/**
 * Opens the database of the servers that lie below one path, as this one does. Rejects when the browser has no storage for us (switched off, private mode);
 * `onLost` is called when the browser closes it later.
 */
export async function openDeviceDatabase(server: string, onLost: () => void = () => {}): Promise<DeviceDatabase> {
  return openDB<DeviceSchema>(storageNamespace(server), VERSION, {
    upgrade(database) {
      for (const name of database.objectStoreNames) database.deleteObjectStore(name)
      const updates = database.createObjectStore('updates', { autoIncrement: true })
      updates.createIndex('place', 'place')
      updates.createIndex('edit', ['place', 'client', 'clock'])
      database.createObjectStore('rooms', { keyPath: 'place' })
    },
    blocking(_current, _blocked, event) {
      // Somebody deletes or upgrades the database: holding on would block them for ever.
      ;(event.target as IDBDatabase).close()
      onLost()
    },
    terminated: onLost,
  })
}

/** All keys that begin with these parts. */
export function beginningWith(...parts: ReadonlyArray<string | number | Place>): IDBKeyRange {
  // In the order of keys, an array comes after any string and any number; the type of ranges knows no readonly arrays.
  return IDBKeyRange.bound([...parts] as IDBValidKey, [...parts, []] as IDBValidKey)
}
