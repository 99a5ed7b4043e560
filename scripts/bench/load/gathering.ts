import { percentile } from '../statistics.ts'
import { join, type Client } from './client.ts'
import { DeliveryCounter } from './delivery-counter.ts'
import { RoomFrames, type Incoming } from './dialects.ts'
import { editSources } from './edit-source.ts'
import type { Cast, Outcome, Waits } from './load-calls.ts'
import { Writer } from './writer.ts'

/** What takes longer than this is not slow but broken. */
const PATIENCE_MS = 30_000

/** A room full of writers and readers, and what they do while it is measured. */
export class Gathering {
  readonly #acknowledges: boolean
  readonly #clients: Client[] = []
  readonly #writers = new Map<number, Writer>()
  readonly #counters: DeliveryCounter[] = []
  #deliveryWaits: number[] | undefined
  #onProgress: () => void = () => undefined
  #progressing = false

  private constructor(acknowledges: boolean) {
    this.#acknowledges = acknowledges
  }

  /** Lets everybody in; resolves when every reader has what every writer has drawn to begin with. */
  static async form({ dialect, room, writers, readers, acknowledges }: Cast): Promise<Gathering> {
    const gathering = new Gathering(acknowledges)
    const frames = new RoomFrames(dialect, room)
    const read = async () => {
      const counter = new DeliveryCounter((client, from, to) => gathering.#delivered(client, from, to))
      gathering.#counters.push(counter)
      gathering.#clients.push(await join(frames, room, (incoming) => gathering.#read(counter, incoming)))
    }
    await Promise.all(Array.from({ length: readers }, read))
    for (const source of editSources(writers)) {
      const client = await join(frames, room, ({ kind }) => {
        if (kind !== 'ack') return
        gathering.#writers.get(source.client)?.answer()
        gathering.#progress()
      })
      gathering.#clients.push(client)
      gathering.#writers.set(source.client, new Writer(source, frames, client.socket))
    }
    await gathering.#until(
      () => gathering.#isSettled(),
      () => {
        for (const writer of gathering.#writers.values()) writer.begin()
      },
    )
    return gathering
  }

  /** Sends as fast as the window lets the first writer, for so long; then waits until all have all of it. */
  saturate({ milliseconds, window }: { milliseconds: number; window: number }): Promise<Outcome> {
    const [writer] = this.#writers.values()
    if (!writer) throw new Error('nobody writes')
    return this.#measure(false, async () => {
      const end = performance.now() + milliseconds
      const sendWhatFits = () => writer.send(window - (writer.sent - this.#finished(writer)))
      await this.#until(() => {
        if (performance.now() > end) return this.#isSettled()
        sendWhatFits()
        return false
      }, sendWhatFits)
    })
  }

  /** Every writer sends evenly, all of them out of step; then waits until all have all of it. */
  draw({ milliseconds, hz }: { milliseconds: number; hz: number }): Promise<Outcome> {
    const writers = [...this.#writers.values()].map((writer, n) => ({ writer, before: writer.sent, phase: n }))
    return this.#measure(true, async () => {
      const start = performance.now()
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const elapsed = Math.min(performance.now() - start, milliseconds)
          for (const { writer, before, phase } of writers) {
            writer.send(Math.floor((elapsed * hz) / 1000 + phase / writers.length) - (writer.sent - before))
          }
          if (elapsed < milliseconds) return
          clearInterval(timer)
          resolve()
        }, 1)
      })
      await this.#until(() => this.#isSettled())
    })
  }

  /** Everybody goes. */
  disperse(): void {
    for (const { socket } of this.#clients) socket.end()
  }

  async #measure(timed: boolean, work: () => Promise<void>): Promise<Outcome> {
    const before = this.#sentCount()
    this.#deliveryWaits = timed ? [] : undefined
    for (const writer of this.#writers.values()) writer.ackWaits = []
    const start = performance.now()
    await work()
    const seconds = (performance.now() - start) / 1000
    const edits = this.#sentCount() - before
    return {
      edits,
      delivered: edits * this.#counters.length,
      seconds,
      delivery: waits(this.#deliveryWaits ?? []),
      ack: waits([...this.#writers.values()].flatMap(({ ackWaits }) => ackWaits)),
    }
  }

  #read(counter: DeliveryCounter, incoming: Incoming): void {
    if (incoming.kind !== 'update') return
    counter.add(incoming.update)
    this.#progress()
  }

  #delivered(client: number, from: number, to: number): void {
    if (!this.#deliveryWaits) return
    const writer = this.#writers.get(client)
    const now = performance.now()
    for (let clock = from; clock < to; clock++) this.#deliveryWaits.push(now - (writer?.sentAt(clock) ?? now))
  }

  /** How many of the only writer's edits are with everybody, and answered. */
  #finished({ source, answered }: Writer): number {
    let least = this.#acknowledges ? answered : Infinity
    for (const { count } of this.#counters) least = Math.min(least, count - source.openingTicks)
    return least
  }

  #sentCount(): number {
    return [...this.#writers.values()].reduce((sum, { sent }) => sum + sent, 0)
  }

  #isSettled(): boolean {
    let ticks = 0
    for (const { source, sent, answered } of this.#writers.values()) {
      if (this.#acknowledges && answered < sent) return false
      ticks += source.openingTicks + sent
    }
    return this.#counters.every(({ count }) => count === ticks)
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
