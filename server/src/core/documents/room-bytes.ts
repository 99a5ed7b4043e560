import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import type { StoredDocument } from '../../ports/document-store.ts'
import { countStructs } from '../gate/count-structs.ts'
import {
  ClockRanges,
  decodeRanges,
  encodeRanges,
  extentOf,
  rangesOfUpdate,
  type EditRanges,
  type Extent,
} from './clock-ranges.ts'
import { PIECE_BYTES, piecesOf } from './piece-list.ts'
import { storedSizeOf, storedSizeOfAll } from './snapshot-due.ts'

/** An update and what it inserted and deleted, as records keep both. */
interface Piece {
  readonly update: Uint8Array
  readonly ranges: Uint8Array
}

/** What holds everything up to some moment: updates of which each needs only those before it. */
interface Base {
  readonly pieces: readonly Uint8Array[]
  readonly ranges: Uint8Array
  /** Its pieces are as small as they can be: one that is large is a single value, a picture say. */
  readonly isCut: boolean
  /** How far each piece speaks of whom, once that was asked. */
  extents?: readonly Extent[]
}

/** In one update: each takes at most 16 bytes. */
const DELETIONS_AT_ONCE = 4_000
/** So many updates of the tail are merged at once, or so much: more would take longer than a millisecond. */
const MERGED_AT_ONCE = 64
const MERGED_BYTES = 16 * 1024
/** It takes 3 ms. */
const COUNTED_BYTES = 1024 * 1024
/** What a struct takes in an update, at least: those of a drawing take three times as much. */
const STRUCT_BYTES = 8

/**
 * A room as bytes: a base that holds everything up to some moment, and the updates after it. It goes to who joins as it
 * is, without a document being built or encoded; and while nobody writes, it answers what the room has.
 */
export class RoomBytes {
  #base: Base | undefined
  #baseBytes = 0
  #tail: Piece[]
  #tailBytes = 0
  /** What the tail takes with all that belongs to it. */
  #tailStored = 0
  /** What the room has inserted and deleted in all: read from the pieces when first asked for. */
  #ranges: EditRanges | undefined
  #baseNumber = 0
  #structs = 0
  /** Called when there is another base. */
  onRebased: () => void = () => undefined

  constructor({ snapshot, tail }: Pick<StoredDocument, 'snapshot' | 'tail'>) {
    const pieces = snapshot ? piecesOf(snapshot.bytes) : []
    if (snapshot) this.#base = { pieces, ranges: snapshot.ranges, isCut: pieces.length > 1 }
    this.#baseBytes = sizeOf(pieces)
    this.#tail = tail.map(({ update, ranges }) => ({ update, ranges }))
    this.#measureTail()
  }

  /** All of it, as updates in order. */
  get parts(): Uint8Array[] {
    const tail = this.#tail.map(({ update }) => update)
    return this.#base ? [...this.#base.pieces, ...tail] : tail
  }

