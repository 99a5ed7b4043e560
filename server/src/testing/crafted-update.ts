import * as encoding from 'lib0/encoding'
import { KIND } from '../core/gate/read-content.ts'

type Id = readonly [client: number, clock: number]

/** A struct as somebody writes it who may write anything. */
export interface CraftedStruct {
  readonly kind: number
  /** Of what was deleted, collected or left out. */
  readonly length?: number
  readonly origin?: Id
  readonly rightOrigin?: Id
  /** The name of a root, or a type's id. */
  readonly parent?: string | Id
  readonly key?: string
  /** What it holds; for other kinds see `write`. */
  readonly any?: readonly unknown[]
  readonly string?: string
  readonly type?: number
  readonly binary?: Uint8Array
  /** Writes what it holds, byte by byte. */
  readonly write?: (encoder: encoding.Encoder) => void
}

/** What one client inserts, from a clock on. */
export type CraftedClient = readonly [client: number, clock: number, ...structs: CraftedStruct[]]
/** What is deleted of one client. */
export type CraftedDeletion = readonly [client: number, ...ranges: Array<readonly [clock: number, length: number]>]

/** An update of Yjs's first encoding, with whatever in it; no library would write most of these. */
export function craft(clients: readonly CraftedClient[], deletions: readonly CraftedDeletion[] = []): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, clients.length)
  for (const [client, clock, ...structs] of clients) {
    for (const number of [structs.length, client, clock]) encoding.writeVarUint(encoder, number)
    for (const struct of structs) writeStruct(encoder, struct)
  }
  encoding.writeVarUint(encoder, deletions.length)
  for (const [client, ...ranges] of deletions) {
    for (const number of [client, ranges.length, ...ranges.flat()]) encoding.writeVarUint(encoder, number)
  }
  return encoding.toUint8Array(encoder)
}

/** A state vector that names so many clients, which nobody knows. */
export function craftStateVector(clients: number): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, clients)
    for (let n = 0; n < clients; n++) {
      encoding.writeVarUint(encoder, n)
      encoding.writeVarUint(encoder, 1)
    }
  })
}

/** Two updates, 30 bytes together, of which `mergeUpdates` never comes to an end: its sums pass what a number can hold. */
export const ENDLESS = [
  craft([[1, 1, { kind: KIND.gc, length: 0 }]]),
  craft([
    [1, Number.MAX_SAFE_INTEGER, { kind: KIND.skip, length: Number.MAX_SAFE_INTEGER }, { kind: KIND.gc, length: 0 }],
  ]),
] as const

/** An element of nothing but its map. */
export const element = (id: string): CraftedStruct => ({ kind: KIND.type, type: 1, parent: 'elements', key: id })
/** A value under a key of a map, by somebody who has not seen one there. */
export const value = (parent: string | Id, key: string, ...any: unknown[]): CraftedStruct => ({
  kind: KIND.any,
  parent,
  key,
  any,
})

function writeStruct(encoder: encoding.Encoder, struct: CraftedStruct): void {
  const { kind, length = 1, origin, rightOrigin, parent, key } = struct
  const flags = (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0) | (key === undefined ? 0 : 0x20)
  encoding.writeUint8(encoder, kind | flags)
  if (kind === KIND.gc || kind === KIND.skip) return encoding.writeVarUint(encoder, length)
  for (const id of [origin, rightOrigin]) for (const number of id ?? []) encoding.writeVarUint(encoder, number)
  if (!origin && !rightOrigin && parent !== undefined) {
    encoding.writeVarUint(encoder, typeof parent === 'string' ? 1 : 0)
    if (typeof parent === 'string') encoding.writeVarString(encoder, parent)
    else for (const number of parent) encoding.writeVarUint(encoder, number)
    if (key !== undefined) encoding.writeVarString(encoder, key)
  }
  writeContent(encoder, struct)
}

function writeContent(encoder: encoding.Encoder, struct: CraftedStruct): void {
  if (struct.write) return struct.write(encoder)
  switch (struct.kind) {
    case KIND.deleted:
      return encoding.writeVarUint(encoder, struct.length ?? 1)
    case KIND.binary:
      return encoding.writeVarUint8Array(encoder, struct.binary ?? new Uint8Array())
    case KIND.string:
      return encoding.writeVarString(encoder, struct.string ?? '')
    case KIND.type:
      return encoding.writeVarUint(encoder, struct.type ?? 1)
    default: {
      const values = struct.any ?? []
      encoding.writeVarUint(encoder, values.length)
      for (const each of values) encoding.writeAny(encoder, each as never)
    }
  }
}
