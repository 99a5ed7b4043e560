import type { PersonRates } from '../client-limits.ts'
import { Allowance } from './allowance.ts'
import { TimeUsed } from './time-used.ts'

/** How often it is looked for people who have gone and owe nothing. */
const FORGET_EVERY_MS = 60_000

/** How long whose message has hung writes nothing: the first time, and at most when it hangs again each time that they may. */
const FIRST_STRIKE_MS = 60_000
const LONGEST_STRIKE_MS = 60 * 60_000

/** A person as the sockets know them: what they have used, and what is left to them, wherever they are. */
export class Person {
  /** The time that their messages have taken. */
  readonly time = new TimeUsed()
  #strikeMs = 0
  #struckUntil = -Infinity
  readonly #messages: Allowance
  readonly #bytes: Allowance
  readonly #cursors: Allowance
  /** The sockets that they are in rooms with, each with how many. */
  readonly #sockets = new Map<object, number>()

  constructor(rates: PersonRates, now: number) {
    this.#messages = new Allowance(rates.messages, now)
    this.#bytes = new Allowance(rates.bytes, now)
    this.#cursors = new Allowance(rates.cursors, now)
  }

  /** How long the next message has to wait, in milliseconds; 0 when it may be handled now. */
  waitMs(now: number): number {
    return Math.max(this.#messages.waitMs(now), this.#bytes.waitMs(now))
  }

  /** The same for the next message about where a cursor is. */
  cursorWaitMs(now: number): number {
    return Math.max(this.waitMs(now), this.#cursors.waitMs(now))
  }

  /** One about a cursor is handled, which counts as a message too. */
  tookCursor(bytes: number): void {
    this.#cursors.take(1)
    this.took(bytes)
  }

  /** A message of so many bytes is handled. */
  took(bytes: number): void {
    this.#messages.take(1)
    this.#bytes.take(bytes)
  }

  /**
   * What they sent has hung: for a while, they write nothing. Their client comes back, and sends the same again: so that this
   * does not cost a room a moment every minute, the while grows.
   */
  strike(now: number): void {
    this.#strikeMs = this.#hasStrike(now) ? Math.min(LONGEST_STRIKE_MS, this.#strikeMs * 2) : FIRST_STRIKE_MS
    this.#struckUntil = now + this.#strikeMs
  }

  /** Whether they may not write. */
  isStruck(now: number): boolean {
    return now < this.#struckUntil
  }

  /** Whether they were struck lately: for as long again as the strike went on, it is not forgotten. */
  #hasStrike(now: number): boolean {
    return now < this.#struckUntil + this.#strikeMs
  }

  /** Whether they have fewer sockets than that, not counting this one. */
  hasFewerSockets(than: number, socket: object): boolean {
    return this.#sockets.size - (this.#sockets.has(socket) ? 1 : 0) < than
  }

  /** They come into a room, with this socket. */
  entered(socket: object): void {
    this.#sockets.set(socket, (this.#sockets.get(socket) ?? 0) + 1)
  }

  /** They have left one, or were not let in. */
  left(socket: object): void {
    const rooms = (this.#sockets.get(socket) ?? 0) - 1
    if (rooms > 0) this.#sockets.set(socket, rooms)
    else this.#sockets.delete(socket)
  }

  /** Whether it makes no difference to forget them: they are in no room, and a new person would have the same. */
  isAsNew(now: number): boolean {
    if (this.#sockets.size > 0 || this.#hasStrike(now)) return false
    return this.#messages.isFull(now) && this.#bytes.isFull(now) && this.time.at(now) === 0
  }
}

/**
 * The people who are here, by user id. Who has gone is remembered for as long as they owe something, so that nobody gets
 * a new allowance by coming again.
 */
export class People {
  readonly #rates: PersonRates
  readonly #people = new Map<string, Person>()
  #forgotAt = -Infinity

  constructor(rates: PersonRates) {
    this.#rates = rates
  }

  /** The person with this user id; `now` is in milliseconds, from whenever. */
  find(userId: string, now: number = performance.now()): Person {
    this.#forget(now)
    const known = this.#people.get(userId)
    if (known) return known
    const person = new Person(this.#rates, now)
    this.#people.set(userId, person)
    return person
  }

  #forget(now: number): void {
    if (now - this.#forgotAt < FORGET_EVERY_MS) return
    this.#forgotAt = now
    for (const [userId, person] of this.#people) if (person.isAsNew(now)) this.#people.delete(userId)
  }
}
