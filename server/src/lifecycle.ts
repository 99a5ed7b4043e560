import type { Logger } from 'pino'

/** What a part that does not say otherwise may take to stop: closing a handle, not waiting for anybody. */
export const DEFAULT_STOP_MS = 500

/** Something that is started and must be stopped. */
export interface Part {
  readonly name: string
  /** How long stopping may take, in milliseconds; after that it is left behind, and the next part is stopped. */
  readonly stopWithinMs?: number
  start?(): Promise<void> | void
  /** Rejects when something was left undone. */
  stop?(): Promise<void> | void
}

/**
 * Starts parts in order and stops them in reverse, each within its own time, whatever became of the others: what
 * takes long early on can never take the time of those that come later, the journal's drain above all.
 */
export class Lifecycle {
  readonly #parts: readonly Part[]
  readonly #log: Logger
  readonly #started: Part[] = []
  #stopping: Promise<boolean> | undefined

  /** `stopWithinMs` is what stopping may take in all. Throws when the parts may take more than that in sum. */
  constructor(parts: readonly Part[], log: Logger, stopWithinMs: number) {
    const times = parts.filter((part) => part.stop !== undefined).map((part) => [part.name, stopTimeOf(part)] as const)
    const sum = times.reduce((total, [, ms]) => total + ms, 0)
    if (sum > stopWithinMs) {
      const list = times.map(([name, ms]) => `${name} ${ms}`).join(', ')
      throw new Error(`the parts may take ${sum} ms to stop, and there are ${stopWithinMs}: ${list}`)
    }
    this.#parts = parts
    this.#log = log
  }

  /** Starts every part; when one fails, stops those before it and rejects with its error. */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        await part.start?.()
      } catch (error) {
        await this.stop()
        throw error
      }
      this.#started.push(part)
    }
  }

  /** Stops what was started; true when each part stopped cleanly and in its time. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<boolean> {
    let clean = true
    for (const part of this.#started.toReversed()) {
      if (part.stop && !(await this.#stopInTime(part))) clean = false
    }
    return clean
  }

  async #stopInTime(part: Part): Promise<boolean> {
    const stopWithinMs = stopTimeOf(part)
    const late = Promise.withResolvers<false>()
    const timer = setTimeout(() => {
      this.#log.error({ part: part.name, stopWithinMs }, 'a part took too long to stop; going on without it')
      late.resolve(false)
    }, stopWithinMs)
    const stopped = this.#stopPart(part).finally(() => clearTimeout(timer))
    return await Promise.race([stopped, late.promise])
  }

  /** Never rejects: a part that fails after it was left behind must not be an unhandled rejection. */
  async #stopPart(part: Part): Promise<boolean> {
    try {
      await part.stop?.()
      return true
    } catch (error) {
      this.#log.error({ err: error, part: part.name }, 'a part did not stop cleanly')
      return false
    }
  }
}

function stopTimeOf({ stopWithinMs = DEFAULT_STOP_MS }: Part): number {
  return stopWithinMs
}
