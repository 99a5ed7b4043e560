import * as decoding from 'lib0/decoding'
import { decodeUpdate } from 'yjs'

/** Ticks `from` up to, not including, `to` of a Yjs client: each edit of the bench's writers is one tick. */
export type OnTicks = (client: number, from: number, to: number) => void

/**
 * Tells which ticks an update carries. Servers merge updates, so one frame may hold many. With one client
 * in it, which is the rule, only the head is read, and each struct is taken for one tick; were that
 * wrong, the next update would not begin where this one ended, and `DeliveryCounter` would throw.
 */
export function readTicks(update: Uint8Array, onTicks: OnTicks): void {
  const decoder = decoding.createDecoder(update)
  if (decoding.readVarUint(decoder) === 1) {
    const structs = decoding.readVarUint(decoder)
    const client = decoding.readVarUint(decoder)
    const from = decoding.readVarUint(decoder)
    return onTicks(client, from, from + structs)
  }
  const ends = new Map<number, { from: number; to: number }>()
  for (const { id, length } of decodeUpdate(update).structs) {
    const seen = ends.get(id.client)
    if (seen) seen.to = id.clock + length
    else ends.set(id.client, { from: id.clock, to: id.clock + length })
  }
  for (const [client, { from, to }] of ends) onTicks(client, from, to)
}

/** Counts the ticks that one reader was given. Throws when one is missing or comes twice. */
export class DeliveryCounter {
  /** How many ticks have come so far. */
  count = 0
  readonly #next = new Map<number, number>()
  readonly #onTicks: OnTicks

  constructor(onTicks: OnTicks = () => undefined) {
    this.#onTicks = onTicks
  }

  /** How many ticks of one client have come. */
  of(client: number): number {
    return this.#next.get(client) ?? 0
  }

  /** Counts what an update brings. */
  add(update: Uint8Array): void {
    readTicks(update, (client, from, to) => {
      const expected = this.#next.get(client) ?? 0
      if (from !== expected) throw new Error(`client ${client}: expected tick ${expected}, and ${from} came`)
      this.#next.set(client, to)
      this.count += to - from
      this.#onTicks(client, from, to)
    })
  }
}
