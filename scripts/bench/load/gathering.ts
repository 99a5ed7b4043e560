import { percentile } from '../statistics.ts'
import { Circle } from './circle.ts'
import type { Cast, DrawOptions, Outcome, Waits } from './load-calls.ts'
import { createPace } from './pace.ts'
import type { Writer } from './writer.ts'

/** What takes longer than this is not slow but broken. */
const PATIENCE_MS = 30_000
/** So many rooms are filled at once. */
const ROOMS_AT_ONCE = 20

/** Rooms full of writers and readers, and what they do while it is measured. */
export class Gathering {
  readonly #circles: Circle[] = []
  #deliveryWaits: number[] | undefined
  #onProgress: () => void = () => undefined
  #progressing = false

  /** Lets everybody in; resolves when every reader has what every writer has drawn to begin with. */
  static async form({ rooms, ...cast }: Cast): Promise<Gathering> {
    const gathering = new Gathering()
    const listener = {
      onDelivery: (waitMs: number) => gathering.#deliveryWaits?.push(waitMs),
      onProgress: () => gathering.#progress(),
    }
    for (let first = 0; first < rooms.length; first += ROOMS_AT_ONCE) {
      const some = rooms.slice(first, first + ROOMS_AT_ONCE)
      gathering.#circles.push(...(await Promise.all(some.map((room) => Circle.form(cast, room, listener)))))
    }
    await gathering.#until(
      () => gathering.#isSettled(),
      () => {
        for (const { writers } of gathering.#circles) for (const writer of writers) writer.begin()
      },
    )
    return gathering
  }

  /** Sends as fast as the window lets the first writer, for so long; then waits until all have all of it. */
  saturate({ milliseconds, window }: { milliseconds: number; window: number }): Promise<Outcome> {
    const [circle] = this.#circles
    const writer = circle?.writers[0]
    if (!writer) throw new Error('nobody writes')
    return this.#measure(false, async () => {
      const end = performance.now() + milliseconds
      const sendWhatFits = () => writer.send(window - (writer.sent - circle.finished(writer)))
      await this.#until(() => {
        if (performance.now() > end) return this.#isSettled()
        sendWhatFits()
        return false
      }, sendWhatFits)
    })
  }

  /** Every writer sends so many edits, with `window` of each under way; waits until all have all of it. */
  async pour({ edits, window }: { edits: number; window: number }): Promise<void> {
    const goals = this.#circles.flatMap((circle) =>
      circle.writers.map((writer) => ({ circle, writer, end: writer.sent + edits })),
    )
    const sendWhatFits = () => {
      for (const { circle, writer, end } of goals) {
        writer.send(Math.min(window - (writer.sent - circle.finished(writer)), end - writer.sent))
      }
    }
    await this.#until(() => {
      sendWhatFits()
      return this.#isSettled()
    }, sendWhatFits)
  }

  /** Every writer sends evenly, all of them out of step; then waits until all have all of it. */
  draw({ milliseconds, hz, pairGapMs, cursorHz = 0 }: DrawOptions): Promise<Outcome> {
    const writers = this.#writers.map((writer, n, { length }) => {
      const dueBy = createPace(hz, n / length, pairGapMs)
      return { writer, dueBy, before: writer.sent - dueBy(0) }
    })
    const cursors = this.#circles.flatMap((circle) =>
      circle.cursors.map((cursor, n, { length }) => {
        const dueBy = createPace(cursorHz, n / length)
        return { cursor, dueBy, before: cursor.moves - dueBy(0) }
      }),
    )
    return this.#measure(true, async () => {
      const start = performance.now()
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const elapsed = Math.min(performance.now() - start, milliseconds)
          for (const { writer, dueBy, before } of writers) writer.send(before + dueBy(elapsed) - writer.sent)
          // One that is late is not made up for: a cursor is where it is.
          if (cursorHz > 0)
            for (const each of cursors) if (each.before + each.dueBy(elapsed) > each.cursor.moves) each.cursor.move()
          if (elapsed < milliseconds) return
          clearInterval(timer)
          resolve()
        }, 1)
      })
      await this.#until(() => this.#isSettled())
    })
  }

  /** How many edits of each writer the first room holds, as a state vector. */
  get stateVector(): Map<number, number> {
    const writers = this.#circles[0]?.writers ?? []
    return new Map(writers.map(({ source, sent }) => [source.client, source.openingTicks + sent]))
  }

  /** Everybody goes. */
  disperse(): void {
    for (const circle of this.#circles) circle.disperse()
  }

  get #writers(): Writer[] {
    return this.#circles.flatMap(({ writers }) => writers)
  }

  async #measure(timed: boolean, work: () => Promise<void>): Promise<Outcome> {
    const before = this.#sentCounts()
    this.#deliveryWaits = timed ? [] : undefined
    for (const writer of this.#writers) writer.ackWaits = []
    const start = performance.now()
    const cpuBefore = process.cpuUsage()
    await work()
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    const edits = this.#sentCounts().map((sent, n) => sent - (before[n] as number))
    return {
      edits: edits.reduce((sum, count) => sum + count, 0),
      delivered: this.#circles.reduce((sum, { readers }, n) => sum + readers * (edits[n] as number), 0),
      seconds,
      delivery: waits(this.#deliveryWaits ?? []),
      ack: waits(this.#writers.flatMap(({ ackWaits }) => ackWaits)),
      clientsCpuShare: (user + system) / 1_000_000 / seconds,
    }
  }

  /** How many edits each room was sent. */
  #sentCounts(): number[] {
    return this.#circles.map(({ writers }) => writers.reduce((sum, { sent }) => sum + sent, 0))
  }

  #isSettled(): boolean {
    return this.#circles.every(({ isSettled }) => isSettled)
  }

  /** Asks again whenever something has come; once for all that comes in one turn of the event loop. */
  #progress(): void {
    if (this.#progressing) return
    this.#progressing = true
    setImmediate(() => {
      this.#progressing = false
      this.#onProgress()
    })
  }

  async #until(condition: () => boolean, begin: () => void = () => undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('some edits never came, or were never answered')), PATIENCE_MS)
      this.#onProgress = () => {
        if (!condition()) return
        this.#onProgress = () => undefined
        clearTimeout(late)
        resolve()
      }
      begin()
      this.#progress()
    })
  }
}

function waits(values: readonly number[]): Waits | undefined {
  return values.length === 0 ? undefined : { p50: percentile(values, 0.5), p99: percentile(values, 0.99) }
}
