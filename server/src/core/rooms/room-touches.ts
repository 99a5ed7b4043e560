import type { RoomId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import type { RoomStore } from '../../ports/room-store.ts'
import type { Journal } from '../documents/journal.ts'

/** A list of boards need not know to the millisecond; this spares a write for each commit. */
const WRITE_AFTER_MS = 10_000

/** Notes when each room's drawing last changed, so that lists show it. */
export class RoomTouches {
  readonly #store: RoomStore
  readonly #log: Logger
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #writing = Promise.resolve()
  #changed = new Map<RoomId, number>()

  constructor(parts: { journal: Journal; store: RoomStore; log: Logger; now?: () => number }) {
    const now = parts.now ?? Date.now
    this.#store = parts.store
    this.#log = parts.log
    parts.journal.on('committed', ({ roomId }) => {
      this.#changed.set(roomId, now())
      this.#writeLater()
    })
  }

  /** Writes what is left and stops. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    // What is being written may come back, to be written once more.
    await this.#writing
    await this.#write()
  }

  #writeLater(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#writing = this.#writing.then(() => this.#write())
    }, WRITE_AFTER_MS)
  }

  async #write(): Promise<void> {
    if (this.#changed.size === 0) return
    const changed = this.#changed
    this.#changed = new Map()
    try {
      await this.#store.touchRooms(changed)
    } catch (error) {
      this.#log.warn({ err: error }, 'could not note when rooms changed')
      // Newer times win over the ones that could not be written.
      this.#changed = new Map([...changed, ...this.#changed])
      this.#writeLater()
    }
  }
}
