import type { UpdateRecord } from '../../ports/document-store.ts'

/** What an entry or somebody who waits takes in memory beside its bytes, roughly. */
export const OVERHEAD_BYTES = 300

/**
 * So much is committed together, in bytes: a slow disk writes it in 10 to 20 ms. Without a bound, twelve pastes of 7 MB
 * were one commit, and everybody's "Saved" waited for it for more than a second.
 */
const BATCH_BYTES = 1_000_000
/** Of so many batches in a row that leave something out, the last takes some of it. */
const MAX_PASSED_OVER = 3

/** What one room has waiting. */
interface Waiting {
  readonly entries: ReadonlyArray<Pick<UpdateRecord, 'update'>>
  /** Of all entries, each with `OVERHEAD_BYTES`. */
  readonly bytes: number
}

/** What an entry takes. */
export const weightOf = ({ update }: Pick<UpdateRecord, 'update'>): number => update.length + OVERHEAD_BYTES

/**
 * Says what goes into the next batch. Rooms share it by max-min fairness (Bertsekas and Gallager, Data Networks, 6.5.2): those
 * that have little waiting have all of it committed, and those that have more get alike parts of the rest. What is larger
 * than a batch waits until nothing else does, or for three batches, and then goes with one: no small edit waits for more
 * than that one, and nothing large for ever.
 */
export class BatchShares {
  #passedOver = 0

  /** How many entries of each room are to go, of rooms in the order in which they are to have their turn. */
  take<Room extends Waiting>(rooms: readonly Room[]): Map<Room, number> {
    const taken = new Map<Room, number>()
    let left = BATCH_BYTES
    const byWeight = rooms.toSorted((a, b) => a.bytes - b.bytes)
    for (const [index, room] of byWeight.entries()) {
      const share = left / (byWeight.length - index)
      const { count, bytes } = fit(room, share, left)
      if (count > 0) taken.set(room, count)
      left -= bytes
    }
    const leftOut = rooms.filter((room) => (taken.get(room) ?? 0) < room.entries.length)
    this.#passedOver = leftOut.length > 0 ? this.#passedOver + 1 : 0
    if (leftOut.length > 0 && (taken.size === 0 || this.#passedOver === MAX_PASSED_OVER)) {
      this.#passedOver = 0
      takeLeftOut(leftOut, taken)
    }
    return taken
  }
}

/** How many of the first entries go into a share; the first one may take all that is left. */
function fit({ entries, bytes: all }: Waiting, share: number, left: number): { count: number; bytes: number } {
  if (all <= share) return { count: entries.length, bytes: all }
  let [count, bytes] = [0, 0]
  for (const entry of entries) {
    const weight = weightOf(entry)
    if (bytes + weight > (count === 0 ? left : share)) break
    count += 1
    bytes += weight
  }
  return { count, bytes }
}

/** As many of those that were passed over as make a batch, and one in any case. */
function takeLeftOut<Room extends Waiting>(leftOut: readonly Room[], taken: Map<Room, number>): void {
  let left = BATCH_BYTES
  for (const room of leftOut) {
    const count = taken.get(room) ?? 0
    const next = room.entries[count]
    if (!next || (left < BATCH_BYTES && weightOf(next) > left)) continue
    taken.set(room, count + 1)
    left -= weightOf(next)
  }
}
