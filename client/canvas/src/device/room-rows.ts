import type { Role } from '@sketchroom/shared/roles'
import * as Y from 'yjs'
import { isWithin, type Clocks, type Edit } from '../collab/edits.ts'
import {
  beginningWith,
  STORES,
  type DeviceDatabase,
  type DeviceTransaction,
  type Place,
  type RoomRow,
  type UpdateRow,
} from './device-database.ts'

/** Transaction origin of what this device had stored and loads. */
export const STORED = Symbol('stored on this device')

/** What is added to a room's log: an update, the name of a local edit, or both. */
export interface NewRow {
  readonly bytes?: Uint8Array | undefined
  readonly edit?: Edit | undefined
}

/** What this device had stored of a room. */
export interface StoredState {
  /** The edits that the server has not said to be durable. */
  readonly unsent: readonly Edit[]
  readonly durable: Clocks
  readonly role: Role | undefined
  /** The rows that are in the document now, and how large each is. */
  readonly rows: ReadonlyMap<number, number>
}

/** A change of what is known of a room beside its drawing. */
export interface RoomPatch {
  readonly durable: Clocks
  readonly role: { readonly value: Role | undefined } | undefined
  /** How much its rows have grown by. */
  readonly bytes: number
}

/**
 * Adds rows, all of them or none, and returns their keys. The transaction is on its way before this returns. With `first`,
 * nothing was here of the room, and what is known of it goes along.
 */
export async function addRows(
  database: DeviceDatabase,
  place: Place,
  rows: readonly NewRow[],
  first?: RoomPatch,
): Promise<number[]> {
  const transaction: DeviceTransaction<'readwrite'> = database.transaction(first ? STORES : ['updates'], 'readwrite')
  const updates = transaction.objectStore('updates')
  const requests: Promise<number>[] = []
  const others: Promise<unknown>[] = [transaction.done]
  try {
    for (const row of rows) requests.push(updates.add(rowOf(place, row)))
    // Not read before it is written, as in `patchRoom`: a page that goes would not come to the writing.
    if (first) others.push(transaction.objectStore('rooms').put(patched(place, undefined, first)))
    // Commit by name: a tab that goes away right now no longer takes the transaction with it.
    transaction.commit()
    const [keys] = await Promise.all([Promise.all(requests), ...others])
    return keys
  } catch (error) {
    abort(transaction)
    // The first failure is enough to know; the others must not go unheard.
    await Promise.allSettled([...requests, ...others])
    throw error
  }
}

/**
 * Reads a room into a document, and what else is known of it. A row that cannot be read is passed over and stays: the
 * others may hold edits that no server has, and must load.
 */
export async function readRoom(database: DeviceDatabase, place: Place, doc: Y.Doc): Promise<StoredState> {
  const transaction = database.transaction(STORES, 'readonly')
  const updates = transaction.objectStore('updates')
  const [values, keys, room] = await Promise.all([
    updates.index('place').getAll(IDBKeyRange.only(place)),
    updates.index('place').getAllKeys(IDBKeyRange.only(place)),
    transaction.objectStore('rooms').get(place),
    transaction.done,
  ])
  const durable: Clocks = new Map(room?.durable)
  const rows = new Map<number, number>()
  const unsent: Edit[] = []
  doc.transact(() => {
    for (const [index, key] of keys.entries()) {
      const row = values[index] as UpdateRow
      if (applyRow(doc, key, row)) rows.set(key, sizeOf(row))
      const edit = editOf(row)
      if (edit && !isWithin(edit, durable)) unsent.push(edit)
    }
  }, STORED)
  return { unsent, durable, role: room?.role, rows }
}

/** Notes what is new of a room beside its drawing. False when the room is not stored any more: it was discarded. */
export async function patchRoom(
  database: DeviceDatabase,
  place: Place,
  patch: RoomPatch,
  isNew: boolean,
): Promise<boolean> {
  const transaction = database.transaction('rooms', 'readwrite')
  transaction.done.catch(() => {})
  const before = await transaction.store.get(place)
  if (before || isNew) await transaction.store.put(patched(place, before, patch))
  await transaction.done
  return before !== undefined || isNew
}

/**
 * Writes a room as one row, in place of those of its rows that the document holds, in one transaction, so that any number
 * of tabs may do it at once. Unsent edits keep their names. Returns the rows that the document holds then.
 */
