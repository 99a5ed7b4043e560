/** A busy room broadcasts at most this often. */
const GATHER_MS = 10
/** Waiting saves something once so many changes are expected to share a frame. */
const WORTH_WAITING_FOR = 3
/** How much the latest broadcast counts in what is expected of the next. */
const WEIGHT = 0.2
/** A broadcast to a crowd takes long: it may take a fifth of everybody's time, and no more. */
const REST_PER_WORK = 4
/** A pause of the whole process may look like a long broadcast; nobody waits longer than this for that. */
const LONGEST_REST_MS = 200

/**
 * Decides when a room broadcasts what has changed. Fewer frames are what makes a busy room cheap, but in a room where
 * a change would wait alone, waiting saves nothing: it goes out at the end of this turn of the event loop.
 */
export class BroadcastPace {
  readonly #broadcast: () => void
  #changes = 0
  /** How many changes are expected to come within `GATHER_MS`. */
  #expected = 0
  #lastAt = -Infinity
  #lastTookMs = 0
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  #closed = false

  constructor(broadcast: () => void) {
    this.#broadcast = broadcast
  }

  /** Something is to be broadcast. */
  changed(): void {
    this.#changes += 1
    if (this.#timer || this.#immediate || this.#closed) return
    const waitMs = this.#lastAt + this.#pauseMs() - performance.now()
    if (waitMs > 0) this.#timer = setTimeout(this.#run, waitMs)
    else this.#immediate = setImmediate(this.#run)
  }

  /** Enough has gathered: nothing is waited for. */
  broadcastNow(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    if (!this.#closed) this.#run()
  }

  /** Broadcasts no more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }

  #pauseMs(): number {
    const restMs = Math.min(LONGEST_REST_MS, this.#lastTookMs * REST_PER_WORK)
    return Math.max(this.#expected >= WORTH_WAITING_FOR ? GATHER_MS : 0, restMs)
  }

  readonly #run = (): void => {
    this.#timer = undefined
    this.#immediate = undefined
    const now = performance.now()
    const perWindow = (this.#changes / Math.max(0.1, now - this.#lastAt)) * GATHER_MS
    this.#expected += (perWindow - this.#expected) * WEIGHT
    this.#changes = 0
    this.#lastAt = now
    this.#broadcast()
    // The sockets are written to at the end of this turn.
    process.nextTick(this.#measure)
  }

  readonly #measure = (): void => {
    this.#lastTookMs = performance.now() - this.#lastAt
  }
}
