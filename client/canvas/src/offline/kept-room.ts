import type { Role } from '@sketchroom/shared/roles'
import * as Y from 'yjs'
import { openDeviceDatabase, type DeviceDatabase, type Place } from './device-database.ts'
import type { EditId } from './edit-id.ts'
import { emptyBatch, isEmpty, readRoom, writeBatch, type Batch, type KeptState } from './room-rows.ts'

/** What the server sent can be fetched again, so it may wait this long to be written together. */
const GATHER_MS = 250
/** How long after a failed write the whole board is written again. */
const RECOVER_AFTER_MS = 10_000

/**
 * `overdue`: still opening, after longer than anybody should trust; what comes waits for it all the same.
 * `failing`: a write is missing in the log, so later pieces might not fit and are not written; `recovering`: the
 * whole board is being written, and what comes meanwhile waits to follow it.
 */
type Mode = 'opening' | 'overdue' | 'working' | 'failing' | 'recovering'

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
  #mode: Mode = 'opening'
  #loaded = false
  #closed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastWrite: Promise<void> = Promise.resolve()
  #batch = emptyBatch()

  constructor(options: KeptRoomOptions) {
    this.#options = options
  }

  /** Whether what is drawn now is kept. Optimistic while the database opens, until `doubt`. */
  get working(): boolean {
    return this.#mode === 'opening' || this.#mode === 'working'
  }

  /** Puts into the document what this device keeps, and tells which edits the server has not made durable. */
  async load(): Promise<KeptState> {
    try {
      this.#database = await this.#open()
      this.#setMode('working')
      this.#write()
      const state = await readRoom(this.#database, this.#options.place, this.#options.doc)
      this.#loaded = true
      if (!this.working) this.#failed()
      return state
    } catch {
      // Storage is off or broken: the session goes on in memory, and `working` says so.
      this.#failed()
      return { edits: [], role: undefined }
    }
  }

  /** Trusts no longer that a database that still opens will ever be there. */
  doubt(): void {
    if (this.#mode === 'opening') this.#setMode('overdue')
  }

  /** Writes a local edit and its outbox row; the transaction is started before this returns. */
  keepEdit(update: Uint8Array, edit: EditId): void {
    if (this.#mode === 'failing') return
    this.#batch.updates.push(update)
    this.#batch.made.push(edit)
    this.#write()
  }

  /** Writes what came from the server, soon. */
  keepRemote(update: Uint8Array): void {
    if (this.#mode === 'failing') return
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
    if (this.#database && this.#mode === 'working' && !isEmpty(this.#batch)) this.#commitBatch(this.#database)
  }

  #commitBatch(database: DeviceDatabase): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#batch
    this.#batch = emptyBatch()
    this.#lastWrite = this.#commit(database, batch)
  }

  async #commit(database: DeviceDatabase, batch: Batch): Promise<void> {
    try {
      await writeBatch(database, this.#options.place, batch)
    } catch {
      // Shown by `working`. What was settled and the role are not in the document: they are kept for the retry.
      this.#batch.settled.unshift(...batch.settled)
      this.#batch.role ??= batch.role
      this.#failed()
    }
  }

  #failed(): void {
    this.#setMode('failing')
    this.#batch.updates = []
    this.#batch.made = []
    clearTimeout(this.#timer)
    this.#timer = this.#closed || !this.#loaded ? undefined : setTimeout(() => void this.#recover(), RECOVER_AFTER_MS)
  }

  async #recover(): Promise<void> {
    try {
      this.#database?.close()
      this.#database = undefined
      this.#database = await this.#open()
      this.#setMode('recovering')
      this.#batch.updates = [Y.encodeStateAsUpdate(this.#options.doc)]
      this.#batch.made = [...this.#options.unsettled()]
      this.#commitBatch(this.#database)
      await this.#lastWrite
      // A write that was under way when another failed proves nothing; only the whole board does.
      if (this.#mode !== 'recovering') return
      this.#setMode('working')
      this.#write()
    } catch {
      // Still no storage: `working` says so already, and the next round tries again.
      this.#failed()
    }
  }

  #setMode(mode: Mode): void {
    const was = this.working
    this.#mode = mode
    if (this.working !== was) this.#options.onChange()
  }
}
