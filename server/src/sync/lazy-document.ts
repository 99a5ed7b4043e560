import type { Document } from '@hocuspocus/server'
import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import * as Y from 'yjs'
import { encodeRanges, rangesOfDocument } from '../core/documents/clock-ranges.ts'
import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'
import { takeHeapToFill } from '../core/gate/heap.ts'
import { withoutTelling } from './quiet-document.ts'
import type { InOwnTurn, RoomPieces } from './room-pieces.ts'
import { WaitingEdits } from './waiting-edits.ts'

/** What is small is filled together with the first write; all else before, so that whoever wrote is not blamed for it. */
const SMALL_BYTES = 16 * 1024
/** What is integrated in one turn: it takes Yjs a few milliseconds, if nobody has made it hard. */
const TURN_BYTES = 64 * 1024
const TURN_UPDATES = 100

const EMPTY_STATE = Y.encodeStateVector(new Map())

/** Marks what comes from the store and must not be journalled again. */
export const STORED = Symbol('stored')

/** A room's own records do not come together: that is no fault of whoever asked for what is in them. */
export class UnreadableRoomError extends Error {
  override readonly name = 'UnreadableRoomError'
}

/** A room's Yjs document, which is filled from the room's bytes when somebody needs it. */
export class LazyDocument {
  readonly yjs: Document
  /** What of it depends on something that was lost. */
  readonly waiting: WaitingEdits
  readonly #bytes: RoomBytes
  readonly #pieces: RoomPieces
  readonly #inTurn: InOwnTurn
  readonly #onFilled: () => void
  #isFilled = false
  #filling: Promise<void> | undefined
  #isReadingRecords = false

  constructor(parts: {
    yjs: Document
    bytes: RoomBytes
    pieces: RoomPieces
    inTurn: InOwnTurn
    /** What changes from now on is news. */
    onFilled: () => void
  }) {
    this.yjs = parts.yjs
    this.waiting = new WaitingEdits(parts.yjs)
    this.#bytes = parts.bytes
    this.#pieces = parts.pieces
    this.#inTurn = parts.inTurn
    this.#onFilled = parts.onFilled
  }

  /** Whether all that the room has is in it. */
  get isFilled(): boolean {
    return this.#isFilled
  }

  /** Whether the process has the memory to fill it, which is counted then. */
  takeMemory(): boolean {
    // What has been begun is gone through with.
    if (this.#isFilled || this.#filling || this.#bytes.size < SMALL_BYTES) return true
    return takeHeapToFill(this.#bytes.structs, this.#bytes.size)
  }

  /** Filled without a record that was set aside: what depends on it waits in the document, and in the journal. */
  get hasHole(): boolean {
    return this.#isFilled && this.waiting.bytes > 0
  }

  /** Whether the room's own records are being read: when that was ended, it never came back, and they are at fault. */
  get isReadingRecords(): boolean {
    return this.#isReadingRecords
  }

  /**
   * Does something that reads the room's records; throws `UnreadableRoomError` when it throws. Not with a `finally`: of what
   * is ended, none runs.
   */
  read<T>(work: () => T): T {
    this.#isReadingRecords = true
    try {
      const result = work()
      this.#isReadingRecords = false
      return result
    } catch (cause) {
      this.#isReadingRecords = false
      throw new UnreadableRoomError(`the records of room ${this.yjs.name} do not come together`, { cause })
    }
  }

  /** Fills it, if it is not. What hangs in the bytes hangs here. */
  fill(): void {
    if (this.#isFilled) return
    this.#integrateQuietly(this.#bytes.parts)
    this.#becomeFilled()
  }

  /**
   * Fills it piece by piece, between which everybody else is served. Undefined when there is nothing to wait for; never
   * rejects: `fill` tells what is wrong with the records.
   */
  fillSoon(): Promise<void> | undefined {
    if (this.#isFilled || this.#bytes.size < SMALL_BYTES) return undefined
    this.#filling ??= this.#fillInTurns().finally(() => (this.#filling = undefined))
    return this.#filling
  }

  /**
   * Fills it where it may hang: for whoever is not called by the event loop. Resolves also when the room is thrown away
   * meanwhile; rejects as `fill` throws.
   */
  async fillWatched(): Promise<void> {
    if (this.#isFilled) return
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    this.yjs.once('destroy', () => resolve())
    await Promise.race([gone, this.#fillInTurnsAndEnd()])
  }

  /** If it is the records that are at fault, `fill` says so; if it is the work with them, they stay as they are. */
  orFill(work: Promise<void>): Promise<void> {
    return work.catch(() => this.#fillInOneTurn())
  }

  /** What the room has, as a state vector: with a hole, what stands before it. */
  stateVector(): Uint8Array {
    return this.#isFilled ? Y.encodeStateVector(this.yjs) : this.read(() => this.#bytes.stateVector())
  }

  /** All of it, encoded anew: in time with its size. */
  encodedAnew(): { pieces: Uint8Array[]; ranges: Uint8Array } {
    const ranges = encodeRanges(rangesOfDocument(this.yjs))
    return { pieces: cutUpdate(Y.encodeStateAsUpdate(this.yjs), EMPTY_STATE, PIECE_BYTES), ranges }
  }

  async #fillInTurnsAndEnd(): Promise<void> {
    await this.fillSoon()
    await this.#fillInOneTurn()
  }

  #fillInOneTurn(): Promise<void> {
    return this.#inTurn(() => {
      if (!this.yjs.isDestroyed) this.fill()
    }, this.#bytes.size)
  }

  async #fillInTurns(): Promise<void> {
    try {
      if (this.#bytes.isUncut) await this.orFill(this.#pieces.cut())
      let turn: Uint8Array[] = []
      let turnBytes = 0
      for (const piece of this.#bytes.parts) {
        turn.push(piece)
        turnBytes += piece.length
        if (turnBytes < TURN_BYTES && turn.length < TURN_UPDATES) continue
        if (!(await this.#integrateInTurn(turn, turnBytes))) return
        turn = []
        turnBytes = 0
      }
      if (await this.#integrateInTurn(turn, turnBytes)) this.#becomeFilled()
    } catch {
      // Whoever waits calls `fill` next, which throws the same.
    }
  }

  /** Whether the document is still to be filled, of which this is a part. */
  #integrateInTurn(updates: readonly Uint8Array[], bytes: number): Promise<boolean> {
    return this.#inTurn(() => {
      if (this.#isFilled || this.yjs.isDestroyed) return false
      this.#integrateQuietly(updates)
      return true
    }, bytes)
  }

  #integrateQuietly(updates: readonly Uint8Array[]): void {
    const { yjs } = this
    const integrate = () => {
      for (const update of updates) Y.applyUpdate(yjs, update, STORED)
    }
    // Everybody who is here has been sent the bytes: they are no news.
    withoutTelling(yjs, () => this.read(() => yjs.transact(integrate, STORED)))
  }

  #becomeFilled(): void {
    this.#isFilled = true
    this.#onFilled()
  }
}
