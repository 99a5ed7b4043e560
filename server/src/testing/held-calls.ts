import type { Around } from './around-store.ts'

/** A call that is held only because it was the next is late by so much at the most. */
const LONGEST_MS = 2_000

/**
 * Calls of a store that wait once they are held, each until it is released. `answers` holds the answer back, which is
 * then that of an earlier moment; without, the work itself waits.
 */
export class HeldCalls<Store> {
  readonly waiting: Array<{ call: keyof Store; release: () => void }> = []
  readonly #answers: boolean
  #held: ReadonlySet<keyof Store> = new Set()
  #armed: { after: keyof Store; call: keyof Store } | undefined
  #next: keyof Store | undefined
  #releases = 0

  constructor({ answers = false } = {}) {
    this.#answers = answers
  }

  /** From now on these calls wait. */
  hold(...calls: Array<keyof Store>): void {
    this.#held = new Set(calls)
  }

  /** Once a call of `after` is done, the next of `call` waits, and no other. */
  holdNext(call: keyof Store, { after }: { after: keyof Store }): void {
    this.#armed = { after, call }
  }

  /** Lets all go on that wait, and all that come. */
  release(): void {
    this.#releases += 1
    this.#held = new Set()
    this.#armed = undefined
    this.#next = undefined
    for (const { release } of this.waiting.splice(0)) release()
  }

  /** For `aroundStore`. */
  readonly around: Around<Store> = async (call, work) => {
    // Decided when the call comes: one that came before `hold` is answered.
    const isNext = this.#next === call
    const isHeld = this.#held.has(call) || isNext
    if (isNext) this.#next = undefined
    const releases = this.#releases
    const wait = async () => {
      // An answer may come only when all have been let go already.
      if (releases !== this.#releases) return
      await new Promise<void>((resolve) => {
        this.waiting.push({ call, release: resolve })
        // The one that was meant may have come before, and this be what the test itself waits for.
        if (isNext) setTimeout(resolve, LONGEST_MS)
      })
    }
    if (isHeld && !this.#answers) await wait()
    const answer = await work()
    if (isHeld && this.#answers) await wait()
    if (this.#armed?.after === call) {
      this.#next = this.#armed.call
      this.#armed = undefined
    }
    return answer
  }
}
