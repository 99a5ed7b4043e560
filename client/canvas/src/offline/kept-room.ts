import type { Role } from '@sketchroom/shared/roles'
import * as Y from 'yjs'
import { openDeviceDatabase, type DeviceDatabase, type Place } from './device-database.ts'
import type { EditId } from './edit-id.ts'
import { KEPT } from './origins.ts'

/** So many rows are folded into one when a board is opened. */
const COMPACT_AT_ROWS = 200
/** What the server sent can be fetched again, so it may wait this long to be written together. */
const GATHER_MS = 250
/** How long after a failed write the whole board is written again. */
const RECOVER_AFTER_MS = 10_000

/** What this device had kept of a room. */
export interface KeptState {
  readonly edits: readonly EditId[]
  readonly role: Role | undefined
}

/** What a kept room needs to know of the session it belongs to. */
export interface KeptRoomOptions {
  readonly place: Place
  readonly doc: Y.Doc
  /** The edits that are not durable on the server, written again after a failure. */
  readonly unsettled: () => readonly EditId[]
  /** Called when `working` changes. */
  readonly onChange: () => void
}

/**
 * One room's drawing and outbox on this device. An edit and its outbox row are written in one transaction, so
 * after a crash the count is as true as the drawing. No method rejects: a failure shows in `working`.
 */
export class KeptRoom {
  readonly #options: KeptRoomOptions
  #database: DeviceDatabase | undefined
  #working = true
  #loaded = false
  #closed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastWrite: Promise<void> = Promise.resolve()
  #batch = emptyBatch()

  constructor(options: KeptRoomOptions) {
    this.#options = options
  }

  /** Whether what is drawn now is kept. Optimistic until the database has answered. */
  get working(): boolean {
    return this.#working
  }

  /** Puts into the document what this device keeps, and tells which edits the server has not made durable. */
  async load(): Promise<KeptState> {
    try {
      this.#database = await this.#open()
      this.#write()
      const state = await this.#readAll(this.#database)
      this.#loaded = true
      return state
    } catch {
      // Storage is off or broken: the session goes on in memory, and `working` says so.
      this.#setWorking(false)
      return { edits: [], role: undefined }
    }
  }

  /** Writes a local edit and its outbox row; the transaction is started before this returns. */
  keepEdit(update: Uint8Array, edit: EditId): void {
    this.#batch.updates.push(update)
    this.#batch.made.push(edit)
    this.#write()
  }

  /** Writes what came from the server, soon. */
  keepRemote(update: Uint8Array): void {
    this.#batch.updates.push(update)
    this.#writeSoon()
  }

  /** Takes durable edits out of the outbox, whichever tab made them. */
  settle(edits: readonly EditId[]): void {
    if (edits.length === 0) return
    this.#batch.settled.push(...edits)
    this.#writeSoon()
  }

  /** Remembers what the person may do here; undefined forgets it. */
  rememberRole(role: Role | undefined): void {
    this.#batch.role = { value: role }
    this.#writeSoon()
  }

  /** Writes all that waits, and resolves when it is written or has failed. */
  async flush(): Promise<void> {
    this.#write()
    await this.#lastWrite
  }

  /** Flushes and lets go of the database. */
  async close(): Promise<void> {
    await this.flush()
    this.#closed = true
    clearTimeout(this.#timer)
    this.#database?.close()
    this.#database = undefined
  }

  async #open(): Promise<DeviceDatabase> {
    const database = await openDeviceDatabase(() => {
      if (this.#database === database) this.#failed()
    })
    if (!this.#closed) return database
    database.close()
    throw new Error('the room was closed while its storage opened')
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => this.#write(), GATHER_MS)
  }

  #write(): void {
    if (!this.#database || !this.#working || isEmpty(this.#batch)) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#batch
    this.#batch = emptyBatch()
    this.#lastWrite = this.#commit(this.#database, batch)
  }

  async #commit(database: DeviceDatabase, batch: Batch): Promise<void> {
    const { place } = this.#options
    try {
      const transaction = database.transaction(['updates', 'outbox', 'rooms'], 'readwrite')
      const updates = transaction.objectStore('updates')
      const outbox = transaction.objectStore('outbox')
      const rooms = transaction.objectStore('rooms')
      const requests: Promise<unknown>[] = [transaction.done]
      const [first] = batch.updates
      if (first) {
        const bytes = batch.updates.length === 1 ? first : Y.mergeUpdates(batch.updates)
        requests.push(updates.add({ place, bytes }))
      }
      for (const edit of batch.made) requests.push(outbox.put(Date.now(), [place, edit]))
      for (const edit of batch.settled) requests.push(outbox.delete([place, edit]))
      if (batch.role) {
        const role = batch.role.value
        requests.push(role ? rooms.put({ role }, place) : rooms.delete(place))
      }
      // Commit by name: a tab that goes away right now no longer takes the transaction with it.
      transaction.commit()
      await Promise.all(requests)
      this.#setWorking(true)
    } catch {
      this.#batch.settled.unshift(...batch.settled)
      this.#batch.role ??= batch.role
      this.#failed()
    }
  }

  /** A write is missing in the log, so later pieces may not fit: from here on only the whole board will do. */
  #failed(): void {
    this.#setWorking(false)
    if (this.#closed || !this.#loaded) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#recover(), RECOVER_AFTER_MS)
  }

  async #recover(): Promise<void> {
    this.#timer = undefined
    try {
      this.#database?.close()
      this.#database = undefined
      const database = await this.#open()
      this.#database = database
      const batch = this.#batch
      this.#batch = emptyBatch()
      batch.updates = [Y.encodeStateAsUpdate(this.#options.doc)]
      batch.made = [...this.#options.unsettled()]
      this.#lastWrite = this.#commit(database, batch)
    } catch {
      // Still no storage: `working` says so already, and the next round tries again.
      this.#failed()
    }
  }

  async #readAll(database: DeviceDatabase): Promise<KeptState> {
    const { place, doc } = this.#options
    const transaction = database.transaction(['updates', 'outbox', 'rooms'], 'readwrite')
    const updates = transaction.objectStore('updates')
    const [rows, keys, outbox, room] = await Promise.all([
      updates.index('place').getAll(place),
      updates.index('place').getAllKeys(place),
      transaction.objectStore('outbox').getAllKeys(IDBKeyRange.bound([place], [place, []])),
      transaction.objectStore('rooms').get(place),
    ])
    doc.transact(() => rows.forEach((row) => Y.applyUpdate(doc, row.bytes, KEPT)), KEPT)
    const requests: Promise<unknown>[] = [transaction.done]
    if (rows.length >= COMPACT_AT_ROWS) {
      requests.push(updates.add({ place, bytes: Y.encodeStateAsUpdate(doc) }))
      requests.push(...keys.map((key) => updates.delete(key)))
    }
    await Promise.all(requests)
    return { edits: outbox.map(([, edit]) => edit), role: room?.role }
  }

  #setWorking(working: boolean): void {
    if (this.#working === working) return
    this.#working = working
    this.#options.onChange()
  }
}

/** What waits to be written. */
interface Batch {
  updates: Uint8Array[]
  made: EditId[]
  settled: EditId[]
  role: { value: Role | undefined } | undefined
}

function emptyBatch(): Batch {
  return { updates: [], made: [], settled: [], role: undefined }
}

function isEmpty(batch: Batch): boolean {
  return batch.updates.length + batch.made.length + batch.settled.length === 0 && !batch.role
}
