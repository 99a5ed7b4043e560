import { crc32 } from 'node:zlib'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'
import type { UpdateRecord } from '../../ports/document-store.ts'

/*
 * Yjs numbers what a client inserts 0, 1, 2 … (its clock). A record keeps the ranges of each client's clock that it
 * inserted and deleted: with them, who did what is known without opening documents of the past, and what a room
 * already has is known without building its document. The bytes are two delete sets of Yjs's v1 encoding, one after
 * the other: what was inserted, and what was deleted.
 */

/** A set of Yjs ids: for each client, ranges of its clock from the first up to, not including, the second. */
export class ClockRanges {
  readonly #byClient = new Map<number, Array<[from: number, to: number]>>()
  /** The clients whose ranges came in no order: they are put in order when somebody asks, once for all that came. */
  readonly #unordered = new Set<number>()

  /** Adds `length` ids of a client, from `clock` on. */
  add(client: number, clock: number, length: number): void {
    const ranges = this.#byClient.get(client)
    if (!ranges) {
      this.#byClient.set(client, [[clock, clock + length]])
      return
    }
    // Nearly always the next one, or one more at the end.
    const last = ranges.at(-1) as [number, number]
    if (clock > last[1]) ranges.push([clock, clock + length])
    else if (clock >= last[0]) last[1] = Math.max(last[1], clock + length)
    else {
      ranges.push([clock, clock + length])
      this.#unordered.add(client)
    }
  }

  /** Adds all of another set. */
  addAll(other: ClockRanges): void {
    for (const [client, ranges] of other) {
      for (const [from, to] of ranges) this.add(client, from, to - from)
    }
  }

  /** Whether all of these ids are in the set. */
  covers(client: number, clock: number, length: number): boolean {
    const ranges = this.#inOrder().get(client)
    if (!ranges) return length === 0
    let [low, high] = [0, ranges.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle] as [number, number])[1] <= clock) low = middle + 1
      else high = middle
    }
    const found = ranges[low]
    return length === 0 || (found !== undefined && found[0] <= clock && clock + length <= found[1])
  }

  /** The clients with their ranges, each from the first clock up to, not including, the second. */
  [Symbol.iterator](): IterableIterator<[client: number, ranges: ReadonlyArray<readonly [number, number]>]> {
    return this.#inOrder().entries()
  }

  /** Whether all of the set is in another. */
  isWithin(other: ClockRanges): boolean {
    for (const [client, ranges] of this) {
      if (!ranges.every(([from, to]) => other.covers(client, from, to - from))) return false
    }
    return true
  }

  /** The clients, each with how far its ids reach without a gap from 0: a state vector, for what was inserted. */
  *reach(): Generator<[client: number, clock: number]> {
    for (const [client, [first]] of this) if (first?.[0] === 0) yield [client, first[1]]
  }

  /** The clients, each with where the last of its ids end, whatever is missing before. */
  *ends(): Generator<[client: number, clock: number]> {
    for (const [client, ranges] of this) yield [client, ranges.at(-1)?.[1] ?? 0]
  }

  /** Writes the set as Yjs writes a delete set. */
  write(encoder: encoding.Encoder): void {
    encoding.writeVarUint(encoder, this.#byClient.size)
    for (const [client, ranges] of this) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, ranges.length)
      for (const [from, to] of ranges) {
        encoding.writeVarUint(encoder, from)
        encoding.writeVarUint(encoder, to - from)
      }
    }
  }

  /** Reads a set; throws when the bytes are none. */
  static read(decoder: decoding.Decoder): ClockRanges {
    const set = new ClockRanges()
    const clients = decoding.readVarUint(decoder)
    for (let index = 0; index < clients; index++) {
      const client = decoding.readVarUint(decoder)
      const ranges = decoding.readVarUint(decoder)
      for (let n = 0; n < ranges; n++) set.add(client, decoding.readVarUint(decoder), decoding.readVarUint(decoder))
    }
    return set
  }

  #inOrder(): ReadonlyMap<number, ReadonlyArray<readonly [number, number]>> {
    for (const client of this.#unordered) {
      const merged: Array<[number, number]> = []
      for (const range of this.#byClient.get(client)?.sort((a, b) => a[0] - b[0]) ?? []) {
        const last = merged.at(-1)
        if (last && range[0] <= last[1]) last[1] = Math.max(last[1], range[1])
        else merged.push(range)
      }
      this.#byClient.set(client, merged)
    }
    this.#unordered.clear()
    return this.#byClient
  }
}

