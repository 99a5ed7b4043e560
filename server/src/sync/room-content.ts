import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Document } from '@hocuspocus/server'
import type { RefusalReason } from '@sketchroom/shared/protocol/notices'
import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import * as Y from 'yjs'
import {
  encodeRanges,
  encodeTransactionRanges,
  rangesOfDocument,
  type EditRanges,
} from '../core/documents/clock-ranges.ts'
import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'
import { BoardSize, DEFAULT_BOARD_LIMITS, type BoardLimits } from '../core/gate/board-size.ts'
import { SERVER, type ClientOwners } from '../core/gate/client-owners.ts'
import { DocumentView } from '../core/gate/document-view.ts'
import { judge, type Verdict } from '../core/gate/judge.ts'
import type { Marks } from '../core/gate/marks.ts'
import { KIND } from '../core/gate/read-content.ts'
import { rangesOf, type ReadUpdate } from '../core/gate/read-update.ts'
import type { UpdateRecord } from '../ports/document-store.ts'
import { withoutTelling } from './quiet-document.ts'
import { WaitingEdits } from './waiting-edits.ts'
import { RoomPieces, type PieceWork } from './room-pieces.ts'

/** Joiners are sent so many updates after the base one by one; more are put together first, for all who come. */
const LONG_TAIL = 64
/** Encoding anew takes time with the size of the board: this part of it must be new, or so many updates. */
const LARGE_PART = 0.2
const VERY_LONG_TAIL = 1000

/** Up to this size, a document is built in a few milliseconds; a larger one piece by piece, while others are served. */
const LARGE_BYTES = 256 * 1024
/** Who lacks so much, in steps of the clients' clocks, is sent parts as they are: to encode just that would take long. */
const MUCH_LACKED = 5_000
/** What is integrated in one turn: it takes Yjs a few milliseconds. */
const TURN_BYTES = 64 * 1024

/** With so much waiting for something lost, clients add no more: where it goes cannot be judged before that is back. */
const WAITING_BYTES = 64 * 1024

/** Why more than is taken at once is refused, whatever it is. */
const BY_NUMBER: ReadonlySet<string> = new Set(['too_large', 'board_full'] satisfies RefusalReason[])

const EMPTY_STATE = Y.encodeStateVector(new Map())

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

/** An update that was judged to be sound is not, or not whole: the document may be half changed. */
export class UnsoundUpdateError extends Error {
  override readonly name = 'UnsoundUpdateError'
}

/** An update that the room has taken, and which is to be stored. */
export interface TakenUpdate {
  readonly update: Uint8Array
  /** What it inserted and deleted, as a record keeps it. */
  readonly ranges: Uint8Array
  /** Yjs clients that are somebody's from now on. */
  readonly claims: ReadonlyMap<number, string>
}

const NO_CLAIMS: TakenUpdate['claims'] = new Map()
const NO_MARKS: Marks = {
  deleted: new Set(),
  restored: new Set(),
  stillborn: 0,
  unproven: { deleted: new Set(), stillborn: 0 },
}
const KNOWN: Verdict = {
  kind: 'taken',
  claims: NO_CLAIMS,
  growth: { elements: 0, structs: 0, bytes: 0, isMarking: true, marks: () => NO_MARKS },
}

/** Hears of each update that the room has taken. */
export interface ContentEvents {
  readonly onTaken: (taken: TakenUpdate, origin: unknown) => void
  /** The document has changed, by whoever is the origin; what they wrote has been taken by then. */
  readonly onChanged: (origin: unknown) => void
  /** Somebody has deleted something: what the board had no space for may find some now. */
  readonly onShrunk?: () => void
}

/**
 * What is drawn in a room. While nobody writes it is bytes, which go out as they are stored; the Yjs document is filled
 * when the first write comes.
 */
