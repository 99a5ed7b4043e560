/**
 * One edit's name: the Yjs client that made it, and the clock after its last struct. It follows from the update itself, so
 * the document, this device, the other tabs and the server's acknowledgements all mean the same by it.
 */
export interface Edit {
  readonly client: number
  readonly clock: number
}

/** Yjs clients, each with a clock: all that the client made below it. */
export type Clocks = ReadonlyMap<number, number>

/** Whether all of an edit lies within these clocks. */
export function isWithin({ client, clock }: Edit, clocks: Clocks): boolean {
  return clock <= (clocks.get(client) ?? 0)
}

/** The edits of this device that the server has not said to be durable. */
export class UnsentEdits {
  readonly #byClient = new Map<number, Set<number>>()
  readonly #durable = new Map<number, number>()
  #count = 0

  /** How many there are. */
  get count(): number {
    return this.#count
  }

  /** What the server has said to be durable, of the clients that it named. */
  get durable(): Clocks {
    return this.#durable
  }

  /** An edit is in the document; one that is known, or durable already, is no news. */
  add(edit: Edit): void {
    if (isWithin(edit, this.#durable)) return
    const clocks = this.#byClient.get(edit.client) ?? new Set()
    this.#byClient.set(edit.client, clocks)
    if (clocks.has(edit.clock)) return
    clocks.add(edit.clock)
    this.#count += 1
  }

  /** The server has said so, to this tab or another. Returns what of it is news. */
  becameDurable(clocks: Clocks): Clocks {
    const news = new Map([...clocks].filter(([client, clock]) => clock > (this.#durable.get(client) ?? 0)))
    for (const [client, clock] of news) {
      this.#durable.set(client, clock)
      const unsent = this.#byClient.get(client)
      for (const at of unsent ?? []) {
        if (at <= clock && unsent?.delete(at)) this.#count -= 1
      }
      if (unsent?.size === 0) this.#byClient.delete(client)
    }
    return news
  }

  /** Whether an edit is one of them. */
  has({ client, clock }: Edit): boolean {
    return this.#byClient.get(client)?.has(clock) ?? false
  }

  /** Whether a client has made some of them. */
  hasOf(client: number): boolean {
    return this.#byClient.has(client)
  }

  /** The clients that made them. */
  clients(): Iterable<number> {
    return this.#byClient.keys()
  }

  /** All of them. */
  *[Symbol.iterator](): Generator<Edit> {
    for (const [client, clocks] of this.#byClient) for (const clock of clocks) yield { client, clock }
  }
}
