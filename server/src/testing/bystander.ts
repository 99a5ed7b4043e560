import * as Y from 'yjs'
import type { RawClient } from './raw-client.ts'

const EVERY_MS = 20

/**
 * Somebody who draws at a steady pace for as long as the client is connected, and notes how long each edit takes until it is
 * called durable, in milliseconds, from when it was due: what stops the process that this is in, as a server's in the same one
 * does, would otherwise delay a single edit, however long it takes.
 */
export class Bystander {
  readonly #client: RawClient
  /** When each edit was due that is not durable yet. */
  #dueAt: number[] = []
  #nextAt = performance.now()
  #waits: number[] = []
  #count = 0

  constructor(client: RawClient) {
    this.#client = client
    client.onAnswer = () => this.#waits.push(performance.now() - (this.#dueAt.shift() ?? 0))
    client.write(client.edit((doc) => doc.getMap('elements').set('bystander', new Y.Map([['type', 'rectangle']]))))
    this.#dueAt.push(this.#nextAt)
    const timer = setInterval(() => this.#draw(), EVERY_MS)
    void client.closed.then(() => clearInterval(timer))
  }

  /** How long 99 of 100 edits have taken at most, of those since it was asked last, and the one that still waits. */
  takeP99(): number {
    const now = performance.now()
    const waits = [...this.#waits, ...this.#dueAt.map((dueAt) => now - dueAt)].sort((a, b) => a - b)
    this.#waits = []
    return waits[Math.floor(waits.length * 0.99)] ?? Infinity
  }

  /** How many edits have been answered since it was asked last. */
  get answered(): number {
    return this.#waits.length
  }

  /** All that is due. */
  #draw(): void {
    for (const now = performance.now(); this.#nextAt + EVERY_MS <= now;) {
      this.#nextAt += EVERY_MS
      this.#count += 1
      const place = [this.#count, 0]
      const move = (doc: Y.Doc) => void doc.getMap<Y.Map<unknown>>('elements').get('bystander')?.set('xy', place)
      this.#client.write(this.#client.edit(move))
      this.#dueAt.push(this.#nextAt)
    }
  }
}
