import { LARGE_BYTES } from './large-reads.ts'
import type { TurnLine } from './turn-line.ts'

/** What of one turn of the event loop goes to messages that wait: after it, sockets are read and commits answered. */
const TURN_MS = 4
/** One line is handled for no less than this at a time, or looking who is next would outweigh the work. */
const LEAST_SLICE_MS = 1
/** Who has to wait for their allowance waits for a few messages at a time. */
const LEAST_WAIT_MS = 20

/**
 * Decides whose messages are handled when. As long as there is time, each is handled at once. When there is not, they
 * wait in lines, one for each stay in a room, and of those that wait, the lines whose room and person have used least of
 * the thread's time come first: so a flood waits for everybody else, and not the other way round. Between the slices,
 * the event loop goes on.
 */
export class Turns {
  readonly #schedule: (run: () => void) => void
  readonly #waiting = new Set<TurnLine>()
  #isScheduled = false
  #timer: NodeJS.Timeout | undefined
  /** How much longer messages have been handled than everything else was done, up to `#usedAt`, in milliseconds. */
  #aheadMs = 0
  #usedAt = 0
  /** Until then, no large message is handled. */
  #restUntil = -Infinity

  /** `schedule` has the event loop call back soon. */
  constructor(schedule: (run: () => void) => void = setImmediate) {
    this.#schedule = schedule
  }

  /**
   * Whether a message that has come may be handled before anything else is done. Those that wait only for the allowance of
   * whoever sent them are no reason to wait.
   */
  hasTime(now: number, bytes: number): boolean {
    // A large one that has just come must not overtake those that wait for one to be over.
    if (bytes > LARGE_BYTES && (this.#waiting.size > 0 || this.restMs(now, bytes) > 0)) return false
    if (this.#isScheduled) return false
    return this.#aheadMs - (now - this.#usedAt) < TURN_MS
  }

  /** How long a message of so many bytes has to wait because a large one was handled lately, in milliseconds. */
  restMs(now: number, bytes: number): number {
    return bytes > LARGE_BYTES ? Math.max(0, this.#restUntil - now) : 0
  }

  /** A message of so many bytes was handled from the one moment to the other, by `performance.now()`. */
  used(from: number, to: number, bytes: number): void {
    if (bytes > LARGE_BYTES) this.#restUntil = to + (to - from)
    // A single one that took long is no reason to make all wait for as long afterwards.
    this.#aheadMs = Math.min(2 * TURN_MS, Math.max(0, this.#aheadMs - (from - this.#usedAt)) + to - from)
    this.#usedAt = to
  }

  /** In how many lines something waits. */
  get size(): number {
    return this.#waiting.size
  }

  /** Something waits in a line. */
  add(line: TurnLine): void {
    if (this.#waiting.has(line)) return
    this.#waiting.add(line)
    // It may have an allowance that those the timer waits for have not.
    this.#soon()
  }

  /** Nothing waits there any more, or what does is held. */
  delete(line: TurnLine): void {
    this.#waiting.delete(line)
  }

  readonly #soon = (): void => {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#schedule(this.#run)
  }

  readonly #run = (): void => {
    clearTimeout(this.#timer)
    this.#isScheduled = false
    this.#timer = undefined
    const now = performance.now()
    const ready = [...this.#waiting].filter((line) => line.waitMs(now) === 0)
    if (ready.length > 1) inOrder(ready, now)
    const until = now + TURN_MS
    const sliceMs = Math.max(LEAST_SLICE_MS, TURN_MS / ready.length)
    for (const line of ready) {
      const from = performance.now()
      if (from >= until) break
      // What was handled before may have ended its stay, or made it wait for the room.
      if (!this.#waiting.has(line)) continue
      line.handle(from, Math.min(until, from + sliceMs))
    }
    this.goOn()
  }

  /** Goes on with those who wait, also when what was handled last has never come to its end. */
  goOn(): void {
    if (this.#waiting.size === 0 || this.#isScheduled) return
    const now = performance.now()
    let waitMs = Infinity
    for (const line of this.#waiting) waitMs = Math.min(waitMs, line.waitMs(now))
    if (waitMs === 0) this.#soon()
    else if (waitMs < Infinity) {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(this.#soon, Math.max(LEAST_WAIT_MS, waitMs))
    }
  }
}

/** Those who have used least come first; who have used as much, in the order in which they came. */
function inOrder(lines: TurnLine[], now: number): void {
  const used = new Map(lines.map((line) => [line, line.usedMs(now)]))
  lines.sort((a, b) => (used.get(a) ?? 0) - (used.get(b) ?? 0))
}
