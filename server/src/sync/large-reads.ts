/** A message of more bytes is large. Our own clients send pieces of half of that. */
export const LARGE_BYTES = 256 * 1024

/** How fast large messages are read at most, once one has come: 1 MB in 16 ms, which is what putting it together may take. */
const BYTES_PER_MS = 64 * 1024

/** Who is read from: see `IncomingBytes`. */
export interface LargeReader {
  pause(): void
  resume(): void
}

/** Nobody waits longer in one go, however many large messages come. */
const MAX_PAUSE_MS = 250

/**
 * Has large messages come whole one after the other. `ws` copies each when its end is there, and twelve of 7 MB that ended in
 * one turn of the event loop were half a second in which nobody else's edit was read. So those that are in the midst of
 * one are not read from for a moment when another has ended, but for the one that began first: so each comes to its end,
 * whatever others send. Everybody else is read from.
 */
export class LargeReads {
  /** In the order in which they began; each with whether it is paused. */
  readonly #readers = new Map<LargeReader, boolean>()
  #timer: NodeJS.Timeout | undefined
  #pausedAt = 0
  #until = 0

  /** A large message is coming from this one. */
  begin(reader: LargeReader): void {
    if (this.#readers.has(reader)) return
    this.#readers.set(reader, false)
    if (this.#timer) this.#pauseAllButFirst()
  }

  /** A message of so many bytes is whole, or nothing more of it comes. */
  end(reader: LargeReader, bytes = 0): void {
    if (this.#readers.get(reader)) reader.resume()
    this.#readers.delete(reader)
    if (bytes <= LARGE_BYTES) return
    const now = performance.now()
    if (!this.#timer) this.#pausedAt = this.#until = now
    this.#until = Math.min(this.#pausedAt + MAX_PAUSE_MS, Math.max(this.#until, now + bytes / BYTES_PER_MS))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#resumeAll(), this.#until - now)
    this.#pauseAllButFirst()
  }

  #pauseAllButFirst(): void {
    for (const [index, [reader, isPaused]] of [...this.#readers].entries()) {
      if (index > 0 && !isPaused) {
        this.#readers.set(reader, true)
        reader.pause()
      } else if (index === 0) this.#resume(reader)
    }
  }

  #resumeAll(): void {
    this.#timer = undefined
    for (const reader of this.#readers.keys()) this.#resume(reader)
  }

  #resume(reader: LargeReader): void {
    if (!this.#readers.get(reader)) return
    this.#readers.set(reader, false)
    reader.resume()
  }
}
