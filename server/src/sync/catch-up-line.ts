import { setTimeout as pause } from 'node:timers/promises'

/** Between two, everybody else is served: twenty who fell behind have what they lack after a second. */
const PAUSE_MS = 50

/**
 * Puts together what people lack who fell behind in a room, one after the other. They do so at the same moment, and can be
 * sent something again at the same moment: all of it at once would make the others wait.
 */
export class CatchUpLine {
  #last: Promise<unknown> = Promise.resolve()

  /** Puts something together when those before have what they lack; rejects as `act` throws. */
  next<T>(act: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(act)
    const rest = () => pause(PAUSE_MS, undefined, { ref: false })
    this.#last = done.then(rest, rest)
    return done
  }
}
