import type { RoomId } from '@sketchroom/shared/ids'

/** How many times `fairBytes` may be queued at all: then even who has next to nothing there is turned away. */
const MOST_TIMES = 2

/**
 * Counts what waits for the store, by room and by author. Together they may fill `fairBytes`; from then on it is only who
 * has more there than a fair share that is turned away: a few large pastes into somebody's own boards are no reason to
 * tell all others that the store is not available.
 */
export class QueuedBytes {
  readonly #fairBytes: number
  readonly #rooms = new Map<RoomId, number>()
  readonly #authors = new Map<string, number>()
  #total = 0

  constructor(fairBytes: number) {
    this.#fairBytes = fairBytes
  }

  /** How much is queued of all rooms. */
  get total(): number {
    return this.#total
  }

  /** Counts so much more, or less, of a room; `author` is null for what is nobody's. */
  add(roomId: RoomId, author: string | null, bytes: number): void {
    this.#total += bytes
    addTo(this.#rooms, roomId, bytes)
    if (author !== null) addTo(this.#authors, author, bytes)
  }

  /** Whether no more should be taken in of this room, from this author. */
  isTooMuch(roomId: RoomId, author: string): boolean {
    if (this.#total <= this.#fairBytes) return false
    if (this.#total > this.#fairBytes * MOST_TIMES) return true
    const authors = Math.max(1, this.#authors.size)
    if ((this.#authors.get(author) ?? 0) > this.#fairBytes / authors) return true
    // One author may write to a thousand rooms, which must not leave everybody else's a thousandth each.
    const rooms = Math.min(this.#rooms.size, authors)
    return (this.#rooms.get(roomId) ?? 0) > this.#fairBytes / rooms
  }
}

function addTo<K>(counted: Map<K, number>, key: K, bytes: number): void {
  const sum = (counted.get(key) ?? 0) + bytes
  if (sum > 0) counted.set(key, sum)
  else counted.delete(key)
}
