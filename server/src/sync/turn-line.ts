import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import type { LineLimits } from '../client-limits.ts'
import { memoryOf, type IncomingFrame } from './sync-dialect.ts'
import type { Person } from './people.ts'
import type { TimeUsed } from './time-used.ts'
import type { Turns } from './turns.ts'
import { findOnlyClient } from './wire.ts'

/** What a line is made of. */
export interface TurnLineParts {
  readonly turns: Turns
  readonly limits: LineLimits
  readonly person: Person
  /** What the room's messages have taken, whoever's they were. */
  readonly roomTime: TimeUsed
  readonly handle: (frame: IncomingFrame) => void
  /** Whether a message that has just come may be handled at once: see `HangWatch`. */
  readonly mayHandleNow: () => boolean
  /** Reads no more from the client, until `resume`. */
  readonly pause: () => void
  readonly resume: () => void
  /** So many bytes more, or less, wait here. */
  readonly waits: (bytes: number) => void
  /** Much more than the person may send has come for a while: they are to hear of it. */
  readonly onTooFast: () => void
  /** They have not stopped since. */
  readonly onNeverStops: () => void
}

/**
 * The messages of one stay in a room that wait for their turn, in order; but of each cursor only the newest, which waits
 * for nothing else: where it was is of no use to anybody. What may wait is bounded: beyond it, the client is not read
 * from, so that its own system keeps the rest.
 */
export class TurnLine {
  readonly #parts: TurnLineParts
  #frames: IncomingFrame[] = []
  /** The first that waits; those before were handled. */
  #first = 0
  /** By awareness client. */
  readonly #cursors = new Map<number, IncomingFrame>()
  #bytes = 0
  #isHeld = false
  #isFull = false
  /** Since when more has come than may wait while the person's allowance was used up; until nothing waits any more. */
  #tooFastSince: number | undefined
  /** Whether they have heard of it. */
  #isTold = false

  constructor(parts: TurnLineParts) {
    this.#parts = parts
  }

  /** Handles a message now, if nothing is before it and there is time; otherwise it waits. */
  receive(frame: IncomingFrame): void {
    const { turns, person } = this.#parts
    const now = performance.now()
    if (this.#isEmpty && !this.#isHeld && turns.hasTime(now, lengthOf(frame)) && this.#parts.mayHandleNow()) {
      const isCursor = frame.type === MESSAGE.awareness
      if ((isCursor ? person.cursorWaitMs(now) : person.waitMs(now)) === 0) return void this.#handle(frame, now)
    }
    this.#add(frame)
    const { maxFrames, maxBytes } = this.#parts.limits
    if (!this.#isFull && (this.#count > maxFrames || this.#bytes > maxBytes)) {
      this.#isFull = true
      this.#parts.pause()
    }
    if (!this.#isHeld) turns.add(this)
  }

  /** Nothing is handled until `release`; nobody else waits for that. */
  hold(): void {
    this.#isHeld = true
    this.#parts.turns.delete(this)
  }

  /** What waits goes on. */
  release(): void {
    this.#isHeld = false
    if (!this.#isEmpty) this.#parts.turns.add(this)
  }

  /** The stay has ended: what waits is forgotten. */
  close(): void {
    this.#frames = []
    this.#cursors.clear()
    this.#first = 0
    this.#wait(-this.#bytes)
    this.#parts.turns.delete(this)
    this.#hasDrained()
  }

  /** How much of the thread's time the room and the person have used lately, in milliseconds. */
  usedMs(now: number): number {
    return this.#parts.person.time.at(now) + this.#parts.roomTime.at(now)
  }

  /** How long what waits has to wait for the person's allowance, or for others' turns, in milliseconds. */
  waitMs(now: number): number {
    const { person, turns } = this.#parts
    const next = this.#frames[this.#first]
    const personMs = next ? person.waitMs(now) : person.cursorWaitMs(now)
    if (personMs > 0 && this.#isFull) this.#isTooFast(now)
    const nextMs = next ? Math.max(personMs, turns.restMs(now, lengthOf(next))) : Infinity
    return this.#cursors.size > 0 ? Math.min(nextMs, person.cursorWaitMs(now)) : nextMs
  }

  /** Handles what waits, in order, until that moment, or until the allowance is used up. */
  handle(from: number, until: number): void {
    let now = from
    while (now < until && !this.#isHeld) {
      const frame = this.#takeNext(now)
      if (!frame) break
      now = this.#handle(frame, now)
      this.#hasDrained()
    }
    if (this.#isEmpty) this.#parts.turns.delete(this)
  }

  get #count(): number {
    return this.#frames.length - this.#first + this.#cursors.size
  }

  get #hasFrames(): boolean {
    return this.#first < this.#frames.length
  }

  get #isEmpty(): boolean {
    return !this.#hasFrames && this.#cursors.size === 0
  }

  #add(frame: IncomingFrame): void {
    const cursor = frame.type === MESSAGE.awareness ? findOnlyClient(frame.decoder) : undefined
    if (cursor === undefined) this.#frames.push(frame)
    else {
      const before = this.#cursors.get(cursor)
      if (before) this.#wait(-memoryOf(before))
      this.#cursors.set(cursor, frame)
    }
    this.#wait(memoryOf(frame))
  }

  /** What is next for which there is an allowance. Cursors come first, being few. */
  #takeNext(now: number): IncomingFrame | undefined {
    const { person, turns } = this.#parts
    if (this.#cursors.size > 0 && person.cursorWaitMs(now) === 0) {
      for (const [client, frame] of this.#cursors) {
        this.#cursors.delete(client)
        this.#wait(-memoryOf(frame))
        return frame
      }
    }
    const frame = this.#frames[this.#first]
    if (!frame || person.waitMs(now) > 0 || turns.restMs(now, lengthOf(frame)) > 0) return undefined
    this.#forget(frame)
    return frame
  }

  /** Handles one message, which began then, and answers when it ended. */
  #handle(frame: IncomingFrame, from: number): number {
    const { turns, person, roomTime, handle } = this.#parts
    if (frame.type === MESSAGE.awareness) person.tookCursor(lengthOf(frame))
    else person.took(lengthOf(frame))
    handle(frame)
    const to = performance.now()
    turns.used(from, to, lengthOf(frame))
    person.time.add(to - from, to)
    roomTime.add(to - from, to)
    return to
  }

  #forget(frame: IncomingFrame): void {
    this.#wait(-memoryOf(frame))
    this.#first += 1
    if (this.#hasFrames && this.#first < this.#frames.length / 2) return
    this.#frames.splice(0, this.#first)
    this.#first = 0
  }

  #wait(bytes: number): void {
    this.#bytes += bytes
    this.#parts.waits(bytes)
  }

  #hasDrained(): void {
    if (this.#isEmpty) {
      this.#tooFastSince = undefined
      this.#isTold = false
    }
    const { maxFrames, maxBytes } = this.#parts.limits
    if (!this.#isFull || this.#count > maxFrames / 2 || this.#bytes > maxBytes / 2) return
    this.#isFull = false
    this.#parts.resume()
  }

  #isTooFast(now: number): void {
    const { limits, onTooFast, onNeverStops } = this.#parts
    this.#tooFastSince ??= now
    const forMs = now - this.#tooFastSince
    if (forMs >= limits.closeAfterMs) onNeverStops()
    else if (forMs >= limits.tellAfterMs && !this.#isTold) {
      this.#isTold = true
      onTooFast()
    }
  }
}

/** In bytes. */
const lengthOf = ({ decoder }: IncomingFrame): number => decoder.arr.length
