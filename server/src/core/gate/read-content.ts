import * as decoding from 'lib0/decoding'
import { invalid, malformed } from './refusal.ts'

/** How deep values nest in our own drawings is four; what is far deeper is made to overflow somebody's stack. */
const MAX_DEPTH = 32

/**
 * What values take in memory is at most so many times what they take in the update, beside the first of it: points of small
 * numbers take nine times as much, and empty lists, of which a megabyte would be a hundred, have no use.
 */
const MOST_TIMES = 12
const FREE_BYTES = 1024

/** What a struct holds. Source: `contentRefs` in Yjs. */
export const KIND = { gc: 0, deleted: 1, binary: 3, string: 4, type: 7, any: 8, skip: 10 } as const

/** What a struct's first byte says: its kind, and what is written before what it holds. Source: `Item.write` in Yjs. */
export const KIND_BITS = 0x1f
export const HAS_KEY = 0x20
export const HAS_RIGHT_ORIGIN = 0x40
export const HAS_ORIGIN = 0x80

/** The shared types that a drawing is made of, as Yjs numbers them. */
export const TYPE = { array: 0, map: 1, text: 2 } as const

/**
 * Reads what a struct of this kind holds: values, a string, the number of a type, or how much was deleted; bytes are passed
 * over. Throws `Refusal` for what the format does not know.
 */
export function readContent(decoder: decoding.Decoder, kind: number): unknown {
  switch (kind) {
    case KIND.deleted:
      return decoding.readVarUint(decoder)
    case KIND.binary: {
      const length = decoding.readVarUint(decoder)
      if (length > decoder.arr.length - decoder.pos) malformed('G1', 'the update has fewer bytes than it says')
      decoder.pos += length
      return null
    }
    case KIND.string:
      return decoding.readVarString(decoder)
    case KIND.type: {
      const type = decoding.readVarUint(decoder)
      if (type === TYPE.array || type === TYPE.map || type === TYPE.text) return type
      return invalid('G6', 'a drawing is made of maps, arrays and texts only')
    }
    case KIND.any:
      return readValues(decoder)
    case 2:
    case 5:
    case 6:
      return invalid('G6', 'embeds, formats and JSON content have no place in a drawing')
    case 9:
      return invalid('G6', 'documents in documents are not taken')
    default:
      return malformed('G1', `nothing is of kind ${kind}`)
  }
}

/** How many steps of its client's clock what was read takes. */
export function lengthOf(kind: number, content: unknown): number {
  if (kind === KIND.deleted) return content as number
  return kind === KIND.string || kind === KIND.any ? (content as string | unknown[]).length : 1
}

function readValues(decoder: decoding.Decoder): unknown[] {
  const length = decoding.readVarUint(decoder)
  if (length > decoder.arr.length - decoder.pos) malformed('G1', 'the update has fewer values than it says')
  const values: unknown[] = []
  const start = decoder.pos
  let memoryBytes = 0
  for (let n = 0; n < length; n++) {
    const value: unknown = decoding.readAny(decoder)
    memoryBytes += checkPlain(value, MAX_DEPTH)
    values.push(value)
  }
  if (memoryBytes > MOST_TIMES * (decoder.pos - start) + FREE_BYTES) invalid('G12', 'a value has too many empty parts')
  return values
}

/**
 * A value must be such that it can be written as JSON and read again as it was, by anybody. Answers what it takes in memory
 * beside the place that it has where it is held, roughly, in bytes.
 */
function checkPlain(value: unknown, left: number): number {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) invalid('G7', 'a number is not finite')
    return 0
  }
  if (typeof value === 'bigint') invalid('G7', 'a number is too large')
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  if (left === 0) malformed('G7', `a value nests deeper than ${MAX_DEPTH}`)
  if (Array.isArray(value)) {
    let bytes = 32 + 8 * value.length
    for (const child of value) bytes += checkPlain(child, left - 1)
    return bytes
  }
  if (value instanceof Uint8Array) return 120 + value.length
  // A key named `__proto__` is not among the keys: it has become the object's prototype.
  if (Object.getPrototypeOf(value) !== Object.prototype) malformed('G7', 'a value has a key that changes what it is')
  const keys = Object.keys(value)
  let bytes = 56 + 8 * keys.length
  for (const key of keys) bytes += checkPlain((value as Record<string, unknown>)[key], left - 1)
  return bytes
}