  /** Whether a part of it is larger than what is sent in one message, and can be cut. */
  get isUncut(): boolean {
    const isLarge = ({ length }: Uint8Array) => length > PIECE_BYTES
    return (
      (this.#base?.isCut === false && this.#base.pieces.some(isLarge)) ||
      this.#tail.some(({ update }) => isLarge(update))
    )
  }

  /** How many updates have come after the base. */
  get tailLength(): number {
    return this.#tail.length
  }

  /** How much is to be sent to who has nothing, in bytes. */
  get size(): number {
    return this.#baseBytes + this.#tailBytes
  }

  /** How many structs its updates had when they were counted. Once more are added, there is a document that has them. */
  get structs(): number {
    return this.#structs
  }

  /** Counts them, about a megabyte at a time: between two steps other work may be done. */
  *countStructs(): Generator<void> {
    let bytes = 0
    for (const update of this.parts) {
      this.#structs += countOrGuess(update)
      bytes += update.length
      if (bytes < COUNTED_BYTES) continue
      bytes = 0
      yield
    }
  }

  /** What its records take with all that belongs to them, in bytes: many small updates take more than they say. */
  get storedSize(): number {
    return this.#baseBytes + (this.#base?.ranges.length ?? 0) + this.#tailStored
  }

  /** How much of its bytes came after the base, from 0 to 1. */
  get tailPart(): number {
    return this.#tailBytes / Math.max(1, this.size)
  }

  /** How many bases there have been. Who is still sent what there was under another number holds that in memory. */
  get baseNumber(): number {
    return this.#baseNumber
  }

  /** Adds an update that the room has taken, with its ranges as the journal keeps them. */
  add(update: Uint8Array, ranges: Uint8Array): void {
    const piece = { update, ranges }
    // In a room with a hole, and by whoever has used up their day, it is asked for at each write.
    if (this.#ranges) addRanges(this.#ranges, rangesOf(piece))
    this.#tail.push(piece)
    this.#tailBytes += update.length
    this.#tailStored += storedSizeOf(piece)
  }

  /**
   * Merges small updates of the tail that stand side by side, some at a time: between two steps other work may be done,
   * and updates may come. Who joins is then sent a few dozen messages, and not thousands.
   */
  *mergeTail(): Generator<void> {
    const tail = this.#tail
    // A new base has a tail of its own.
    for (let from = 0; from < tail.length && tail === this.#tail; from++) {
      let [to, bytes] = [from, 0]
      for (const { update } of tail.slice(from, from + MERGED_AT_ONCE)) {
        if (bytes + update.length > MERGED_BYTES) break
        bytes += update.length
        to += 1
      }
      if (to - from < 2) continue
      const pieces = tail.slice(from, to)
      const merged = mergeOf(pieces)
      tail.splice(from, to - from, merged)
      this.#tailBytes += merged.update.length - bytes
      this.#tailStored += storedSizeOf(merged) - storedSizeOfAll(pieces)
      yield
    }
  }

  /**
   * Takes pieces that hold much of the room as the new base; of the rest, what they do not hold stays. A base that holds
   * less than the one there is changes nothing: a snapshot may have been begun before that was made.
   */
  rebase({ pieces, ranges }: Pick<Base, 'pieces' | 'ranges'>): void {
    const held = decodeRanges(ranges)
    if (this.#base && !isSubset(rangesOfAll(this.#base), held)) return
    this.#ranges = undefined
    this.#base = { pieces, ranges, isCut: true }
    this.#baseBytes = sizeOf(pieces)
    this.#tail = this.#tail.filter((piece) => !isSubset(rangesOf(piece), held))
    this.#measureTail()
    this.#baseNumber += 1
    this.onRebased()
  }

  /** Takes pieces for all of the room: what they do not hold is forgotten here, and stays in the store. */
  keepOnly({ pieces, ranges }: Pick<Base, 'pieces' | 'ranges'>): void {
    this.#base = undefined
    this.#baseBytes = 0
    this.#tail = []
    this.rebase({ pieces, ranges })
  }

  /** Whether the room has all of what an update says that it inserts and deletes. */
  covers(ranges: EditRanges): boolean {
    return isSubset(ranges, this.#known())
  }

  /** Whether somebody with this state vector has everything that was inserted. */
  isCoveredBy(stateVector: ReadonlyMap<number, number>): boolean {
    // Also what stands behind a hole: who has what is missing there can take it.
    for (const [client, clock] of this.#known().inserted.ends()) {
      if ((stateVector.get(client) ?? 0) < clock) return false
    }
    return true
  }

  /** How far each client's insertions reach without a gap. */
  reach(): Map<number, number> {
    return new Map(this.#known().inserted.reach())
  }

  /** The state vector of all that was inserted, as bytes. */
  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.reach())
  }

  /** The base's pieces, if nobody has said yet how far each speaks of whom. */
  get unmeasured(): readonly Uint8Array[] | undefined {
    return this.#base && !this.#base.extents ? this.#base.pieces : undefined
  }

  /** How far each of these pieces speaks of whom; by now, the base may be another. */
  measured(pieces: readonly Uint8Array[], extents: readonly Extent[]): void {
    if (this.#base?.pieces === pieces) this.#base.extents = extents
  }

  /**
   * What somebody with this state vector may lack, in order: each part that says something which they do not have, after
   * the deletions of what they have. Of what was not measured, all.
   */
  partsLackedBy(known: ReadonlyMap<number, number>): Uint8Array[] {
    const isLacked = (extent: Extent | undefined) =>
      !extent || [...extent].some(([id, end]) => (known.get(id) ?? 0) < end)
    const { pieces = [], extents = [] } = this.#base ?? {}
    return [
      ...this.deletionsFor(known),
      ...pieces.filter((_, index) => isLacked(extents[index])),
      ...this.#tail.filter((piece) => isLacked(extentOf(rangesOf(piece)))).map(({ update }) => update),
    ]
  }

  /** Updates that insert nothing and delete all that was deleted of what somebody with this state vector has. */
  deletionsFor(known: ReadonlyMap<number, number>): Uint8Array[] {
    const updates: Uint8Array[] = []
    let deleted = new ClockRanges()
    let count = 0
    const close = () => {
      const encoder = encoding.createEncoder()
      encoding.writeVarUint(encoder, 0)
      deleted.write(encoder)
      updates.push(encoding.toUint8Array(encoder))
      deleted = new ClockRanges()
      count = 0
    }
    for (const [client, ranges] of this.#known().deleted) {
      const reach = known.get(client) ?? 0
      for (const [from, to] of ranges) {
        if (from >= reach) break
        deleted.add(client, from, Math.min(to, reach) - from)
        count += 1
        if (count === DELETIONS_AT_ONCE) close()
      }
    }
    if (count > 0) close()
    return updates
  }

  #measureTail(): void {
    this.#tailBytes = sizeOf(this.#tail.map(({ update }) => update))
    this.#tailStored = storedSizeOfAll(this.#tail)
  }

  #known(): EditRanges {
    if (this.#ranges) return this.#ranges
    const ranges = unionOf([...(this.#base ? [rangesOfAll(this.#base)] : []), ...this.#tail.map(rangesOf)])
    this.#ranges = ranges
    return ranges
  }
}

function mergeOf(pieces: readonly Piece[]): Piece {
  return {
    update: Y.mergeUpdates(pieces.map(({ update }) => update)),
    ranges: encodeRanges(unionOf(pieces.map(rangesOf))),
  }
}

function rangesOf({ update, ranges }: Piece): EditRanges {
  return rangesOfAll({ pieces: [update], ranges })
}

/** Records of earlier versions have no ranges: theirs are read from the updates themselves. */
function rangesOfAll({ pieces, ranges }: Pick<Base, 'pieces' | 'ranges'>): EditRanges {
  try {
    if (ranges.length > 0) return decodeRanges(ranges)
  } catch {
    // The checksum is of the update alone, which knows the same.
  }
  return unionOf(pieces.map((piece) => rangesOfUpdate(Y.decodeUpdate(piece))))
}

function unionOf(each: Iterable<EditRanges>): EditRanges {
  const union = { inserted: new ClockRanges(), deleted: new ClockRanges() }
  for (const ranges of each) addRanges(union, ranges)
  return union
}

function addRanges(to: EditRanges, { inserted, deleted }: EditRanges): void {
  to.inserted.addAll(inserted)
  to.deleted.addAll(deleted)
}

function isSubset(part: EditRanges, whole: EditRanges): boolean {
  return part.inserted.isWithin(whole.inserted) && part.deleted.isWithin(whole.deleted)
}

/** How many bytes these updates take together. */
export function sizeOf(updates: readonly Uint8Array[]): number {
  return updates.reduce((sum, { length }) => sum + length, 0)
}

/** What does not decode, or is older than the gate, is for Yjs to judge; here it is taken for what is usual, and more. */
function countOrGuess(update: Uint8Array): number {
  try {
    return countStructs(update)
  } catch {
    return update.length / STRUCT_BYTES
  }
}
