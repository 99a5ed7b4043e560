import { setImmediate as nextTurn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { Connection, Document } from '@hocuspocus/server'
import type { RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import * as Y from 'yjs'
import {
  encodeRanges,
  encodeTransactionRanges,
  rangesOfDocument,
  rangesOfUpdate,
  type DecodedUpdate,
} from '../core/documents/clock-ranges.ts'
import type { Journal } from '../core/documents/journal.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'
import type { UpdateRecord } from '../ports/document-store.ts'
import { AwarenessOwners } from './awareness-owners.ts'
import { BroadcastPace } from './broadcast-pace.ts'
import { isMissingDependencies } from './check-update.ts'
import type { Session } from './session.ts'

/**
 * A gathering is sent early once it is this large: merging takes Yjs time that grows with the square of the
 * number of updates, and a few hundred small ones are where that begins to outweigh the frame saved.
 */
const GATHER_BYTES = 4096

/** The longest wait that a timer takes: for Hocuspocus's, where this server does better itself. */
export const NEVER_MS = 2 ** 31 - 1

/** Joiners are sent so many updates after the base one by one; with more, the board is encoded anew, for all who come. */
const LONG_TAIL = 64
/** Encoding takes time with the size of the board: this part of it must be new, or so many updates. */
const LARGE_PART = 0.2
const VERY_LONG_TAIL = 1000

/** Up to this size, a document is built in a few milliseconds; a larger one in slices, while others are served. */
const LARGE_BYTES = 256 * 1024

/** Cuts a room's bytes into updates that can be integrated one after the other; undefined when that cannot be done. */
type Slice = (parts: readonly Uint8Array[]) => Promise<readonly Uint8Array[] | undefined>

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

/** What a connection's context holds: its stay in the room. */
export interface SessionContext {
  session?: Session
}

/**
 * A room in memory. While nobody writes it is bytes, which go out as they are stored; the Yjs document is filled when
 * the first write comes. Who is in it is the document's list of connections, and kept nowhere else.
 */
export class HostedRoom {
  readonly id: RoomId
  readonly document: Document
  readonly bytes: RoomBytes
  readonly owners: AwarenessOwners
  /** When it was compacted last, by `performance.now()`. */
  compactedAt = performance.now()
  readonly #journal: Journal
  readonly #now: () => number
  readonly #pace: BroadcastPace
  readonly #slice: Slice
  #filled = false
  #filling: Promise<void> | undefined
  #hasNews = false
  /** Who made all that is to be broadcast; undefined when several did, or somebody's cursor moved. */
  #origin: unknown
  /** Loaded without a record that was set aside: what depends on it waits in the document, and in the journal. */
  #hasHole = false

  constructor(parts: {
    id: RoomId
    document: Document
    bytes: RoomBytes
    journal: Journal
    now: () => number
    slice: Slice
  }) {
    this.#slice = parts.slice
    this.id = parts.id
    this.document = parts.document
    this.bytes = parts.bytes
    this.#journal = parts.journal
    this.#now = parts.now
    this.owners = new AwarenessOwners(this.document)
    this.#pace = new BroadcastPace(() => this.owners.forgetLongGone(() => this.#broadcast()))
    // Hocuspocus would set a timer for each edit, and we would clear it: Node wakes for a cleared one all the same.
    this.document.flushDelay = NEVER_MS
    this.document.flushMaxBytes = GATHER_BYTES
    this.document.awareness.on('update', () => this.#toBroadcast(undefined))
  }

  /** Whether the document is built. */
  get isFilled(): boolean {
    return this.#filled
  }

  /** Everybody's stay in this room. */
  *sessions(): Generator<Session> {
    for (const connection of this.document.connections.keys()) {
      const { session } = (connection as Connection<SessionContext>).context
      if (session) yield session
    }
  }

  /** Who is here, each person once. */
  get present(): PresenceUser[] {
    return [...new Map([...this.sessions()].map(({ user }) => [user.id, user])).values()]
  }

  /**
   * Applies a client's update, whole or not at all: one that refers to what is not known is `missing-dependencies`.
   * Throws when it does not integrate; then the document may be half changed. Like all that reads the room, throws
   * `UnreadableRoomError` when that cannot be done.
   */
  apply(update: Uint8Array, decoded: DecodedUpdate, origin: Session): ApplyResult {
    if (this.has(decoded)) return 'applied'
    this.fill()
    if (this.#hasHole) return this.#applyBesideHole(update, decoded, origin)
    if (isMissingDependencies(decoded, this.document)) return 'missing-dependencies'
    Y.applyUpdate(this.document, update, origin)
    return 'applied'
  }

  /** Applies what others have committed to the store. */
  applyStored(records: readonly UpdateRecord[]): void {
    this.fill()
    this.document.transact(() => {
      for (const { update } of records) Y.applyUpdate(this.document, update)
    }, STORED)
  }

  /** Changes the document as an ordinary edit of `edit.author`, which everybody sees. */
  edit(change: (document: Y.Doc) => void, edit: ServerEdit): void {
    this.fill()
    this.document.transact(() => change(this.document), edit)
  }

  /** What somebody with this state vector lacks, as updates in order; the last may be empty. */
  missingFor(stateVector: Uint8Array): Uint8Array[] {
    if (Y.decodeStateVector(stateVector).size === 0) return this.#whole()
    if (this.canAnswer(stateVector)) return [this.bytes.deletions()]
    this.fill()
    return [Y.encodeStateAsUpdate(this.document, stateVector)]
  }

  /** What the room has, as a state vector. */
  stateVector(): Uint8Array {
    return this.#filled ? Y.encodeStateVector(this.document) : this.#read(() => this.bytes.stateVector())
  }

  /** Whether an update says nothing that the room has not, as far as that can be told without the document. */
  has(decoded: DecodedUpdate): boolean {
    return !this.#filled && this.#read(() => this.bytes.covers(decoded))
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
      if (!slices) return
      for (const slice of slices) {
        await nextTurn()
        if (this.#filled || this.document.isDestroyed) return
        this.#integrateQuietly([slice])
      }
      this.#becomeFilled()
    } catch {
      // Whoever waits calls `fill` next, which throws the same.
    }
  }

  #integrateQuietly(updates: readonly Uint8Array[]): void {
    const { document } = this
    // Everybody who is here has been sent the bytes: Hocuspocus must not broadcast them as news.
    document.flushDelay = false
    this.#hidingFromBroadcasts(
      () => true,
      () => {
        this.#read(() =>
          document.transact(() => {
            for (const update of updates) Y.applyUpdate(document, update, STORED)
          }, STORED),
        )
      },
    )
    document.flushDelay = NEVER_MS
  }

  /** Builds the document from the bytes, if it is not. */
  fill(): void {
    if (this.#filled) return
    this.#integrateQuietly(this.bytes.parts)
    this.#becomeFilled()
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#pace.close()
  }

  #becomeFilled(): void {
    const { pendingStructs, pendingDs } = this.document.store
    this.#hasHole = pendingStructs !== null || pendingDs !== null
    this.#filled = true
    // Hocuspocus listens too, and did first: by now it has put the change with what waits to be broadcast.
    this.document.on('update', this.#updated)
  }

  #read<T>(work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw new UnreadableRoomError(`the records of room ${this.id} do not come together`, { cause })
    }
  }

  /** Something by this origin is to be broadcast. */
  #toBroadcast(origin: unknown): void {
    this.#origin = this.#hasNews && origin !== this.#origin ? undefined : origin
    this.#hasNews = true
    this.#pace.changed()
  }

  /** Whoever made all that is new need not be told of it. */
  #broadcast(): void {
    const origin = this.#origin
    this.#hasNews = false
    this.#origin = undefined
    if (origin === undefined) this.document.flush()
    else
      this.#hidingFromBroadcasts(
        ({ context }) => context.session === origin,
        () => this.document.flush(),
      )
  }

  /** Hocuspocus broadcasts to whom `getConnections` answers. */
  #hidingFromBroadcasts(isHidden: (connection: Connection<SessionContext>) => boolean, work: () => void): void {
    const { document } = this
    document.getConnections = () => [...document.connections.keys()].filter((connection) => !isHidden(connection))
    try {
      work()
    } finally {
      Reflect.deleteProperty(document, 'getConnections')
    }
  }

  readonly #updated = (update: Uint8Array, origin: unknown, _document: Y.Doc, transaction: Y.Transaction): void => {
    const ranges = encodeTransactionRanges(transaction)
    this.bytes.add(update, ranges)
    this.#toBroadcast(origin)
    if (origin === STORED) return
    this.#journal.append(this.id, { update, author: authorOf(origin), at: this.#now(), ranges, crc: crc32(update) })
  }

  /** Yjs keeps aside what depends on the hole, without an event; asking for it would not fill the hole. */
  #applyBesideHole(update: Uint8Array, decoded: DecodedUpdate, origin: Session): ApplyResult {
    const { store } = this.document
    const [structs, deletions] = [store.pendingStructs?.update, store.pendingDs]
    Y.applyUpdate(this.document, update, origin)
    if (isSame(structs, store.pendingStructs?.update) && isSame(deletions, store.pendingDs)) return 'applied'
    const ranges = encodeRanges(rangesOfUpdate(decoded))
    this.bytes.add(update, ranges)
    this.#journal.append(this.id, { update, author: origin.user.id, at: this.#now(), ranges, crc: crc32(update) })
    return 'applied'
  }

  #whole(): Uint8Array[] {
    const { bytes, document } = this
    const { tailLength, tailPart } = bytes
    const isLong = tailLength > LONG_TAIL && (tailLength > VERY_LONG_TAIL || tailPart > LARGE_PART)
    if (this.#filled && !this.#hasHole && isLong) {
      bytes.rebase(Y.encodeStateAsUpdate(document), encodeRanges(rangesOfDocument(document)))
    }
    return bytes.parts
  }
}

function authorOf(origin: unknown): string | null {
  if (typeof origin !== 'object' || origin === null) return null
  if ('author' in origin && typeof origin.author === 'string') return origin.author
  return 'user' in origin ? (origin as Session).user.id : null
}

function isSame(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  return a && b ? Buffer.compare(a, b) === 0 : a === b
}
