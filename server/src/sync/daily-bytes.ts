import type { DailyLimits } from '../client-limits.ts'
import { Allowance } from './allowance.ts'

const DAY_SECONDS = 24 * 60 * 60
/** How often it is looked for whoever would have the same if they were forgotten. */
const FORGET_EVERY_MS = 60 * 60 * 1_000

/** What is left today to somebody who comes from some address. */
export interface DailyShare {
  /** Whether nothing more of theirs is to be stored for now. */
  isUsedUp(): boolean
  /** So many bytes are stored. */
  took(bytes: number): void
}

/**
 * Counts what is stored, by who wrote it and by the address that they came from. What is written over stays in the history,
 * so that the size of boards does not bound the database. It is not counted by whose board it is: whoever may draw there
 * could use that up for its owner. What was used comes back over a day, and all of it when the process starts anew.
 */
export class DailyBytes {
  readonly #limits: DailyLimits
  readonly #now: () => number
  readonly #left = new Map<string, Allowance>()
  #forgotAt = -Infinity

  /** `now` is in milliseconds, from whenever. */
  constructor(limits: DailyLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** The share of a person who comes from an address. */
  shareOf(userId: string, address: string): DailyShare {
    // Made once: they are asked for at each write.
    const [user, from] = [`user ${userId}`, `address ${address}`]
    const { perUser, perAddress } = this.#limits
    const both = (now: number) => [this.#find(user, perUser, now), this.#find(from, perAddress, now)]
    return {
      isUsedUp: () => {
        const now = this.#now()
        return both(now).some((each) => each.left(now) <= 0)
      },
      took: (bytes) => {
        for (const each of both(this.#now())) each.take(bytes)
      },
    }
  }

  /** Of how many people and addresses something is known. */
  get size(): number {
    return this.#left.size
  }

  #find(key: string, perDay: number, now: number): Allowance {
    this.#forget(now)
    const known = this.#left.get(key)
    if (known) return known
    const allowance = new Allowance({ perSecond: perDay / DAY_SECONDS, burst: perDay }, now)
    this.#left.set(key, allowance)
    return allowance
  }

  #forget(now: number): void {
    if (now - this.#forgotAt < FORGET_EVERY_MS) return
    this.#forgotAt = now
    for (const [key, allowance] of this.#left) if (allowance.isFull(now)) this.#left.delete(key)
  }
}