export class RoomContent {
  readonly bytes: RoomBytes
  /** Whose the Yjs clients are that have drawn here. */
  readonly owners: ClientOwners
  readonly #document: Document
  readonly #inTurn: <T>(act: () => T, bytes: number) => Promise<T>
  readonly #view: DocumentView
  readonly #size: BoardSize
  readonly #waiting: WaitingEdits
  readonly #pieces: RoomPieces
  readonly #events: ContentEvents
  #filled = false
  #filling: Promise<void> | undefined
  #isReadingRecords = false
  /** Loaded without a record that was set aside: what depends on it waits in the document, and in the journal. */
  #hasHole = false
  /** What an update that is being applied has changed; undefined when none is. */
  #news: Array<Omit<TakenUpdate, 'claims'>> | undefined
  /** What the server has written itself is nobody's to go on with. */
  #serverClaims: TakenUpdate['claims'] = NO_CLAIMS

  constructor(parts: {
    document: Document
    bytes: RoomBytes
    owners: ClientOwners
    limits?: BoardLimits
    /** Whether all boards together may take so many bytes more. */
    hasMemory?: (bytes: number) => boolean
    pieceWork: PieceWork
    /** Does a part of a long work, with so many bytes, in a turn of its own; of what hangs, it never settles. */
    inTurn?: <T>(act: () => T, bytes: number) => Promise<T>
    events: ContentEvents
  }) {
    this.bytes = parts.bytes
    this.owners = parts.owners
    this.#document = parts.document
    this.#inTurn = parts.inTurn ?? (async (act) => (await nextTurn(), act()))
    this.#view = new DocumentView(parts.document)
    this.#waiting = new WaitingEdits(parts.document)
    const { document, limits = DEFAULT_BOARD_LIMITS, hasMemory = () => true } = parts
    this.#size = new BoardSize({ document, limits, storedBytes: () => this.bytes.size, hasMemory })
    this.#pieces = new RoomPieces(parts.bytes, parts.pieceWork, this.#inTurn)
    this.#events = parts.events
  }

  /** Whether the document is built. */
  get isFilled(): boolean {
    return this.#filled
  }

  /** Whether the room's own records are being read: when that was ended, it never came back, and they are at fault. */
  get isReadingRecords(): boolean {
    return this.#isReadingRecords
  }

