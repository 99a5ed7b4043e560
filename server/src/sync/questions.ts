/** The pause before a client is asked again for what it did not give when asked; it doubles up to the longest. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** Asks one client for what the room lacks. */
export class Questions {
  readonly #ask: () => void
  #pauseMs = 0
  #askedAt = -Infinity
  #timer: NodeJS.Timeout | undefined
  #closed = false

  /** `ask` sends the question. */
  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** Asks at once. */
  ask(): void {
    this.#askedAt = performance.now()
    this.#ask()
  }

  /**
   * Asks for what the client has not given, with a pause that grows: one that lost a part of its edits answers with the
   * same again, however often it is asked.
   */
  askAgain(): void {
    if (this.#timer || this.#closed) return
    if (performance.now() - this.#askedAt > LONGEST_PAUSE_MS) this.#pauseMs = 0
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs * 2))
    if (pauseMs === 0) return this.ask()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.ask()
    }, pauseMs)
  }

  /** Asks no more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }
}
