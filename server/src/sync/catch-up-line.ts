import { setTimeout as pause } from 'node:timers/promises'
import { ownTurn } from '../own-turn.ts'

/** Between two, everybody else is served: twenty who fell behind have what they lack after a second. */
const PAUSE_MS = 50

type Updates = readonly Uint8Array[]

/** A stay that fell behind. */
export interface FellBehind {
  /** Whose it is. */
  readonly person: object
  /** What the room had when it did. */
  readonly stateVector: Uint8Array
  /** Whether it goes on. */
  readonly isIn: () => boolean
}

interface Waiting extends FellBehind {
  readonly act: () => Updates | Promise<Updates>
  readonly resolve: (updates: Updates) => void
  readonly reject: (error: unknown) => void
}

/**
 * Puts together what people lack who fell behind in a room, one after the other. They do so at the same moment, and can be
 * sent something again at the same moment: all of it at once would make the others wait. Those who fell behind at the same
 * moment lack the same, which is put together once; otherwise it goes by person, so that nobody waits for all the stays of another.
 */
export class CatchUpLine {
  #waiting: Waiting[] = []
  /** How many stays of whom have been served since the line was empty. */
  readonly #served = new Map<object, number>()
  #isGoingOn = false

  /** Puts something together when it is their turn; rejects as `act` throws, and is nothing for who has left by then. */
  next(who: FellBehind, act: () => Updates | Promise<Updates>): Promise<Updates> {
    const { promise, resolve, reject } = Promise.withResolvers<Updates>()
    this.#waiting.push({ ...who, act, resolve, reject })
    if (!this.#isGoingOn) void this.#goOn()
    return promise
  }

  async #goOn(): Promise<void> {
    this.#isGoingOn = true
    while (this.#waiting.length > 0) {
      await ownTurn()
      const next = this.#findNext()
      if (!next) break
      await this.#serve(next)
      await pause(PAUSE_MS, undefined, { ref: false })
    }
    this.#served.clear()
    this.#isGoingOn = false
  }

  /** Who has waited for longest of those of whom least was served. */
  #findNext(): Waiting | undefined {
    const left = this.#take(({ isIn }) => !isIn())
    for (const { resolve } of left) resolve([])
    let next: Waiting | undefined
    for (const each of this.#waiting) if (!next || this.#servedOf(each) < this.#servedOf(next)) next = each
    return next
  }

  async #serve({ act, stateVector }: Waiting): Promise<void> {
    const alike = this.#take((each) => Buffer.compare(each.stateVector, stateVector) === 0)
    for (const each of alike) this.#served.set(each.person, this.#servedOf(each) + 1)
    try {
      const updates = await act()
      for (const { resolve } of alike) {
        resolve(updates)
        // Each begins to be sent.
        await ownTurn()
      }
    } catch (error) {
      for (const { reject } of alike) reject(error)
    }
  }

  #servedOf({ person }: Waiting): number {
    return this.#served.get(person) ?? 0
  }

  #take(isTaken: (each: Waiting) => boolean): Waiting[] {
    const taken = this.#waiting.filter(isTaken)
    if (taken.length > 0) this.#waiting = this.#waiting.filter((each) => !taken.includes(each))
    return taken
  }
}
