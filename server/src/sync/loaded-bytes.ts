import type { Logger } from 'pino'
import { SMALL_BYTES } from '../core/gate/board-size.ts'
import { processMemory } from '../process-memory.ts'

/**
 * While it is drawn, a board takes about five times its records: the records, Yjs's document of them, and what is under way.
 * A process of 512 MB, of which it needs 150 for itself, holds 51 MB of them.
 */
const PART_OF_MEMORY = 1 / 10
/** Large boards are still opened when this many times as much is in memory: their people did nothing to fill it. */
const OPENED_TIMES = 1.5
const SAY_AGAIN_MS = 60_000

/** How large the boards in memory may be together by default, in bytes: by the memory that this process may have. */
export function defaultLoadedBytes(): number {
  return Math.floor(processMemory() * PART_OF_MEMORY)
}

/**
 * Bounds how large the boards in memory are together. Each may be as large as a board may be; but a dozen of them, made and
 * opened by anybody, would otherwise end a small process, and with it everybody's drawing.
 */
export class LoadedBytes {
  readonly #limit: number
  readonly #sum: () => number
  readonly #log: Logger
  #saidAt = -Infinity

  /** `sum` answers what the records of all boards in memory take. */
  constructor(parts: { limit: number; sum: () => number; log: Logger }) {
    this.#limit = parts.limit
    this.#sum = parts.sum
    this.#log = parts.log
  }

  /** Whether a large board may grow by so many bytes. */
  hasRoomFor(bytes: number): boolean {
    return this.#fits(this.#sum() + bytes, this.#limit)
  }

  /** Whether a board may be opened whose records take so many bytes. */
  mayOpen(bytes: number): boolean {
    return bytes <= SMALL_BYTES || this.#fits(this.#sum() + bytes, this.#limit * OPENED_TIMES)
  }

  #fits(loaded: number, limit: number): boolean {
    if (loaded <= limit) return true
    const now = performance.now()
    if (now - this.#saidAt > SAY_AGAIN_MS) {
      this.#saidAt = now
      this.#log.warn(
        { loaded, limit },
        'the boards in memory are too large together: give the process more memory, or raise LOADED_BYTES',
      )
    }
    return false
  }
}
