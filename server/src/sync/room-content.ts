import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Document } from '@hocuspocus/server'
import type { RefusalReason } from '@sketchroom/shared/protocol/notices'
import * as Y from 'yjs'
import { encodeRanges, encodeTransactionRanges, type EditRanges } from '../core/documents/clock-ranges.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'
import { BoardSize, DEFAULT_BOARD_LIMITS, type BoardLimits } from '../core/gate/board-size.ts'
import { SERVER, type ClientOwners } from '../core/gate/client-owners.ts'
import { DocumentView } from '../core/gate/document-view.ts'
import { judge, type Verdict } from '../core/gate/judge.ts'
import type { Marks } from '../core/gate/marks.ts'
import { KIND } from '../core/gate/read-content.ts'
import { rangesOf, readUpdate, type ReadUpdate } from '../core/gate/read-update.ts'
import { isSameContent } from '../core/gate/same-content.ts'
import type { UpdateRecord } from '../ports/document-store.ts'
import { MissingUpdates } from './missing-updates.ts'
import { LazyDocument, STORED } from './lazy-document.ts'
import { RoomPieces, type InOwnTurn, type PieceWork } from './room-pieces.ts'

/** With so much waiting for something lost, clients add no more: where it goes cannot be judged before that is back. */
const WAITING_BYTES = 64 * 1024

/** Why more than is taken at once is refused, whatever it is. */
const BY_NUMBER: ReadonlySet<string> = new Set(['too_large', 'board_full'] satisfies RefusalReason[])

