import type { RoomId } from '@sketchroom/shared/ids'
import type { DocumentStore } from '../../ports/document-store.ts'

/** Rooms that were opened at the same time are asked about together. */
const SOON_MS = 5

/** What a watch is made of. */
export interface HeadWatchParts {
  readonly store: Pick<DocumentStore, 'headsOf'>
  /** The rooms in memory. */
  readonly rooms: () => Iterable<RoomId>
  readonly onHead: (roomId: RoomId, head: number) => void
  /** How long until it looks again, in milliseconds. */
  readonly everyMs: () => number
  readonly onError: (error: unknown) => void
}

/**
 * Reads from time to time how many updates the rooms in memory have in the store, for what other instances have committed
 * and could not tell, or told to nobody's ears: then a room is behind until somebody looks.
 */
export class HeadWatch {
  readonly #parts: HeadWatchParts
  readonly #soon = new Set<RoomId>()
  #timer: NodeJS.Timeout
  #soonTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: HeadWatchParts) {
    this.#parts = parts
    this.#timer = this.#lookLater()
  }

  /** Looks at all rooms without waiting for the clock. */
  lookNow(): void {
    clearTimeout(this.#timer)
    void this.#lookAtAll()
  }

  /** Looks at one room that somebody else may have written to just now. */
  lookSoon(roomId: RoomId): void {
    this.#soon.add(roomId)
    this.#soonTimer ??= setTimeout(() => {
      this.#soonTimer = undefined
      const rooms = [...this.#soon]
      this.#soon.clear()
      void this.#look(rooms)
    }, SOON_MS)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#soonTimer)
  }

  #lookLater(): NodeJS.Timeout {
    // Not all instances at the same moment.
    return setTimeout(() => void this.#lookAtAll(), this.#parts.everyMs() * (0.8 + Math.random() * 0.4))
  }

  async #lookAtAll(): Promise<void> {
    await this.#look([...this.#parts.rooms()])
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = this.#lookLater()
  }

  async #look(rooms: readonly RoomId[]): Promise<void> {
    if (rooms.length === 0) return
    try {
      const heads = await this.#parts.store.headsOf(rooms)
      if (!this.#closed) for (const [roomId, head] of heads) this.#parts.onHead(roomId, head)
    } catch (error) {
      if (!this.#closed) this.#parts.onError(error)
    }
  }
}