/** What an update, a snapshot or a room has inserted and deleted. */
export interface EditRanges {
  readonly inserted: ClockRanges
  readonly deleted: ClockRanges
}

/** Yjs clients, each with the clock below which somebody must have all of that client's to learn nothing new. */
export type Extent = ReadonlyMap<number, number>

/** How far an update speaks of each client: of what it inserted, and of what was deleted of it. */
export function extentOf({ inserted, deleted }: EditRanges): Extent {
  const extent = new Map(inserted.ends())
  for (const [client, end] of deleted.ends()) extent.set(client, Math.max(end, extent.get(client) ?? 0))
  return extent
}

/** An update, decoded: what `Y.decodeUpdate` answers. */
export type DecodedUpdate = ReturnType<typeof Y.decodeUpdate>

/** Writes ranges as a record keeps them. */
export function encodeRanges({ inserted, deleted }: EditRanges): Uint8Array {
  const encoder = encoding.createEncoder()
  inserted.write(encoder)
  deleted.write(encoder)
  return encoding.toUint8Array(encoder)
}

/** Reads a record's ranges; throws when the bytes are none. */
export function decodeRanges(bytes: Uint8Array): EditRanges {
  const decoder = decoding.createDecoder(bytes)
  return { inserted: ClockRanges.read(decoder), deleted: ClockRanges.read(decoder) }
}

/** All that an update speaks of, known before or not. */
export function rangesOfUpdate({ structs, ds }: DecodedUpdate): EditRanges {
  const [inserted, deleted] = [new ClockRanges(), new ClockRanges()]
  for (const struct of structs) {
    if (!(struct instanceof Y.Skip)) inserted.add(struct.id.client, struct.id.clock, struct.length)
  }
  for (const [client, items] of ds.clients) for (const { clock, len } of items) deleted.add(client, clock, len)
  return { inserted, deleted }
}

/** All that a document holds. What it keeps pending is not in it yet. */
export function rangesOfDocument(document: Y.Doc): EditRanges {
  const [inserted, deleted] = [new ClockRanges(), new ClockRanges()]
  for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(document))) inserted.add(client, 0, clock)
  const { clients } = Y.createDeleteSetFromStructStore(document.store)
  for (const [client, items] of clients) for (const { clock, len } of items) deleted.add(client, clock, len)
  return { inserted, deleted }
}

/** What a transaction inserted and deleted, as bytes: the hot path of every edit, so nothing is built in between. */
export function encodeTransactionRanges({ beforeState, afterState, deleteSet }: Y.Transaction): Uint8Array {
  const encoder = encoding.createEncoder()
  const changed: Array<[client: number, from: number, to: number]> = []
  for (const [client, to] of afterState) {
    const from = beforeState.get(client) ?? 0
    if (to > from) changed.push([client, from, to])
  }
  encoding.writeVarUint(encoder, changed.length)
  for (const [client, from, to] of changed) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint(encoder, from)
    encoding.writeVarUint(encoder, to - from)
  }
  encoding.writeVarUint(encoder, deleteSet.clients.size)
  for (const [client, items] of deleteSet.clients) {
    encoding.writeVarUint(encoder, client)
    encoding.writeVarUint(encoder, items.length)
    for (const { clock, len } of items) {
      encoding.writeVarUint(encoder, clock)
      encoding.writeVarUint(encoder, len)
    }
  }
  return encoding.toUint8Array(encoder)
}

/** An update as the journal keeps it. `at` is in milliseconds since 1970. Throws when it does not decode. */
export function recordOf(update: Uint8Array, author: string | null, at: number): UpdateRecord {
  return { update, author, at, ranges: encodeRanges(rangesOfUpdate(Y.decodeUpdate(update))), crc: crc32(update) }
}