/** Marks an edit that the server makes for somebody. */
export interface ServerEdit {
  readonly author: string | null
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
  readonly document: LazyDocument
  /** What those who come have not. */
  readonly missing: MissingUpdates
  /** Whose the Yjs clients are that have drawn here. */
  readonly owners: ClientOwners
  readonly #view: DocumentView
  readonly #size: BoardSize
  readonly #events: ContentEvents
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
    inTurn?: InOwnTurn
    events: ContentEvents
  }) {
    const { document: yjs, bytes, owners, events } = parts
    const { limits = DEFAULT_BOARD_LIMITS, hasMemory = () => true } = parts
    const { inTurn = async (act) => (await nextTurn(), act()) } = parts
    const pieces = new RoomPieces(bytes, parts.pieceWork, inTurn)
    this.bytes = bytes
    // Hocuspocus listens too, and did first: by now it has put the change with what waits to be broadcast.
    const onFilled = () => yjs.on('update', this.#updated)
    this.document = new LazyDocument({ yjs, bytes, pieces, inTurn, onFilled })
    this.missing = new MissingUpdates(bytes, pieces, this.document)
    this.owners = owners
    this.#view = new DocumentView(yjs)
    this.#size = new BoardSize({ document: yjs, limits, storedBytes: () => bytes.storedSize, hasMemory })
    this.#events = events
  }

  /**
   * Judges a client's update, and applies it when it is taken: whole or not at all. Throws `UnsoundUpdateError` when it does
   * not integrate; then the document may be half changed, and nothing of it is stored. Like all that reads the room, throws
   * `UnreadableRoomError` when that cannot be done.
   */
  apply(update: ReadUpdate, author: string, origin: unknown): Verdict {
    if (this.has(update, author)) return KNOWN
    this.document.fill()
    const verdict = this.#judge(update, author)
    if (verdict.kind !== 'taken') return verdict
    // Who has what is lost is asked for it: nothing has to wait then.
    if (verdict.waiting && !this.#mayWait(update, verdict.waiting)) return { kind: 'gap' }
    const refusal = this.#size.take(verdict.growth)
    if (refusal) return { kind: 'refused', refusal }
    if (this.document.hasHole) this.#integrateBesideHole(update, { claims: verdict.claims, author }, origin)
    else this.#integrate(update, verdict.claims, origin)
    if (this.#size.hasShrunk) this.#events.onShrunk?.()
    return verdict
  }

  /** What is taken is stored only when all of it is in the document. */
  #integrate({ bytes }: ReadUpdate, claims: TakenUpdate['claims'], origin: unknown): void {
    const news = this.#newsOf(bytes, origin)
    if (this.document.waiting.bytes > 0) throw new UnsoundUpdateError('an update that was judged to be whole is not')
    this.#tookAll(news, claims, origin)
    if (news.length > 0) this.#changed(origin)
  }

  /** Applies an update; answers what it has changed. */
  #newsOf(bytes: Uint8Array, origin: unknown): Array<Omit<TakenUpdate, 'claims'>> {
    const news: Array<Omit<TakenUpdate, 'claims'>> = []
    this.#news = news
    try {
      Y.applyUpdate(this.document.yjs, bytes, origin)
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

  /**
   * Applies what others have committed to the store, and notes whose clients wrote it: what was lost may come back with it.
   * Throws `UnsoundUpdateError` when the document has something else in its place, by somebody who told two instances
   * different things: then the order of the journal decides, and the document has to be built from that.
   */
  applyStored(
    records: ReadonlyArray<Pick<UpdateRecord, 'update'>>,
    owners: ReadonlyMap<number, string> = NO_CLAIMS,
  ): void {
    const { yjs } = this.document
    this.document.fill()
    for (const [client, owner] of owners) this.owners.wrote(client, owner)
    yjs.transact(() => {
      for (const { update } of records) {
        if (!this.#agreesWith(update))
          throw new UnsoundUpdateError('another instance has taken something else in its place')
        Y.applyUpdate(yjs, update)
      }
    }, STORED)
  }

  /** Whether the document has what an update says, as far as it has anything under the same clocks. */
  #agreesWith(update: Uint8Array): boolean {
    const { from } = Y.parseUpdateMeta(update)
    if (![...from].some(([client, clock]) => clock < this.#view.reach(client))) return true
    return readUpdate(update).clients.every(({ structs }) =>
      structs.every((struct) => isSameContent(struct, update, this.#view)),
    )
  }

  /** Changes the document as an ordinary edit of `edit.author`, which everybody sees. */
  edit(change: (document: Y.Doc) => void, edit: ServerEdit): void {
    const { yjs } = this.document
    this.document.fill()
    this.#serverClaims = this.owners.isStored(yjs.clientID) ? NO_CLAIMS : new Map([[yjs.clientID, SERVER]])
    yjs.transact(() => change(yjs), edit)
  }

  /** How many Yjs clients have drawn here. */
  get clientCount(): number {
    return this.document.isFilled ? this.#view.clientCount : this.document.read(() => this.bytes.reach().size)
  }

  /** Whether an update says nothing that the room has not from its author: word for word, not just by the clocks. */
  covers(update: ReadUpdate, author: string): boolean {
    if (!this.#coversClocks(update)) return false
    return this.#isOwn(update, author) || (this.document.isFilled && this.#judge(update, author).kind === 'taken')
  }

  /** Whether that is so, and can be told without the document. */
  has(update: ReadUpdate, author: string): boolean {
    return !this.document.isFilled && this.#isOwn(update, author) && this.#coversClocks(update)
  }

  /** The first time, all of the room's ranges are read. */
  #coversClocks(update: ReadUpdate): boolean {
    return this.document.read(() => this.bytes.covers(rangesOf(update)))
  }

  /** Whether nobody else can have written what the room has of these clients. */
  #isOwn({ clients }: ReadUpdate, author: string): boolean {
    return clients.every(({ client }) => this.owners.isOwn(client, author))
  }

  #judge(update: ReadUpdate, author: string): Verdict {
    return judge(update, { view: this.#view, owners: this.owners, author, hasHole: this.document.hasHole })
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
    const { document } = this
    const isWhole = document.isFilled && !document.hasHole
    const inRecords = isWhole ? undefined : document.read(() => this.bytes.reach())
    for (const [client, end] of reach) {
      const known = inRecords ? (inRecords.get(client) ?? 0) : Y.getState(document.yjs.store, client)
      if (known > 0) reach.set(client, Math.min(end, known))
      else reach.delete(client)
    }
    return reach
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
    this.#events.onChanged(this.document.hasHole ? undefined : origin)
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
    const { waiting } = this.document
    const isSound = this.#isReleaseSound(read, author)
    if (!isSound) waiting.forget()
    const hasChanged = waiting.watch()
    const news = this.#newsOf(read.bytes, origin)
    const isShown = news.length > 0
    if (waiting.bytes > 0 && hasChanged()) news.push({ update: read.bytes, ranges: encodeRanges(rangesOf(read)) })
    this.#tookAll(news, claims, origin)
    // Who brings what was lost is told as well: what others had drawn on it comes out with that.
    if (isShown) this.#changed(undefined)
    // Nobody is to be sent what was forgotten, either: with what it waited for, it would harm their documents.
    if (!isSound) this.bytes.keepOnly(this.document.encodedAnew())
  }

  /** Whether what waits may be put in place when this update comes: what was drawn there is judged now that it can be. */
  #isReleaseSound(update: ReadUpdate, author: string): boolean {
    const released = this.document.waiting.releasedBy(update)
    if (!released) return true
    const verdict = this.#judge(released, author)
    // Of a long history that has waited there is more than one update may bring; it came in many.
    return verdict.kind !== 'refused' || BY_NUMBER.has(verdict.refusal.reason)
  }

  /** Whether this may wait for what is lost: it does already, or little does. */
  #mayWait({ bytes }: ReadUpdate, waiting: EditRanges): boolean {
    return (
      this.document.read(() => this.bytes.covers(waiting)) ||
      bytes.length + this.document.waiting.bytes <= WAITING_BYTES
    )
  }
}
