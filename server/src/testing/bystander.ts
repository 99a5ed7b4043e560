import * as Y from 'yjs'
import type { RawClient } from './raw-client.ts'

const EVERY_MS = 20

/**
 * Somebody who draws at a steady pace for as long as the client is connected, and notes how long each edit takes until it is
 * called durable, in milliseconds.
 */
export class Bystander {
  readonly #client: RawClient
  #sentAt: number[] = []
  #waits: number[] = []
  #count = 0

  constructor(client: RawClient) {
    this.#client = client
    client.onAnswer = () => this.#waits.push(performance.now() - (this.#sentAt.shift() ?? 0))
    client.write(client.edit((doc) => doc.getMap('elements').set('bystander', new Y.Map([['type', 'rectangle']]))))
    this.#sentAt.push(performance.now())
    const timer = setInterval(() => this.#draw(), EVERY_MS)
    void client.closed.then(() => clearInterval(timer))
  }

  /** How long 99 of 100 edits have taken at most, of those since it was asked last, and the one that still waits. */
  takeP99(): number {
    const now = performance.now()
    const waits = [...this.#waits, ...this.#sentAt.map((sentAt) => now - sentAt)].sort((a, b) => a - b)
    this.#waits = []
    return waits[Math.floor(waits.length * 0.99)] ?? Infinity
  }

  /** How many edits have been answered since it was asked last. */
  get answered(): number {
    return this.#waits.length
  }

  #draw(): void {
    this.#count += 1
    const bystander = (doc: Y.Doc) =>
      doc.getMap<Y.Map<unknown>>('elements').get('bystander')?.set('xy', [this.#count, 0])
    this.#client.write(this.#client.edit((doc) => void bystander(doc)))
    this.#sentAt.push(performance.now())
  }
}
