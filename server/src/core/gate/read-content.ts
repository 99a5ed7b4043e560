import * as decoding from 'lib0/decoding'
import { invalid, malformed } from './refusal.ts'

/** How deep values nest in our own drawings is four; what is far deeper is made to overflow somebody's stack. */
const MAX_DEPTH = 32

/** What a struct holds. Source: `contentRefs` in Yjs. */
export const KIND = { gc: 0, deleted: 1, binary: 3, string: 4, type: 7, any: 8, skip: 10 } as const

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
  for (let n = 0; n < length; n++) {
    const value: unknown = decoding.readAny(decoder)
    checkPlain(value, MAX_DEPTH)
    values.push(value)
  }
  return values
}

/** A value must be such that it can be written as JSON and read again as it was, by anybody. */
function checkPlain(value: unknown, left: number): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) invalid('G7', 'a number is not finite')
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (left === 0) malformed('G7', `a value nests deeper than ${MAX_DEPTH}`)
  if (Array.isArray(value)) {
    for (const child of value) checkPlain(child, left - 1)
    return
  }
  if (value instanceof Uint8Array) return
  // A key named `__proto__` is not among the keys: it has become the object's prototype.
  if (Object.getPrototypeOf(value) !== Object.prototype) malformed('G7', 'a value has a key that changes what it is')
  for (const key of Object.keys(value)) checkPlain((value as Record<string, unknown>)[key], left - 1)
}
