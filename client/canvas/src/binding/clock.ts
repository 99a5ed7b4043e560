/** Time as the binding and the presence see it; tests bring their own. */
export interface Clock {
  /** Milliseconds; only differences mean something. */
  now(): number
  /** Calls once, after so many milliseconds. Returns what cancels it. */
  after(delayMs: number, call: () => void): () => void
}

/** The machine's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs)
    return () => clearTimeout(timer)
  },
}
