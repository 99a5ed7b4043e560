import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import type { StoredDocument } from '../../ports/document-store.ts'
import { ClockRanges, decodeRanges, rangesOfUpdate, type DecodedUpdate, type EditRanges } from './clock-ranges.ts'

/** An update and what it inserted and deleted, as records keep both. */
interface Piece {
  readonly update: Uint8Array
  readonly ranges: Uint8Array
}

/**
 * A room as bytes: a base that holds everything up to some moment, and the updates after it. It goes to who joins as it
 * is, without a document being built or encoded; and while nobody writes, it answers what the room has.
 */
export class RoomBytes {
  #base: Piece | undefined
  #tail: Piece[]
  #tailBytes = 0
  /** What the room has inserted and deleted in all: read from the pieces when first asked for. */
  #ranges: EditRanges | undefined

  constructor({ snapshot, tail }: Pick<StoredDocument, 'snapshot' | 'tail'>) {
    this.#base = snapshot ? { update: snapshot.bytes, ranges: snapshot.ranges } : undefined
    this.#tail = tail.map(({ update, ranges }) => ({ update, ranges }))
    this.#tailBytes = sizeOf(this.#tail)
  }

  /** All of it, as updates in order. */
  get parts(): Uint8Array[] {
    const tail = this.#tail.map(({ update }) => update)
    return this.#base ? [this.#base.update, ...tail] : tail
  }

  /** How many updates have come after the base. */
  get tailLength(): number {
    return this.#tail.length
  }

  /** What it takes, in bytes. */
  get size(): number {
    return (this.#base?.update.length ?? 0) + this.#tailBytes
  }

  /** How much of its bytes came after the base, from 0 to 1. */
  get tailPart(): number {
    return this.#tailBytes / Math.max(1, this.size)
  }

  /** Adds an update that the room has taken, with its ranges as the journal keeps them. */
  add(update: Uint8Array, ranges: Uint8Array): void {
    this.#ranges = undefined
    this.#tail.push({ update, ranges })
    this.#tailBytes += update.length
  }

  /**
   * Takes an update that holds much of the room as the new base; of the rest, what it does not hold stays. One that
   * holds less than the base there is changes nothing: a snapshot may have been begun before that base was made.
   */
  rebase(update: Uint8Array, ranges: Uint8Array): void {
    const held = decodeRanges(ranges)
    if (this.#base && !isSubset(rangesOf(this.#base), held)) return
    this.#ranges = undefined
    this.#base = { update, ranges }
    this.#tail = this.#tail.filter((piece) => !isSubset(rangesOf(piece), held))
    this.#tailBytes = sizeOf(this.#tail)
  }

  /** Whether the room has all that an update speaks of. */
  covers(update: DecodedUpdate): boolean {
    return isSubset(rangesOfUpdate(update), this.#known())
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

  /** An update that inserts nothing and deletes all that was deleted: for who has everything else. */
  deletions(): Uint8Array {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, 0)
    this.#known().deleted.write(encoder)
    return encoding.toUint8Array(encoder)
  }

  #known(): EditRanges {
    if (this.#ranges) return this.#ranges
    const ranges = { inserted: new ClockRanges(), deleted: new ClockRanges() }
    for (const piece of this.#base ? [this.#base, ...this.#tail] : this.#tail) {
      const { inserted, deleted } = rangesOf(piece)
      ranges.inserted.addAll(inserted)
      ranges.deleted.addAll(deleted)
    }
    this.#ranges = ranges
    return ranges
  }
}

/** Records of earlier versions have no ranges: theirs are read from the update itself. */
function rangesOf({ update, ranges }: Piece): EditRanges {
  try {
    if (ranges.length > 0) return decodeRanges(ranges)
  } catch {
    // The checksum is of the update alone, which knows the same.
  }
  return rangesOfUpdate(Y.decodeUpdate(update))
}

function isSubset(part: EditRanges, whole: EditRanges): boolean {
  return part.inserted.isWithin(whole.inserted) && part.deleted.isWithin(whole.deleted)
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { update }) => sum + update.length, 0)
}
