import * as Y from 'yjs'
import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'
import type { LazyDocument } from './lazy-document.ts'
import type { RoomPieces } from './room-pieces.ts'

/** Joiners are sent so many updates after the base one by one; more are put together first, for all who come. */
const LONG_TAIL = 64
/** Encoding anew takes time with the size of the board: this part of it must be new, or so many updates. */
const LARGE_PART = 0.2
const VERY_LONG_TAIL = 1000
/** Up to this size, a document is encoded in a few milliseconds. */
const LARGE_BYTES = 256 * 1024
/** Who lacks so much, in steps of the clients' clocks, is sent parts as they are: to encode just that would take long. */
const MUCH_LACKED = 5_000

/** What a room has, and somebody who comes has not: as it is stored, wherever that will do. */
export class MissingUpdates {
  readonly #bytes: RoomBytes
  readonly #pieces: RoomPieces
  readonly #document: LazyDocument

  constructor(bytes: RoomBytes, pieces: RoomPieces, document: LazyDocument) {
    this.#bytes = bytes
    this.#pieces = pieces
    this.#document = document
  }

  /** What is answered now is held in memory beside that of other numbers, for as long as it is being sent. */
  get baseNumber(): number {
    return this.#bytes.baseNumber
  }

  /**
   * What somebody with this state vector lacks, as updates of which each needs only those before it, or a promise of them
   * when there is much to encode or to cut, or the document is not filled. Large ones are single values. Throws, and the
   * promise rejects, as `LazyDocument.fill` throws.
   */
  for(stateVector: Uint8Array): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const known = Y.decodeStateVector(stateVector)
    if (known.size === 0) return this.#whole()
    const document = this.#document
    if (!document.isFilled && document.read(() => this.#bytes.isCoveredBy(known)))
      return this.#bytes.deletionsFor(known)
    if (this.#isLarge && this.#stepsLackedBy(known) > MUCH_LACKED) return this.#partsLackedBy(known)
    // Many come back at once who lack a little of the same: the document is filled once for all of them.
    if (document.isFilled) return this.#encodeFor(stateVector)
    if (!document.takeMemory()) return this.#partsLackedBy(known)
    // Also of a small room: a question that has waited for the answer to another is asked where nobody watches.
    return document.fillWatched().then(() => (document.isFilled ? this.#encodeFor(stateVector) : []))
  }

  #whole(): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const ready = this.#prepareForMany()
    return ready ? ready.then(() => this.#bytes.parts) : this.#bytes.parts
  }

  async #partsLackedBy(known: ReadonlyMap<number, number>): Promise<readonly Uint8Array[]> {
    await this.#prepareForMany()
    return await this.#pieces.lackedBy(known)
  }

  #encodeFor(stateVector: Uint8Array): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
    const lacked = Y.encodeStateAsUpdate(this.#document.yjs, stateVector)
    // What is more than a message is not cut for one asker, either.
    return lacked.length <= PIECE_BYTES || !this.#isLarge
      ? [lacked]
      : this.#partsLackedBy(Y.decodeStateVector(stateVector))
  }

  /** What is large to send, or are many updates, is put together first, for all who come. */
  #prepareForMany(): Promise<void> | undefined {
    if (this.#bytes.isUncut && this.#isLarge) return this.#document.orFill(this.#pieces.cut())
    if (this.#bytes.tailLength <= LONG_TAIL) return undefined
    if (!this.#isWorthEncoding()) return this.#document.orFill(this.#pieces.mergeTail())
    this.#bytes.rebase(this.#document.encodedAnew())
    return undefined
  }

  /** A smaller one takes less time to send uncut, also on a slow line, than it may have to wait for a thread. */
  get #isLarge(): boolean {
    return this.#bytes.size >= LARGE_BYTES
  }

  /** Whether the document is there, and encoded anew in no time, which leaves out what was overwritten. */
  #isWorthEncoding(): boolean {
    const { isFilled, hasHole } = this.#document
    if (!isFilled || hasHole || this.#isLarge) return false
    return this.#bytes.tailLength > VERY_LONG_TAIL || this.#bytes.tailPart > LARGE_PART
  }

  /** How many steps of the clients' clocks somebody is behind. */
  #stepsLackedBy(known: ReadonlyMap<number, number>): number {
    const reach = Y.decodeStateVector(this.#document.stateVector())
    let lacked = 0
    for (const [client, clock] of reach) lacked += Math.max(0, clock - (known.get(client) ?? 0))
    return lacked
  }
}
