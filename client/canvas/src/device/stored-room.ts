import type { Role } from '@sketchroom/shared/roles'
import type * as Y from 'yjs'
import type { Clocks, Edit } from '../collab/edits.ts'
import { openDeviceDatabase, type DeviceDatabase, type Place } from './device-database.ts'
import { askToPersist, makeRoom, removeRoom } from './device-space.ts'
import { RoomLog } from './room-log.ts'
import { patchRoom, type NewRow, type StoredState } from './room-rows.ts'
import { tellRoomsChanged } from './stored-rooms.ts'
import { WaitingPatch } from './waiting-patch.ts'

/** What the server sent can be fetched again, so it may wait this long to be written together. */
const GATHER_MS = 250
/** How long after a failed write the whole board is written again; doubled after each failure. */
const RECOVER_AFTER_MS = 10_000
const LONGEST_RECOVER_MS = 5 * 60_000
/**
 * `overdue`: still opening, after longer than anybody should trust; what comes waits for it all the same.
 * `failing`: a write is missing in the log, so later pieces might not fit and are not written; `recovering`: the whole board
 * is being written, and what comes meanwhile waits to follow it. `removed`: the person may not see it; `discarded`:
 * they let it go.
 */
type Mode = 'opening' | 'overdue' | 'working' | 'failing' | 'recovering' | 'removed' | 'discarded'

/** What a stored room needs to know of the session it belongs to. */
export interface StoredRoomOptions {
  readonly place: Place
  readonly doc: Y.Doc
  /** The edits that are not durable on the server; their names are written again when the board is. */
  readonly unsent: () => Iterable<Edit>
  /** Called when `working` changes. */
  readonly onChange: () => void
}

/**
 * One room's drawing on this device. The name of a local edit is a part of its row, so after a crash the count of unsent
 * edits is as true as the drawing. No method rejects: a failure shows in `working`.
 */
export class StoredRoom {
  readonly #options: StoredRoomOptions
  #database: DeviceDatabase | undefined
  #mode: Mode = 'opening'
  #loaded = false
  #closed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #recoverAfterMs = RECOVER_AFTER_MS
  /** What is under way; each write waits for the one before. */
  #lastWrite: Promise<void> = Promise.resolve()
  /** What the person may do here, as far as it is known. */
  #role: Role | undefined
  /** There was nothing of the board here, and no role has been written since. */
  #isNew = false
  /** What waits to be written. */
  #rows: NewRow[] = []
  readonly #patch = new WaitingPatch()
  readonly #log: RoomLog

  constructor(options: StoredRoomOptions) {
    this.#options = options
    this.#log = new RoomLog(options)
  }

  /** Whether what is drawn now is stored. Optimistic while the database opens, until `doubt`. */
  get working(): boolean {
    return this.#mode === 'opening' || this.#mode === 'working'
  }

