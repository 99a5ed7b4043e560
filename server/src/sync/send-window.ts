/** After so much, the client is asked to say that it has come. */
const MARK_BYTES = 32 * 1024
/**
 * What may be on its way to a client on a slow line: at 60 KB/s it is there in 3 s. It is about as much as our clients have
 * on their way to us: each answer waits behind what goes the same way, so that the larger of the two would starve the other.
 */
const LEAST_WINDOW_BYTES = 160 * 1024
/** On a line that is fast, but long, more must be on its way to fill it. */
const LARGEST_WINDOW_BYTES = 2 * 1024 * 1024
/** An answer within this time says that the line is fast; one that takes longer than a second, that it is not. */
const FAST_MS = 300
const SLOW_MS = 1_000
/** How often a client whose answers do not come is looked at: whether it cannot give any. */
const CHECK_MS = 1_000
/**
 * Who has never answered a ping within so long is taken to have read what was before: some proxies hand on no pings, or no
 * answers. On a line that is only slow, the first answer comes after `MARK_BYTES`; slower than 7 KB/s, it comes once too late.
 */
const NO_ANSWER_MS = 5_000
/** So much of one message is more than our clients send in one: another library sends all it has, and answers after that. */
const LARGE_MESSAGE_BYTES = 192 * 1024

/** What a window needs of its connection. */
export interface SendWindowParts {
  /** Sends a WebSocket ping with these words, behind all that was written. */
  readonly ping: (words: string) => void
  /** How many bytes have come from the client in all. */
  readonly receivedBytes: () => number
}

/**
 * Bounds what is on its way to one client. The system takes megabytes for a client at once, more so when a proxy stands in
 * between, and does not say when they arrive: whatever is sent after them waits for as long, a heartbeat's ping too, and
 * its pong would come after the client was given up. So every few pieces a ping goes along, which any client's WebSocket
 * answers by itself when it has read what was before. One that is lost would close the window for good, so that it is
 * repeated while somebody waits.
 */
export class SendWindow {
  readonly #parts: SendWindowParts
  readonly #marks: Array<{ readonly words: string; readonly bytes: number; readonly at: number }> = []
  #windowBytes = LEAST_WINDOW_BYTES
  #unmarkedBytes = 0
  #markedBytes = 0
  #markCount = 0
  #waiting: Array<() => void> = []
  #timer: NodeJS.Timeout | undefined
  #hasAnswered = false
  #readBytes = 0
  /** How much had come when the client last said something whole. */
  #heardAtByte = 0

  constructor(parts: SendWindowParts) {
    this.#parts = parts
  }

  /** Whether more may be sent. */
  get isOpen(): boolean {
    return this.#markedBytes + this.#unmarkedBytes < this.#windowBytes
  }

  /** So much the client has said that it has read. */
  get readBytes(): number {
    return this.#readBytes
  }

  /** So many bytes were written. */
  wrote(bytes: number): void {
    this.#unmarkedBytes += bytes
    if (this.#unmarkedBytes < MARK_BYTES) return
    const mark = { words: `${++this.#markCount}`, bytes: this.#unmarkedBytes, at: performance.now() }
    this.#unmarkedBytes = 0
    this.#markedBytes += mark.bytes
    this.#marks.push(mark)
    this.#parts.ping(mark.words)
  }

  /** The client has said something whole. */
  heard(): void {
    this.#heardAtByte = this.#parts.receivedBytes()
  }

  /**
   * A pong has come: the client has read all that was before the ping with these words. A heartbeat's has none. Whether it
   * is a ping that was waited for.
   */
  answered(words: string): boolean {
    this.#hasAnswered = true
    const index = this.#marks.findIndex((each) => each.words === words)
    const mark = this.#marks[index]
    if (!mark) return false
    this.#readBytes += mark.bytes
    const tookMs = performance.now() - mark.at
    if (tookMs > SLOW_MS) this.#windowBytes = LEAST_WINDOW_BYTES
    else if (tookMs < FAST_MS && !this.isOpen) this.#windowBytes = Math.min(LARGEST_WINDOW_BYTES, 2 * this.#windowBytes)
    this.#forget(index + 1)
    return true
  }

  /** Calls back once more may be sent. */
  onceOpen(callback: () => void): void {
    this.#waiting.push(callback)
    this.#watch()
  }

  /** Nothing is sent any more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
  }

  #forget(count: number): void {
    for (const { bytes } of this.#marks.splice(0, count)) this.#markedBytes -= bytes
    if (!this.isOpen || this.#waiting.length === 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const callback of this.#waiting.splice(0)) callback()
  }

  #watch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const sentBefore = performance.now() - this.#forgetAfterMs()
      this.#forget(this.#marks.filter(({ at }) => at <= sentBefore).length)
      if (this.#waiting.length === 0) return
      const last = this.#marks.at(-1)
      if (last) this.#parts.ping(last.words)
      this.#watch()
    }, CHECK_MS)
  }

  /** How long an answer is waited for: who sends something large gives none until that is through. */
  #forgetAfterMs(): number {
    const isBusy = this.#parts.receivedBytes() - this.#heardAtByte >= LARGE_MESSAGE_BYTES
    return isBusy ? CHECK_MS : this.#hasAnswered ? Infinity : NO_ANSWER_MS
  }
}
