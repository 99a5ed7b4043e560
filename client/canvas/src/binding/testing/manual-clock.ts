import type { Clock } from '../clock.ts'

/** Time that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now = 0
  #timers: { readonly at: number; readonly call: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { at: this.#now + delayMs, call }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Lets time pass, timers in their order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#now = Math.max(this.#now, next.at)
      next.call()
    }
    this.#now = end
  }
}
