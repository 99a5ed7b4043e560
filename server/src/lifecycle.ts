import type { Logger } from 'pino'

/** Something that is started and must be stopped. */
export interface Part {
  readonly name: string
  start?(): Promise<void> | void
  /** Rejects when something was left undone. */
  stop?(): Promise<void> | void
}

/** Starts parts in order and stops them in reverse, each whatever became of the others. */
export class Lifecycle {
  readonly #parts: readonly Part[]
  readonly #log: Logger
  #started: Part[] = []
  #stopping: Promise<boolean> | undefined

  constructor(parts: readonly Part[], log: Logger) {
    this.#parts = parts
    this.#log = log
  }

  /** Starts every part; when one fails, stops those before it and rejects with its error. */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        await part.start?.()
      } catch (error) {
        await this.stop(5_000)
        throw error
      }
      this.#started.push(part)
    }
  }

  /** Stops what was started; true when all of it stopped cleanly before the deadline. */
  stop(deadlineMs: number): Promise<boolean> {
    this.#stopping ??= this.#stop(deadlineMs)
    return this.#stopping
  }

  async #stop(deadlineMs: number): Promise<boolean> {
    const late = Promise.withResolvers<false>()
    const timer = setTimeout(() => {
      this.#log.error({ deadlineMs }, 'stopping took too long')
      late.resolve(false)
    }, deadlineMs)
    const clean = await Promise.race([this.#stopAll(), late.promise])
    clearTimeout(timer)
    return clean
  }

  async #stopAll(): Promise<boolean> {
    let clean = true
    for (const part of this.#started.toReversed()) {
      try {
        await part.stop?.()
      } catch (error) {
        clean = false
        this.#log.error({ err: error, part: part.name }, 'a part did not stop cleanly')
      }
    }
    return clean
  }
}
