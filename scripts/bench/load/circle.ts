import type { RoomAddress } from '../peers/peer-calls.ts'
import { join, type Client } from './client.ts'
import { Cursor } from './cursor.ts'
import { DeliveryCounter } from './delivery-counter.ts'
import { RoomFrames, type Incoming } from './dialects.ts'
import { editSources } from './edit-source.ts'
import type { Cast } from './load-calls.ts'
import { Writer } from './writer.ts'

/** What a circle tells of while it is measured. */
export interface CircleListener {
  /** Somebody has an edit, so many milliseconds after it was sent. */
  onDelivery(waitMs: number): void
  /** Something has come, so that more may be finished than before. */
  onProgress(): void
}

/** Those who are in one room: who writes there, and who reads. */
export class Circle {
  readonly writers: Writer[] = []
  readonly cursors: Cursor[] = []
  readonly #listener: CircleListener
  readonly #acknowledges: boolean
  readonly #writersByClient = new Map<number, Writer>()
  readonly #counters: DeliveryCounter[] = []
  readonly #clients: Client[] = []

  private constructor(acknowledges: boolean, listener: CircleListener) {
    this.#acknowledges = acknowledges
    this.#listener = listener
  }

  /** Lets everybody in. Nobody has written yet. */
  static async form(cast: Omit<Cast, 'rooms'>, room: RoomAddress, listener: CircleListener): Promise<Circle> {
    const circle = new Circle(cast.acknowledges, listener)
    const frames = new RoomFrames(cast.dialect, room)
    await Promise.all(Array.from({ length: cast.readers }, () => circle.#letReaderIn(frames, room)))
    await Promise.all(Array.from({ length: cast.stalled ?? 0 }, () => circle.#letStalledIn(frames, room)))
    for (const source of editSources(cast.writers, cast.ballastBytes)) {
      const receive = ({ kind }: Incoming) => {
        if (kind !== 'ack') return
        circle.#writersByClient.get(source.client)?.answer()
        listener.onProgress()
      }
      const client = await join(frames, room, { receive, answers: false })
      const writer = new Writer(source, frames, client.socket)
      circle.writers.push(writer)
      circle.#writersByClient.set(source.client, writer)
      circle.#add(client, frames)
    }
    return circle
  }

  get readers(): number {
    return this.#counters.length
  }

  /** How many of a writer's edits are with every reader, and acknowledged where the server does that. */
  finished({ source, answered }: Writer): number {
    let least = this.#acknowledges ? answered : Infinity
    for (const counter of this.#counters) least = Math.min(least, counter.of(source.client) - source.openingTicks)
    return least
  }

  /** Whether every reader has all that was written, and every writer all acknowledgements. */
  get isSettled(): boolean {
    let ticks = 0
    for (const { source, sent, answered } of this.writers) {
      if (this.#acknowledges && answered < sent) return false
      ticks += source.openingTicks + sent
    }
    return this.#counters.every(({ count }) => count === ticks)
  }

  /** Everybody goes. */
  disperse(): void {
    for (const { socket } of this.#clients) socket.end()
  }

  async #letReaderIn(frames: RoomFrames, room: RoomAddress): Promise<void> {
    const counter = new DeliveryCounter((client, from, to) => this.#delivered(client, from, to))
    this.#counters.push(counter)
    const receive = (incoming: Incoming) => {
      if (incoming.kind !== 'update') return
      counter.add(incoming.update)
      this.#listener.onProgress()
    }
    this.#add(await join(frames, room, { receive }), frames)
  }

  async #letStalledIn(frames: RoomFrames, room: RoomAddress): Promise<void> {
    const client = await join(frames, room)
    client.socket.stall()
    this.#clients.push(client)
  }

  #add(client: Client, frames: RoomFrames): void {
    this.cursors.push(new Cursor(frames, client.socket, this.#clients.length))
    this.#clients.push(client)
  }

  #delivered(client: number, from: number, to: number): void {
    const writer = this.#writersByClient.get(client)
    const now = performance.now()
    for (let clock = from; clock < to; clock++) this.#listener.onDelivery(now - (writer?.sentAt(clock) ?? now))
  }
}
