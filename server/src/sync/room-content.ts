import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Document } from '@hocuspocus/server'
import * as Y from 'yjs'
import {
  encodeRanges,
  encodeTransactionRanges,
  rangesOfDocument,
  rangesOfUpdate,
  type DecodedUpdate,
} from '../core/documents/clock-ranges.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'
import type { UpdateRecord } from '../ports/document-store.ts'
import { isMissingDependencies } from './check-update.ts'
import { withoutTelling } from './quiet-document.ts'

/** Joiners are sent so many updates after the base one by one; with more, the board is encoded anew, for all who come. */
const LONG_TAIL = 64
/** Encoding takes time with the size of the board: this part of it must be new, or so many updates. */
const LARGE_PART = 0.2
const VERY_LONG_TAIL = 1000

/** Up to this size, a document is built in a few milliseconds; a larger one in slices, while others are served. */
const LARGE_BYTES = 256 * 1024

/** Cuts a room's bytes into updates that can be integrated one after the other; what refers to a hole comes last. */
export type Slice = (parts: readonly Uint8Array[]) => Promise<readonly Uint8Array[]>

/** Marks what comes from the store and must not be journalled again. */
const STORED = Symbol('stored')

/** Marks an edit that the server makes for somebody. */
export interface ServerEdit {
  readonly author: string | null
}

/** A room's own records do not come together: that is no fault of whoever asked for what is in them. */
export class UnreadableRoomError extends Error {
  override readonly name = 'UnreadableRoomError'
}

/** What became of an update that a client sent. */
export type ApplyResult = 'applied' | 'missing-dependencies'

/** Hears of each update that the room has taken. */
export interface ContentEvents {
  /** It is new, and to be stored: what it inserted and deleted is in `ranges`. */
  readonly onTaken: (update: Uint8Array, ranges: Uint8Array, origin: unknown) => void
  /** The document has changed, by whoever is the origin. */
  readonly onChanged: (origin: unknown) => void
}

/**
 * What is drawn in a room. While nobody writes it is bytes, which go out as they are stored; the Yjs document is filled
 * when the first write comes.
 */
export class RoomContent {
  readonly bytes: RoomBytes
  readonly #document: Document
  readonly #slice: Slice
  readonly #events: ContentEvents
  #filled = false
  #filling: Promise<void> | undefined
  /** Loaded without a record that was set aside: what depends on it waits in the document, and in the journal. */
  #hasHole = false

  constructor(parts: { document: Document; bytes: RoomBytes; slice: Slice; events: ContentEvents }) {
    this.bytes = parts.bytes
    this.#document = parts.document
    this.#slice = parts.slice
    this.#events = parts.events
  }

  /** Whether the document is built. */
  get isFilled(): boolean {
    return this.#filled
  }

  /**
   * Applies a client's update, whole or not at all: one that refers to what is not known is `missing-dependencies`.
   * Throws when it does not integrate; then the document may be half changed. Like all that reads the room, throws
   * `UnreadableRoomError` when that cannot be done.
   */
  apply(update: Uint8Array, decoded: DecodedUpdate, origin: unknown): ApplyResult {
    if (this.has(decoded)) return 'applied'
    this.fill()
    if (this.#hasHole) return this.#applyBesideHole(update, decoded, origin)
    const document = this.#document
    if (isMissingDependencies(decoded, document)) return 'missing-dependencies'
    Y.applyUpdate(document, update, origin)
    if (document.store.pendingStructs === null && document.store.pendingDs === null) return 'applied'
    // Made so that Yjs reads less in it than was checked: with a client in it twice, say. What waits now is in no record.
    document.store.pendingStructs = null
    document.store.pendingDs = null
    return 'missing-dependencies'
  }

  /** Applies what others have committed to the store. */
  applyStored(records: readonly UpdateRecord[]): void {
    this.fill()
    this.#document.transact(() => {
      for (const { update } of records) Y.applyUpdate(this.#document, update)
    }, STORED)
  }

  /** Changes the document as an ordinary edit of `edit.author`, which everybody sees. */
  edit(change: (document: Y.Doc) => void, edit: ServerEdit): void {
    this.fill()
    this.#document.transact(() => change(this.#document), edit)
  }

