import type { Role } from '@sketchroom/shared/roles'
import * as Y from 'yjs'
import type { DeviceDatabase, Place, WriteTransaction } from './device-database.ts'
import type { EditId } from './edit-id.ts'
import { KEPT } from './origins.ts'

/** From so many rows on, a room's log is folded into one when it is read. */
const COMPACT_AT_ROWS = 200

const STORES = ['updates', 'outbox', 'rooms'] as const

/** What this device had kept of a room. */
export interface KeptState {
  /** The edits that the server has not made durable. */
  readonly edits: readonly EditId[]
  readonly role: Role | undefined
}

/** What is to be written of a room in one transaction. */
export interface Batch {
  updates: Uint8Array[]
  /** Edits that enter the outbox, and edits that leave it. */
  made: EditId[]
  settled: EditId[]
  role: { readonly value: Role | undefined } | undefined
}

/** A batch that writes nothing yet. */
export function emptyBatch(): Batch {
  return { updates: [], made: [], settled: [], role: undefined }
}

/** Whether there is nothing to write. */
export function isEmpty(batch: Batch): boolean {
  return batch.updates.length + batch.made.length + batch.settled.length === 0 && !batch.role
}

/** Writes a batch, all of it or nothing. The transaction is started before this returns. */
export async function writeBatch(database: DeviceDatabase, place: Place, batch: Batch): Promise<void> {
  const transaction = database.transaction(STORES, 'readwrite')
  const requests: Promise<unknown>[] = [transaction.done]
  try {
    for (const request of put(transaction, place, batch)) requests.push(request)
    // Commit by name: a tab that goes away right now no longer takes the transaction with it.
    transaction.commit()
    await Promise.all(requests)
  } catch (error) {
    abort(transaction)
    // The first failure is enough to know; the others must not go unheard.
    await Promise.allSettled(requests)
    throw error
  }
}

function* put(transaction: WriteTransaction, place: Place, batch: Batch): Generator<Promise<unknown>> {
  const outbox = transaction.objectStore('outbox')
  const rooms = transaction.objectStore('rooms')
  const [first, ...more] = batch.updates
  const bytes = first && (more.length === 0 ? first : Y.mergeUpdates(batch.updates))
  if (bytes) yield transaction.objectStore('updates').add({ place, bytes })
  for (const edit of batch.made) yield outbox.put(Date.now(), [place, edit])
  for (const edit of batch.settled) yield outbox.delete([place, edit])
  const role = batch.role?.value
  if (batch.role) yield role ? rooms.put({ role }, place) : rooms.delete(place)
}

/** Without this, what was put before a request that could not even be made would be committed. */
function abort(transaction: WriteTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It is over already, which is the usual case.
  }
}

/**
 * Reads a room into a document, and what else is known of it. A row that cannot be read is passed over and stays.
 * A long log is folded into one row: it goes only where the document holds it, in the same transaction, so any
 * number of tabs may do it at once.
 */
export async function readRoom(database: DeviceDatabase, place: Place, doc: Y.Doc): Promise<KeptState> {
  const transaction = database.transaction(STORES, 'readwrite')
  // Whoever ends it early is heard through a request; the same news must not go unheard here.
  transaction.done.catch(() => {})
  const updates = transaction.objectStore('updates')
  const [rows, keys, outbox, room] = await Promise.all([
    updates.index('place').getAll(place),
    updates.index('place').getAllKeys(place),
    transaction.objectStore('outbox').getAllKeys(IDBKeyRange.bound([place], [place, []])),
    transaction.objectStore('rooms').get(place),
  ])
  const loaded = doc.transact(() => keys.filter((key, index) => applyRow(doc, key, rows[index]?.bytes)), KEPT)
  const requests: Promise<unknown>[] = [transaction.done]
  if (loaded.length >= COMPACT_AT_ROWS) {
    requests.push(updates.add({ place, bytes: Y.encodeStateAsUpdate(doc) }))
    requests.push(...loaded.map((key) => updates.delete(key)))
  }
  await Promise.all(requests)
  return { edits: outbox.map(([, edit]) => edit), role: room?.role }
}

/** Applies a row, and tells whether it could be read. The others may hold edits that no server has: they must load. */
function applyRow(doc: Y.Doc, key: number, bytes: Uint8Array | undefined): boolean {
  try {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('the row holds no update')
    Y.applyUpdate(doc, bytes, KEPT)
    return true
  } catch (error) {
    // The only witness of what is missing; the person cannot do anything about it.
    // oxlint-disable-next-line no-console
    console.warn(`SketchRoom: row ${key} of what this device keeps cannot be read, and is left out.`, error)
    return false
  }
}