  /**
   * Judges a client's update, and applies it when it is taken: whole or not at all. Throws `UnsoundUpdateError` when it does
   * not integrate; then the document may be half changed, and nothing of it is stored. Like all that reads the room, throws
   * `UnreadableRoomError` when that cannot be done.
   */
  apply(update: ReadUpdate, author: string, origin: unknown): Verdict {
    if (this.has(update, author)) return KNOWN
    this.fill()
    const verdict = this.#judge(update, author)
    if (verdict.kind !== 'taken') return verdict
    // Who has what is lost is asked for it: nothing has to wait then.
    if (verdict.waiting && !this.#mayWait(update, verdict.waiting)) return { kind: 'gap' }
    const refusal = this.#size.take(verdict.growth)
    if (refusal) return { kind: 'refused', refusal }
    if (this.#hasHole) this.#integrateBesideHole(update, { claims: verdict.claims, author }, origin)
    else this.#integrate(update, verdict.claims, origin)
    if (this.#size.hasShrunk) this.#events.onShrunk?.()
    return verdict
  }

  /** What is taken is stored only when all of it is in the document. */
  #integrate({ bytes }: ReadUpdate, claims: TakenUpdate['claims'], origin: unknown): void {
    const news = this.#newsOf(bytes, origin)
    if (this.#waiting.bytes > 0) throw new UnsoundUpdateError('an update that was judged to be whole is not')
    this.#tookAll(news, claims, origin)
    if (news.length > 0) this.#changed(origin)
  }

  /** Applies an update; answers what it has changed. */
  #newsOf(bytes: Uint8Array, origin: unknown): Array<Omit<TakenUpdate, 'claims'>> {
    const news: Array<Omit<TakenUpdate, 'claims'>> = []
    this.#news = news
    try {
      Y.applyUpdate(this.#document, bytes, origin)
    } catch (cause) {
      throw new UnsoundUpdateError('an update that was judged to be sound does not integrate', { cause })
    } finally {
      this.#news = undefined
    }
    return news
  }

  #tookAll(news: ReadonlyArray<Omit<TakenUpdate, 'claims'>>, claims: TakenUpdate['claims'], origin: unknown): void {
    for (const [client, owner] of claims) this.owners.wrote(client, owner)
    for (const each of news) this.#taken({ ...each, claims }, origin)
  }

  /** Applies what others have committed to the store. */
  applyStored(records: readonly UpdateRecord[]): void {
    this.fill()
    this.#document.transact(() => {
      for (const { update } of records) Y.applyUpdate(this.#document, update)
    }, STORED)
    // What was lost may have come back.
    this.#hasHole &&= this.#waiting.bytes > 0
  }

  /** Changes the document as an ordinary edit of `edit.author`, which everybody sees. */
  edit(change: (document: Y.Doc) => void, edit: ServerEdit): void {
    this.fill()
    const { clientID } = this.#document
    this.#serverClaims = this.owners.isStored(clientID) ? NO_CLAIMS : new Map([[clientID, SERVER]])
    this.#document.transact(() => change(this.#document), edit)
  }

  /**
   * What somebody with this state vector lacks, as updates of which each needs only those before it, or a promise of them
   * when there is much to encode or to cut, or the document is not built. Large ones are single values. The promise
   * rejects as `fill` throws.
   */
  missingFor(stateVector: Uint8Array): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const known = Y.decodeStateVector(stateVector)
    if (known.size === 0) return this.#whole()
    if (!this.#filled && this.#read(() => this.bytes.isCoveredBy(known))) return this.bytes.deletionsFor(known)
    if (this.bytes.size >= LARGE_BYTES && this.#stepsLackedBy(known) > MUCH_LACKED) return this.#partsLackedBy(known)
    // Many come back at once who lack a little of the same: the document is built once for all of them.
    if (this.#filled) return this.#encodeFor(stateVector)
    // Also of a small room: a question that has waited for the answer to another is asked where nobody watches.
    return this.build().then(() => (this.#filled ? this.#encodeFor(stateVector) : []))
  }

  #whole(): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const ready = this.#prepareForMany()
    return ready ? ready.then(() => this.bytes.parts) : this.bytes.parts
  }

  async #partsLackedBy(known: ReadonlyMap<number, number>): Promise<readonly Uint8Array[]> {
    await this.#prepareForMany()
    return await this.#pieces.lackedBy(known)
  }

  #encodeFor(stateVector: Uint8Array): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    this.fill()
    const lacked = Y.encodeStateAsUpdate(this.#document, stateVector)
    // What is more than a message is not cut for one asker, either.
    return lacked.length <= PIECE_BYTES ? [lacked] : this.#partsLackedBy(Y.decodeStateVector(stateVector))
  }

  /** How many Yjs clients have drawn here. */
  get clientCount(): number {
    return this.#filled ? this.#view.clientCount : this.#read(() => this.bytes.reach().size)
  }

  /** What the room has, as a state vector. */
  stateVector(): Uint8Array {
    return this.#filled ? Y.encodeStateVector(this.#document) : this.#read(() => this.bytes.stateVector())
  }

  /** Whether an update says nothing that the room has not from its author: word for word, not just by the clocks. */
  covers(update: ReadUpdate, author: string): boolean {
    if (!this.#coversClocks(update)) return false
    return this.#isOwn(update, author) || (this.#filled && this.#judge(update, author).kind === 'taken')
  }

  /** Whether that is so, and can be told without the document. */
  has(update: ReadUpdate, author: string): boolean {
    return !this.#filled && this.#isOwn(update, author) && this.#coversClocks(update)
  }

  /** It takes time with how much has come since it was asked last. */
  #coversClocks(update: ReadUpdate): boolean {
    return this.#read(() => this.bytes.covers(rangesOf(update)))
  }

  /** Whether nobody else can have written what the room has of these clients. */
  #isOwn({ clients }: ReadUpdate, author: string): boolean {
    return clients.every(({ client }) => this.owners.isOwn(client, author))
  }

  #judge(update: ReadUpdate, author: string): Verdict {
    return judge(update, { view: this.#view, owners: this.owners, author, hasHole: this.#hasHole })
  }

  /**
   * For each client that an update has structs of, how far all of that client's are in the room, at most to where the
   * update's end. With a hole in the records, it is what stands before the hole that counts.
   */
  reachOf({ clients }: ReadUpdate): Map<number, number> {
    const reach = new Map<number, number>()
    for (const { client, structs } of clients) {
      for (const { kind, clock, length } of structs) if (kind !== KIND.skip) reach.set(client, clock + length)
    }
    const inRecords = this.#filled && !this.#hasHole ? undefined : this.#read(() => this.bytes.reach())
    for (const [client, end] of reach) {
      const known = inRecords ? (inRecords.get(client) ?? 0) : Y.getState(this.#document.store, client)
      if (known > 0) reach.set(client, Math.min(end, known))
      else reach.delete(client)
    }
    return reach
  }

  /**
   * Builds the document of a large room piece by piece, between which everybody else is served. Undefined when there is
   * nothing to wait for; never rejects: `fill` tells what is wrong with the records.
   */
  fillSoon(): Promise<void> | undefined {
    if (this.#filled || this.bytes.size < LARGE_BYTES) return undefined
    this.#filling ??= this.#fillInTurns().finally(() => (this.#filling = undefined))
    return this.#filling
  }

  async #fillInTurns(): Promise<void> {
    try {
      if (this.bytes.isUncut) await this.#cutSoon()
      let turn: Uint8Array[] = []
      let turnBytes = 0
      for (const piece of this.bytes.parts) {
        turn.push(piece)
        turnBytes += piece.length
        if (turnBytes < TURN_BYTES) continue
        if (!(await this.#integrateInTurn(turn, turnBytes))) return
        turn = []
        turnBytes = 0
      }
      if (await this.#integrateInTurn(turn, turnBytes)) this.#becomeFilled()
    } catch {
      // Whoever waits calls `fill` next, which throws the same.
    }
  }

  /** Whether the document is still to be built, of which this is a part. */
  #integrateInTurn(updates: readonly Uint8Array[], bytes: number): Promise<boolean> {
    return this.#inTurn(() => {
      if (this.#filled || this.#document.isDestroyed) return false
      this.#integrateQuietly(updates)
      return true
    }, bytes)
  }

  #integrateQuietly(updates: readonly Uint8Array[]): void {
    const document = this.#document
    const integrate = () => {
      for (const update of updates) Y.applyUpdate(document, update, STORED)
    }
    // Everybody who is here has been sent the bytes: they are no news.
    withoutTelling(document, () => this.#read(() => document.transact(integrate, STORED)))
  }

  /**
   * Builds the document, if it is not, where it may hang: for whoever is not called by the event loop. Resolves also when
   * the room is thrown away meanwhile; rejects as `fill` throws.
   */
  async build(): Promise<void> {
    if (this.#filled) return
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    this.#document.once('destroy', () => resolve())
    await Promise.race([gone, this.#buildWatched()])
  }

  async #buildWatched(): Promise<void> {
    await this.fillSoon()
    await this.#fillInOneTurn()
  }

  #fillInOneTurn(): Promise<void> {
    return this.#inTurn(() => {
      if (!this.#document.isDestroyed) this.fill()
    }, this.bytes.size)
  }

  /** Builds the document from the bytes, if it is not. What hangs in them hangs here. */
  fill(): void {
    if (this.#filled) return
    this.#integrateQuietly(this.bytes.parts)
    this.#becomeFilled()
  }

  #becomeFilled(): void {
    this.#hasHole = this.#waiting.bytes > 0
    this.#filled = true
    // Hocuspocus listens too, and did first: by now it has put the change with what waits to be broadcast.
    this.#document.on('update', this.#updated)
  }

  /** Not with a `finally`: of what is ended, none runs. */
  #read<T>(work: () => T): T {
    this.#isReadingRecords = true
    try {
      const result = work()
      this.#isReadingRecords = false
      return result
    } catch (cause) {
      this.#isReadingRecords = false
      throw new UnreadableRoomError(`the records of room ${this.#document.name} do not come together`, { cause })
    }
  }

  readonly #updated = (update: Uint8Array, origin: unknown, _document: Y.Doc, transaction: Y.Transaction): void => {
    const ranges = encodeTransactionRanges(transaction)
    if (origin === STORED) this.bytes.add(update, ranges)
    else if (this.#news) return void this.#news.push({ update, ranges })
    else {
      for (const client of this.#serverClaims.keys()) this.owners.wrote(client, SERVER)
      this.#taken({ update, ranges, claims: this.#serverClaims }, origin)
      this.#serverClaims = NO_CLAIMS
    }
    this.#changed(origin)
  }

  /** Called when the change is taken, not before: it may go out at once, and an unsound one is to reach nobody. */
  #changed(origin: unknown): void {
    this.#events.onChanged(this.#hasHole ? undefined : origin)
  }

  #taken(taken: TakenUpdate, origin: unknown): void {
    this.bytes.add(taken.update, taken.ranges)
    this.#events.onTaken(taken, origin)
  }

  /** Yjs keeps aside what depends on the hole, without an event. */
  #integrateBesideHole(
    read: ReadUpdate,
    { claims, author }: { claims: TakenUpdate['claims']; author: string },
    origin: unknown,
  ): void {
    const { bytes: update } = read
    const isSound = this.#isReleaseSound(read, author)
    if (!isSound) this.#waiting.forget()
    const hasChanged = this.#waiting.watch()
    const news = this.#newsOf(update, origin)
    const isShown = news.length > 0
    if (this.#waiting.bytes > 0 && hasChanged()) news.push({ update, ranges: encodeRanges(rangesOf(read)) })
    this.#tookAll(news, claims, origin)
    // Who brings what was lost is told as well: what others had drawn on it comes out with that.
    if (isShown) this.#changed(undefined)
    this.#hasHole = this.#waiting.bytes > 0
    // Nobody is to be sent what was forgotten, either: with what it waited for, it would harm their documents.
    if (!isSound) this.bytes.keepOnly(this.#encodedAnew())
  }

  /** Whether what waits may be put in place when this update comes: what was drawn there is judged now that it can be. */
  #isReleaseSound(update: ReadUpdate, author: string): boolean {
    const released = this.#waiting.releasedBy(update)
    if (!released) return true
    const verdict = this.#judge(released, author)
    // Of a long history that has waited there is more than one update may bring; it came in many.
    return verdict.kind !== 'refused' || BY_NUMBER.has(verdict.refusal.reason)
  }

  /** Whether this may wait for what is lost: it does already, or little does. */
  #mayWait({ bytes }: ReadUpdate, waiting: EditRanges): boolean {
    return this.#read(() => this.bytes.covers(waiting)) || bytes.length + this.#waiting.bytes <= WAITING_BYTES
  }

  /** What is large to send, or are many updates, is put together first, for all who come. */
  #prepareForMany(): Promise<void> | undefined {
    const { bytes } = this
    if (bytes.isUncut) return this.#cutSoon()
    if (bytes.tailLength <= LONG_TAIL) return undefined
    if (!this.#isWorthEncoding()) return this.#orAsStored(this.#pieces.mergeTail())
    bytes.rebase(this.#encodedAnew())
    return undefined
  }

  #encodedAnew(): { pieces: Uint8Array[]; ranges: Uint8Array } {
    const ranges = encodeRanges(rangesOfDocument(this.#document))
    return { pieces: cutUpdate(Y.encodeStateAsUpdate(this.#document), EMPTY_STATE, PIECE_BYTES), ranges }
  }

  /** Whether the document is there, and encoded anew in no time, which leaves out what was overwritten. */
  #isWorthEncoding(): boolean {
    if (!this.#filled || this.#hasHole || this.bytes.size >= LARGE_BYTES) return false
    return this.bytes.tailLength > VERY_LONG_TAIL || this.bytes.tailPart > LARGE_PART
  }

  #cutSoon(): Promise<void> {
    return this.#orAsStored(this.#pieces.cut())
  }

  /** If it is the records that are at fault, `fill` says so; if it is what was tried, they go out as they are. */
  #orAsStored(work: Promise<void>): Promise<void> {
    return work.catch(() => this.#fillInOneTurn())
  }

  /** How many steps of the clients' clocks somebody is behind. */
  #stepsLackedBy(known: ReadonlyMap<number, number>): number {
    const reach = Y.decodeStateVector(this.stateVector())
    let lacked = 0
    for (const [client, clock] of reach) lacked += Math.max(0, clock - (known.get(client) ?? 0))
    return lacked
  }
}