export async function rewriteRoom(
  database: DeviceDatabase,
  place: Place,
  content: { readonly doc: Y.Doc; readonly unsent: Iterable<Edit>; readonly patch: RoomPatch },
  held: ReadonlyMap<number, number>,
): Promise<Map<number, number>> {
  const transaction = database.transaction(STORES, 'readwrite')
  transaction.done.catch(() => {})
  try {
    // In the same turn: an edit that is written from now on has a row of its own, after this.
    const bytes = Y.encodeStateAsUpdate(content.doc)
    const unsent = [...content.unsent]
    const updates = transaction.objectStore('updates')
    const rooms = transaction.objectStore('rooms')
    const [stored, before] = await Promise.all([
      updates.index('place').getAllKeys(IDBKeyRange.only(place)),
      rooms.get(place),
    ])
    const replaced = stored.filter((key) => held.has(key))
    const [key] = await Promise.all([updates.add({ place, bytes }), ...replaced.map((row) => updates.delete(row))])
    const rows = new Map([[key, bytes.length]])
    for (const { client, clock } of unsent) {
      const isNamed = await updates.index('edit').getKey([place, client, clock])
      if (isNamed === undefined) rows.set(await updates.add({ place, client, clock }), 0)
    }
    const grown = bytes.length - replaced.reduce((sum, row) => sum + (held.get(row) ?? 0), 0)
    const room = patched(place, before, { ...content.patch, bytes: grown })
    // Of who has no rows any more, nobody will ask.
    const counts = room.durable.map(([client]) => updates.index('edit').count(beginningWith(place, client)))
    const used = await Promise.all(counts)
    await rooms.put({ ...room, durable: room.durable.filter((_, index) => used[index] !== 0) })
    await transaction.done
    return rows
  } catch (error) {
    abort(transaction)
    await transaction.done.catch(() => {})
    throw error
  }
}

/** Makes the rows of one place another's, beside those that are there. */
export async function moveRoom(database: DeviceDatabase, from: Place, to: Place): Promise<void> {
  const transaction = database.transaction(STORES, 'readwrite')
  transaction.done.catch(() => {})
  const rooms = transaction.objectStore('rooms')
  const [source, target] = await Promise.all([rooms.get(from), rooms.get(to)])
  let cursor = await transaction.objectStore('updates').index('place').openCursor(IDBKeyRange.only(from))
  while (cursor) {
    await cursor.update({ ...cursor.value, place: to })
    cursor = await cursor.continue()
  }
  if (source) {
    const patch = {
      durable: new Map(source.durable),
      role: target ? undefined : { value: source.role },
      bytes: source.bytes,
    }
    await rooms.put(patched(to, target, patch))
    await rooms.delete(IDBKeyRange.only(from))
  }
  await transaction.done
}

/** How many edits of a room are unsent, without reading them. */
export async function countUnsent<Mode extends 'readonly' | 'readwrite'>(
  transaction: DeviceTransaction<Mode>,
  room: RoomRow,
): Promise<number> {
  const durable = new Map(room.durable)
  const index = transaction.objectStore('updates').index('edit')
  let count = 0
  let cursor = await index.openKeyCursor(beginningWith(room.place))
  while (cursor) {
    const client = cursor.key[1]
    const beyond = IDBKeyRange.bound([room.place, client, durable.get(client) ?? 0], [room.place, client, []], true)
    count += await index.count(beyond)
    // On to the next client.
    cursor = await cursor.continue([room.place, client, []] as unknown as typeof cursor.key)
  }
  return count
}

function patched(place: Place, before: RoomRow | undefined, { durable, role, bytes }: RoomPatch): RoomRow {
  const clocks = new Map(before?.durable)
  for (const [client, clock] of durable) clocks.set(client, Math.max(clock, clocks.get(client) ?? 0))
  return {
    place,
    role: role ? role.value : before?.role,
    durable: [...clocks],
    bytes: Math.max(0, (before?.bytes ?? 0) + bytes),
    usedAt: Date.now(),
  }
}

function rowOf(place: Place, { bytes, edit }: NewRow): UpdateRow {
  return { place, ...(bytes && { bytes }), ...edit }
}

function editOf({ client, clock }: UpdateRow): Edit | undefined {
  return client === undefined || clock === undefined ? undefined : { client, clock }
}

function sizeOf({ bytes }: UpdateRow): number {
  return bytes?.length ?? 0
}

/** Applies a row, and tells whether it could be read. */
function applyRow(doc: Y.Doc, key: number, row: UpdateRow): boolean {
  try {
    if (row.bytes === undefined && editOf(row)) return true
    if (!(row.bytes instanceof Uint8Array)) throw new TypeError('the row holds no update')
    Y.applyUpdate(doc, row.bytes, STORED)
    return true
  } catch (error) {
    // The only witness of what is missing; the person cannot do anything about it.
    // oxlint-disable-next-line no-console
    console.warn(`SketchRoom: row ${key} of what this device stores cannot be read, and is left out.`, error)
    return false
  }
}

/** Without this, what was put before a request that could not even be made would be committed. */
function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort()
  } catch {
    // It is over already, which is the usual case.
  }
}
