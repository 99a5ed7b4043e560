import * as Y from 'yjs'
import type { Struct } from './waiting-structs.ts'

/** What a piece takes beside its structs, at most: the counts, and for a client its number and its first clock. */
const PIECE_BYTES = 8
/** The same for each client in it. */
export const CLIENT_BYTES = 20
/** A deleted range in an update: two clocks. */
export const RANGE_BYTES = 16

/** An update in the making, in Yjs's v1 encoding. */
export class Piece {
  readonly #inserted = new Map<number, { readonly clock: number; readonly structs: Uint8Array[] }>()
  readonly #deleted = new Map<number, Array<[from: number, to: number]>>()
  #bytes = PIECE_BYTES

  /** How large it is, or a little less than that. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#inserted.size === 0 && this.#deleted.size === 0
  }

  /** Adds a struct that begins at this clock, where the client's last one in the piece ends. */
  insert(client: number, clock: number, struct: Uint8Array): void {
    const ofClient = this.#inserted.get(client)
    this.#bytes += struct.length + (ofClient ? 0 : CLIENT_BYTES)
    if (ofClient) ofClient.structs.push(struct)
    else this.#inserted.set(client, { clock, structs: [struct] })
  }

  /** Adds a deleted range; those of one client in the order of their clocks. */
  delete(client: number, [from, to]: readonly [from: number, to: number]): void {
    const ofClient = this.#deleted.get(client)
    const last = ofClient?.at(-1)
    if (last?.[1] === from) {
      last[1] = to
      return
    }
    this.#bytes += RANGE_BYTES + (ofClient ? 0 : CLIENT_BYTES)
    if (ofClient) ofClient.push([from, to])
    else this.#deleted.set(client, [[from, to]])
  }

  encode(): Uint8Array {
    const parts = [lengths(this.#inserted.size)]
    // Yjs reads the clients in this order, and so writes them.
    for (const [client, { clock, structs }] of [...this.#inserted].sort(([a], [b]) => b - a)) {
      parts.push(lengths(structs.length, client, clock), ...structs)
    }
    parts.push(lengths(this.#deleted.size))
    for (const [client, ranges] of [...this.#deleted].sort(([a], [b]) => b - a)) {
      parts.push(lengths(client, ranges.length, ...ranges.flatMap(([from, to]) => [from, to - from])))
    }
    return joined(parts)
  }
}

/** Writes a struct. `offset`: so many of its ids, from the first on, are left out, since the receiver has them. */
export function encodeStruct(struct: Struct, offset: number): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  struct.write(encoder, Math.max(0, offset))
  return encoder.toUint8Array()
}

function lengths(...numbers: readonly number[]): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  for (const number of numbers) encoder.writeLen(number)
  return encoder.toUint8Array()
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