  /** What somebody with this state vector lacks, as updates in order; the last may be empty. */
  missingFor(stateVector: Uint8Array): Uint8Array[] {
    if (Y.decodeStateVector(stateVector).size === 0) return this.#whole()
    if (this.canAnswer(stateVector)) return [this.bytes.deletions()]
    this.fill()
    return [Y.encodeStateAsUpdate(this.#document, stateVector)]
  }

  /** What the room has, as a state vector. */
  stateVector(): Uint8Array {
    return this.#filled ? Y.encodeStateVector(this.#document) : this.#read(() => this.bytes.stateVector())
  }

  /** Whether an update says nothing that the room has not, as far as that can be told without the document. */
  has(decoded: DecodedUpdate): boolean {
    return !this.#filled && this.#read(() => this.bytes.covers(decoded))
  }

  /**
   * For each client that an update has structs of, how far all of that client's are in the room, at most to where the
   * update's end. With a hole in the records, it is what stands before the hole that counts.
   */
  reachOf({ structs }: DecodedUpdate): Map<number, number> {
    const reach = new Map<number, number>()
    for (const struct of structs) {
      if (!(struct instanceof Y.Skip)) reach.set(struct.id.client, struct.id.clock + struct.length)
    }
    const inRecords = this.#filled && !this.#hasHole ? undefined : this.#read(() => this.bytes.reach())
    for (const [client, end] of reach) {
      const known = inRecords ? (inRecords.get(client) ?? 0) : Y.getState(this.#document.store, client)
      if (known > 0) reach.set(client, Math.min(end, known))
      else reach.delete(client)
    }
    return reach
  }

  /** Whether somebody with this state vector can be answered from the bytes. */
  canAnswer(stateVector: Uint8Array): boolean {
    const known = Y.decodeStateVector(stateVector)
    return known.size === 0 || (!this.#filled && this.#read(() => this.bytes.isCoveredBy(known)))
  }

  /**
   * Builds the document of a large room in slices, between which everybody else is served. Undefined when there is
   * nothing to wait for; never rejects: `fill` tells what is wrong with the records.
   */
  fillSoon(): Promise<void> | undefined {
    if (this.#filled || this.bytes.size < LARGE_BYTES) return undefined
    this.#filling ??= this.#fillInSlices().finally(() => (this.#filling = undefined))
    return this.#filling
  }

  async #fillInSlices(): Promise<void> {
    try {
      const slices = await this.#slice(this.bytes.parts)
      for (const slice of slices) {
        await nextTurn()
        if (this.#filled || this.#document.isDestroyed) return
        this.#integrateQuietly([slice])
      }
      this.#becomeFilled()
    } catch {
      // Whoever waits calls `fill` next, which throws the same.
    }
  }

  #integrateQuietly(updates: readonly Uint8Array[]): void {
    const document = this.#document
    const integrate = () => {
      for (const update of updates) Y.applyUpdate(document, update, STORED)
    }
    // Everybody who is here has been sent the bytes: they are no news.
    withoutTelling(document, () => this.#read(() => document.transact(integrate, STORED)))
  }

  /** Builds the document from the bytes, if it is not. */
  fill(): void {
    if (this.#filled) return
    this.#integrateQuietly(this.bytes.parts)
    this.#becomeFilled()
  }

  #becomeFilled(): void {
    const { pendingStructs, pendingDs } = this.#document.store
    this.#hasHole = pendingStructs !== null || pendingDs !== null
    this.#filled = true
    // Hocuspocus listens too, and did first: by now it has put the change with what waits to be broadcast.
    this.#document.on('update', this.#updated)
  }

  #read<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw new UnreadableRoomError(`the records of room ${this.#document.name} do not come together`, { cause })
    }
  }

  readonly #updated = (update: Uint8Array, origin: unknown, _document: Y.Doc, transaction: Y.Transaction): void => {
    const ranges = encodeTransactionRanges(transaction)
    if (origin === STORED) this.bytes.add(update, ranges)
    else this.#taken(update, ranges, origin)
    // Who brings what was lost is told as well: what others had drawn on it comes out with that.
    this.#events.onChanged(this.#hasHole ? undefined : origin)
  }

  #taken(update: Uint8Array, ranges: Uint8Array, origin: unknown): void {
    this.bytes.add(update, ranges)
    this.#events.onTaken(update, ranges, origin)
  }

  /** Yjs keeps aside what depends on the hole, without an event; asking for it would not fill the hole. */
  #applyBesideHole(update: Uint8Array, decoded: DecodedUpdate, origin: unknown): ApplyResult {
    const { store } = this.#document
    const [structs, deletions] = [store.pendingStructs?.update, store.pendingDs]
    Y.applyUpdate(this.#document, update, origin)
    if (isSame(structs, store.pendingStructs?.update) && isSame(deletions, store.pendingDs)) return 'applied'
    this.#taken(update, encodeRanges(rangesOfUpdate(decoded)), origin)
    return 'applied'
  }

  #whole(): Uint8Array[] {
    const { bytes } = this
    const { tailLength, tailPart } = bytes
    const isLong = tailLength > LONG_TAIL && (tailLength > VERY_LONG_TAIL || tailPart > LARGE_PART)
    if (this.#filled && !this.#hasHole && isLong) {
      bytes.rebase(Y.encodeStateAsUpdate(this.#document), encodeRanges(rangesOfDocument(this.#document)))
    }
    return bytes.parts
  }
}

function isSame(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  return a && b ? Buffer.compare(a, b) === 0 : a === b
}
