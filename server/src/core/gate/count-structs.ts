import * as decoding from 'lib0/decoding'
import { HAS_KEY, HAS_ORIGIN, HAS_RIGHT_ORIGIN, KIND, KIND_BITS } from './read-content.ts'

/** How values begin. Source: `readAny` in lib0. */
const VALUE = {
  binary: 116,
  array: 117,
  object: 118,
  string: 119,
  bigint: 122,
  float64: 123,
  float32: 124,
  integer: 125,
} as const

/**
 * How many structs an update of Yjs's first encoding has, without reading what they hold: of one client's, the head says it.
 * Throws when it does not decode, or holds what a drawing has no place for.
 */
export function countStructs(update: Uint8Array): number {
  const decoder = decoding.createDecoder(update)
  let count = 0
  for (let clients = decoding.readVarUint(decoder); clients > 0; clients--) {
    const structs = decoding.readVarUint(decoder)
    count += structs
    if (clients === 1) break
    decoding.readVarUint(decoder)
    decoding.readVarUint(decoder)
    for (let n = 0; n < structs; n++) skipStruct(decoder)
  }
  return count
}

function skipStruct(decoder: decoding.Decoder): void {
  const info = readByte(decoder)
  const kind = info & KIND_BITS
  if (kind === KIND.gc || kind === KIND.skip) return void decoding.readVarUint(decoder)
  if (info & HAS_ORIGIN) skipId(decoder)
  if (info & HAS_RIGHT_ORIGIN) skipId(decoder)
  if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) {
    const hasName = decoding.readVarUint(decoder) === 1
    if (hasName) skipBytes(decoder)
    else skipId(decoder)
    if (info & HAS_KEY) skipBytes(decoder)
  }
  skipContent(decoder, kind)
}

function skipContent(decoder: decoding.Decoder, kind: number): void {
  switch (kind) {
    case KIND.deleted:
    case KIND.type:
      return void decoding.readVarUint(decoder)
    case KIND.binary:
    case KIND.string:
      return skipBytes(decoder)
    case KIND.any:
      for (let left = decoding.readVarUint(decoder); left > 0; left--) skipValue(decoder)
      return
    default:
      throw new RangeError(`a drawing has no structs of kind ${kind}`)
  }
}

function skipValue(decoder: decoding.Decoder): void {
  switch (readByte(decoder)) {
    case VALUE.integer:
      return void decoding.readVarInt(decoder)
    case VALUE.float32:
      decoder.pos += 4
      return
    case VALUE.float64:
    case VALUE.bigint:
      decoder.pos += 8
      return
    case VALUE.string:
    case VALUE.binary:
      return skipBytes(decoder)
    case VALUE.array:
      for (let left = decoding.readVarUint(decoder); left > 0; left--) skipValue(decoder)
      return
    case VALUE.object:
      for (let left = decoding.readVarUint(decoder); left > 0; left--) {
        skipBytes(decoder)
        skipValue(decoder)
      }
      return
    default:
    // Nothing follows what is true, false, null or undefined.
  }
}

function skipId(decoder: decoding.Decoder): void {
  decoding.readVarUint(decoder)
  decoding.readVarUint(decoder)
}

function skipBytes(decoder: decoding.Decoder): void {
  const length = decoding.readVarUint(decoder)
  decoder.pos += length
}

/** Beyond the end lib0 reads nothing, without a word: a list that says that it is long would be gone through for ever. */
function readByte(decoder: decoding.Decoder): number {
  if (decoder.pos >= decoder.arr.length) throw new RangeError('the update is broken off')
  return decoding.readUint8(decoder)
}
