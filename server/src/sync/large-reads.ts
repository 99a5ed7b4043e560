/** A message of more bytes is large. Our own clients send pieces of half of that. */
export const LARGE_BYTES = 256 * 1024

/** How fast large messages are read at most, once one has come: 1 MB in 16 ms, which is what putting it together may take. */
const BYTES_PER_MS = 64 * 1024

/** Who is read from: see `IncomingBytes`. */
export interface LargeReader {
  pause(): void
  resume(): void
}

/**
 * Has large messages come whole one after the other. `ws` copies each when its end is there, and twelve of 7 MB that ended in
 * one turn of the event loop were half a second in which nobody else's edit was read. So those that are in the midst of
 * one are not read from for a moment when another has ended. Everybody else is.
 */
export class LargeReads {
  /** Each with whether it is paused. */
  readonly #readers = new Map<LargeReader, boolean>()
  #timer: NodeJS.Timeout | undefined

  /** A large message is coming from this one. */
  begin(reader: LargeReader): void {
    if (this.#readers.has(reader)) return
    this.#readers.set(reader, false)
    if (this.#timer) this.#pause(reader)
  }

  /** A message of so many bytes is whole, or nothing more of it comes. */
  end(reader: LargeReader, bytes = 0): void {
    if (this.#readers.get(reader)) reader.resume()
    this.#readers.delete(reader)
    if (bytes <= LARGE_BYTES) return
    for (const each of this.#readers.keys()) this.#pause(each)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#resume(), bytes / BYTES_PER_MS)
  }

  #pause(reader: LargeReader): void {
    if (this.#readers.get(reader)) return
    this.#readers.set(reader, true)
    reader.pause()
  }

  #resume(): void {
    this.#timer = undefined
    for (const [reader, isPaused] of this.#readers) {
      if (!isPaused) continue
      this.#readers.set(reader, false)
      reader.resume()
    }
  }
}
