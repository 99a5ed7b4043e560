import * as Y from 'yjs'
import type { Edit } from '../collab/edits.ts'
import type { DeviceDatabase, Place } from './device-database.ts'
import { addRows, readRoom, rewriteRoom, type NewRow, type RoomPatch, type StoredState } from './room-rows.ts'

/** From so many rows on, a log is folded into one row: when it is read, and while it grows by a part of itself. */
const FOLD_AT_ROWS = 200
const FOLD_AT_GROWTH = 0.25
/** However small the rows are. */
const FOLD_AT_ROWS_AT_LAST = 2_000

/** What a log is the log of. */
export interface RoomLogOptions {
  readonly place: Place
  readonly doc: Y.Doc
  /** The edits that are not durable on the server; their names are written again when the board is. */
  readonly unsent: () => Iterable<Edit>
}

/** The rows of one room, as far as one document holds what is in them. */
export class RoomLog {
  readonly #options: RoomLogOptions
  /** The rows that the document holds, each with its size. */
  #held = new Map<number, number>()
  /** How many of them hold bytes; what the log took when it was one row; what came since. */
  #rows = 0
  #foldedBytes = 0
  #addedBytes = 0

  constructor(options: RoomLogOptions) {
    this.#options = options
  }

  /** Whether it is worth while to fold a log that has just been read. */
  get isLongToRead(): boolean {
    return this.#rows >= FOLD_AT_ROWS && this.#canBeFolded
  }

  /** Whether it has grown so much that it is to be folded while it is written on. */
  get isLong(): boolean {
    if (this.#rows < FOLD_AT_ROWS) return false
    const hasGrown = this.#rows >= FOLD_AT_ROWS_AT_LAST || this.#addedBytes > this.#foldedBytes * FOLD_AT_GROWTH
    return hasGrown && this.#canBeFolded
  }

  /**
   * A struct without a length, from a hostile client, goes into a document, and what is written of it cannot be read. Row by
   * row, all else is there to be read: it stays as it is.
   */
  get #canBeFolded(): boolean {
    for (const structs of this.#options.doc.store.clients.values()) {
      if (structs.some(({ length }) => length < 1)) return false
    }
    return true
  }

  /** Puts what is stored into the document. */
  async read(database: DeviceDatabase): Promise<StoredState> {
    const state = await readRoom(database, this.#options.place, this.#options.doc)
    for (const [key, bytes] of state.rows) this.#hold(key, bytes)
    this.#foldedBytes = Math.max(0, ...state.rows.values())
    return state
  }

  /**
   * Adds rows that the document holds; returns how many bytes they are. The transaction is on its way at once. With `first`,
   * all rows of the room are this log's, and what is known of the room goes along, how much they take too.
   */
  async add(database: DeviceDatabase, rows: readonly NewRow[], first?: Omit<RoomPatch, 'bytes'>): Promise<number> {
    const joined = joinRemote(rows)
    const sizes = joined.map(({ bytes }) => bytes?.length ?? 0)
    const added = sumOf(sizes)
    const room = first && { ...first, bytes: sumOf(this.#held.values()) + added }
    const keys = await addRows(database, this.#options.place, joined, room)
    for (const [index, key] of keys.entries()) this.#hold(key, sizes[index] ?? 0)
    this.#addedBytes += added
    return added
  }

  /** Writes the whole board as one row, in place of the rows that it holds. */
  async rewrite(database: DeviceDatabase, patch: RoomPatch): Promise<void> {
    if (!this.#canBeFolded) throw new Error('the document is damaged: nobody could read what would be written')
    const { place, doc, unsent } = this.#options
    const replaced = new Map(this.#held)
    const rows = await rewriteRoom(database, place, { doc, unsent: unsent(), patch }, replaced)
    // What came meanwhile has rows of its own.
    for (const [key, bytes] of this.#held) if (!replaced.has(key)) rows.set(key, bytes)
    this.#held = rows
    this.#rows = 1
    this.#foldedBytes = Math.max(0, ...rows.values())
    this.#addedBytes = 0
  }

  /** The rows are gone, by whoever's hand. */
  forget(): void {
    this.#held.clear()
  }

  #hold(key: number, bytes: number): void {
    this.#held.set(key, bytes)
    if (bytes > 0) this.#rows += 1
  }
}

function sumOf(sizes: Iterable<number>): number {
  let sum = 0
  for (const size of sizes) sum += size
  return sum
}

/** What came from the server, in one row where nothing stands between. */
function joinRemote(rows: readonly NewRow[]): NewRow[] {
  const result: NewRow[] = []
  let remote: Uint8Array[] = []
  const endRemote = () => {
    if (remote.length > 0) result.push({ bytes: Y.mergeUpdates(remote) })
    remote = []
  }
  for (const row of rows) {
    if (row.bytes && !row.edit) remote.push(row.bytes)
    else {
      endRemote()
      result.push(row)
    }
  }
  endRemote()
  return result
}