  /** What comes is not written, and need not wait. */
  get #isMute(): boolean {
    return this.#mode === 'failing' || this.#mode === 'removed' || this.#mode === 'discarded'
  }

  /** Puts into the document what this device has, and tells which edits the server has not made durable. */
  async load(): Promise<StoredState> {
    try {
      this.#database = await this.#open()
      this.#setMode('working')
      this.#write()
      const state = await this.#log.read(this.#database)
      const isNew = state.rows.size === 0 && state.role === undefined
      // A role that came while it opened is written with what else has come.
      this.#isNew = isNew && this.#role === undefined
      this.#role ??= state.role
      this.#loaded = true
      this.#after(this.#putInOrder(this.#database, isNew))
      return state
    } catch {
      // Storage is off or broken: the session goes on in memory, and `working` says so.
      this.#failed()
      return { unsent: [], durable: new Map(), role: undefined, rows: new Map() }
    }
  }

  /** Notes that the room is in use, folds a long log, and sees to it that there is room. */
  async #putInOrder(database: DeviceDatabase, isNew: boolean): Promise<void> {
    try {
      const isStored = await this.#writePatch(database, isNew)
      // If not, another board has taken its room since it was read.
      if (!isStored || this.#log.isLongToRead) await this.#rewrite(database)
      await makeRoom(database, this.#options.place)
    } catch {
      this.#failed()
    }
  }

  /** Trusts no longer that a database that still opens will ever be there. */
  doubt(): void {
    if (this.#mode === 'opening') this.#setMode('overdue')
  }

  /** Writes a local edit under its names; the transaction is started before this returns. */
  storeEdit(bytes: Uint8Array, [edit, ...more]: readonly [Edit, ...Edit[]]): void {
    if (this.#isMute) return
    this.#rows.push({ bytes, edit }, ...more.map((name): NewRow => ({ bytes: undefined, edit: name })))
    this.#write()
    askToPersist()
    // Its bytes are counted, and the lists of boards are told of it, a little later.
    this.#writeSoon()
  }

  /** Writes what came from the server, soon. */
  storeRemote(bytes: Uint8Array): void {
    if (this.#isMute) return
    this.#rows.push({ bytes })
    this.#writeSoon()
  }

  /** Notes what is durable on the server, whichever tab made it. */
  storeDurable(clocks: Clocks): void {
    if (clocks.size === 0) return
    this.#patch.addDurable(clocks)
    this.#writeSoon()
  }

  /**
   * Remembers what the person may do here; undefined forgets it. Who has a role again has the room stored again. Written at
   * once: a board that is left the moment it is here opens without the server, tools and all.
   */
  rememberRole(role: Role | undefined): void {
    this.#role = role
    this.#patch.setRole(role)
    if (role && this.#mode === 'removed') {
      this.#mode = 'failing'
      void this.#recover()
    }
    this.#write()
    this.#note()
  }

  /** Removes what is stored, until there is a role again. */
  remove(): void {
    // Before it is read nobody knows whether something of it is unsent.
    if (!this.#database || !this.#loaded || this.#mode === 'removed' || this.#mode === 'discarded') return
    this.#stop('removed')
    this.#after(removeRoom(this.#database, this.#options.place).then(tellRoomsChanged, () => {}))
  }

  /** Writes all that waits, and resolves when it is written or has failed. */
  async flush(): Promise<void> {
    this.#write()
    await this.#lastWrite
    this.#note()
    await this.#lastWrite
  }

  /** Writes nothing more: the person has let go of what was stored. */
  discarded(): void {
    this.#stop('discarded')
  }

  /** Flushes and lets go of the database. */
  async close(): Promise<void> {
    await this.flush()
    this.#closed = true
    clearTimeout(this.#timer)
    this.#database?.close()
    this.#database = undefined
  }

  #stop(mode: 'removed' | 'discarded'): void {
    this.#rows = []
    this.#log.forget()
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#setMode(mode)
  }

  async #open(): Promise<DeviceDatabase> {
    const database = await openDeviceDatabase(this.#options.place[0], () => {
      if (this.#database === database) this.#failed()
    })
    if (!this.#closed) return database
    database.close()
    throw new Error('the room was closed while its storage opened')
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#write()
      this.#note()
    }, GATHER_MS)
  }

  /** Starts to write the rows that wait; of a board that is new here, the role with them. */
  #write(): void {
    const database = this.#database
    const hasFirstRole = this.#isNew && this.#role !== undefined
    if (!database || this.#mode !== 'working' || (this.#rows.length === 0 && !hasFirstRole)) return
    const rows = this.#rows
    this.#rows = []
    if (hasFirstRole) this.#isNew = false
    this.#after(hasFirstRole ? this.#addFirst(database, rows) : this.#add(database, rows))
  }

  async #add(database: DeviceDatabase, rows: readonly NewRow[]): Promise<void> {
    try {
      this.#patch.addBytes(await this.#log.add(database, rows))
    } catch {
      this.#failed()
    }
  }

  async #addFirst(database: DeviceDatabase, rows: readonly NewRow[]): Promise<void> {
    const patch = this.#patch.take()
    try {
      await this.#log.add(database, rows, { ...patch, role: { value: this.#role } })
      tellRoomsChanged()
    } catch {
      this.#patch.giveBack(patch)
      this.#failed()
    }
  }

  /** Starts to note what is new beside the drawing. */
  #note(): void {
    const database = this.#database
    if (!database || this.#mode !== 'working' || !this.#loaded || this.#patch.isEmpty) return
    this.#after(this.#noteAfter(this.#lastWrite, database))
  }

  async #noteAfter(written: Promise<void>, database: DeviceDatabase): Promise<void> {
    await written
    if (this.#mode !== 'working') return
    try {
      const isStored = await this.#writePatch(database, false)
      // If not, it had to make room for others, and what is drawn now would stand on nothing.
      if (!isStored || this.#log.isLong) await this.#rewrite(database)
      tellRoomsChanged()
    } catch {
      this.#failed()
    }
  }

  async #writePatch(database: DeviceDatabase, isNew: boolean): Promise<boolean> {
    const patch = this.#patch.take()
    try {
      const isStored = await patchRoom(database, this.#options.place, patch, isNew)
      if (!isStored) this.#patch.giveBack({ ...patch, role: { value: this.#role } })
      return isStored
    } catch (error) {
      this.#patch.giveBack(patch)
      throw error
    }
  }

  /** Writes the whole board as one row; what comes meanwhile follows it. */
  async #rewrite(database: DeviceDatabase): Promise<void> {
    // Discarded meanwhile, it would be there again.
    if (this.#isMute) return
    const patch = this.#patch.take()
    try {
      await this.#log.rewrite(database, patch)
    } catch (error) {
      this.#patch.giveBack(patch)
      throw error
    }
  }

  #failed(): void {
    if (this.#mode === 'discarded' || this.#mode === 'removed') return
    this.#setMode('failing')
    // It is in the document, which is written whole when there is room again.
    this.#rows = []
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#closed || !this.#loaded) return
    this.#timer = setTimeout(() => void this.#recover(), this.#recoverAfterMs)
    this.#recoverAfterMs = Math.min(LONGEST_RECOVER_MS, this.#recoverAfterMs * 2)
  }

  async #recover(): Promise<void> {
    this.#timer = undefined
    try {
      this.#database?.close()
      this.#database = undefined
      const database = await this.#open()
      this.#database = database
      await makeRoom(database, this.#options.place)
      this.#setMode('recovering')
      await this.#rewrite(database)
      // A write that was under way when another failed proves nothing; only the whole board does.
      if (this.#mode !== 'recovering') return
      this.#recoverAfterMs = RECOVER_AFTER_MS
      this.#setMode('working')
      tellRoomsChanged()
      this.#write()
      this.#writeSoon()
    } catch {
      // Still no storage: `working` says so already, and the next round tries again.
      this.#failed()
    }
  }

  #after(work: Promise<void>): void {
    const before = this.#lastWrite
    this.#lastWrite = before.then(() => work)
  }

  #setMode(mode: Mode): void {
    const was = this.working
    this.#mode = mode
    if (this.working !== was) this.#options.onChange()
  }
}
