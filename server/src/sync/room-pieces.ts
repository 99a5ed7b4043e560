import type { Compaction } from '../core/documents/compaction.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'

/** Does a part of a long work, with so many bytes, in a turn of its own; of what hangs, it never settles. */
export type InOwnTurn = <T>(act: () => T, bytes: number) => Promise<T>

/** What is done with a large drawing away from the event loop. */
export type PieceWork = Pick<Compaction, 'cut' | 'measure'>

/**
 * A room's bytes in pieces of a size that can be sent. What is done for that is done once for all who wait for it: whoever
 * asks can say what they like of what they have, and asks again and again.
 */
export class RoomPieces {
  readonly #bytes: RoomBytes
  readonly #work: PieceWork
  readonly #inTurn: InOwnTurn
  #cutting: Promise<void> | undefined
  #merging: Promise<void> | undefined
  #measuring: Promise<void> | undefined

  constructor(bytes: RoomBytes, work: PieceWork, inTurn: InOwnTurn) {
    this.#bytes = bytes
    this.#work = work
    this.#inTurn = inTurn
  }

  /** Makes pieces of all there is by now. Rejects when the records do not come together, or there is no thread. */
  cut(): Promise<void> {
    this.#cutting ??= this.#work
      .cut(this.#bytes.parts)
      .then((cut) => this.#bytes.rebase(cut))
      .finally(() => (this.#cutting = undefined))
    return this.#cutting
  }

  /** Merges the small updates of a long tail, while others are served. Rejects when the records do not come together. */
  mergeTail(): Promise<void> {
    this.#merging ??= this.#mergeTail().finally(() => (this.#merging = undefined))
    return this.#merging
  }

  /**
   * The parts of the room that say something which somebody with this state vector lacks, as they are: at the edges of
   * what they have, a little comes twice.
   */
  async lackedBy(known: ReadonlyMap<number, number>): Promise<readonly Uint8Array[]> {
    const { unmeasured } = this.#bytes
    if (unmeasured) await this.#measure(unmeasured)
    return this.#bytes.partsLackedBy(known)
  }

  async #mergeTail(): Promise<void> {
    const steps = this.#bytes.mergeTail()
    while (!(await this.#inTurn(() => steps.next(), 0)).done);
  }

  #measure(pieces: readonly Uint8Array[]): Promise<void> {
    this.#measuring ??= this.#work
      .measure(pieces)
      .then(
        (extents) => this.#bytes.measured(pieces, extents),
        // Then all of them go out.
        () => undefined,
      )
      .finally(() => (this.#measuring = undefined))
    return this.#measuring
  }
}
