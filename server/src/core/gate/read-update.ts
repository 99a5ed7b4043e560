import * as decoding from 'lib0/decoding'
import { ClockRanges, type EditRanges } from '../documents/clock-ranges.ts'
import type { Place, Shelf } from './document-view.ts'
import { HAS_KEY, HAS_ORIGIN, HAS_RIGHT_ORIGIN, KIND, KIND_BITS, lengthOf, readContent } from './read-content.ts'
import { invalid, malformed, Refusal } from './refusal.ts'

/** Yjs numbers what a client inserts; past this, some of its own sums are done with 32 bits. */
const MAX_CLOCK = 2 ** 31
/** Yjs takes random numbers of 32 bits; other implementations of 53. */
const MAX_CLIENT = Number.MAX_SAFE_INTEGER
/** What one update may hold: a paste of five thousand elements has 15,000 structs, by a few clients. */
const MAX_STRUCTS = 100_000
const MAX_CLIENTS = 4_096
/** Yjs's own libraries send all that was ever deleted on the board with each offline edit: as much as it may come to. */
const MAX_DELETED_CLIENTS = 100_000
const MAX_DELETED_RANGES = 200_000

/** Its length is one byte. */
const MAX_SHORT_NAME = 64
/** What ids and keys are made of: letters, digits, `-` and `_`. */
const IN_NAMES = Uint8Array.from({ length: 128 }, (_, code) => (/[\w-]/.test(String.fromCharCode(code)) ? 1 : 0))
/**
 * A random number for each letter in each place: a name's hash is what those of its letters come to. Whoever chooses names
 * cannot know which of them have like hashes. Source: tabulation hashing (Zobrist).
 */
const LETTERS = 128
const OF_LETTERS = crypto.getRandomValues(new Int32Array(LETTERS * (MAX_SHORT_NAME + 1)))
/** See `ReadStruct.keyHash`. */
export const NO_NAME = -1
let lastHash = NO_NAME
/** Names that were read before, each where its hash says: those of roots and of keys come again in every struct. */
const READ_NAMES: string[] = Array.from({ length: 256 }, () => '')

const { latin1Slice } = Buffer.prototype

/** The id of something that a client inserted. */
export interface Id {
  readonly client: number
  readonly clock: number
}

/** Whether two ids are the same, or both are none. */
export function isSameId(a: Id | null, b: Id | null): boolean {
  return a === null || b === null ? a === b : a.client === b.client && a.clock === b.clock
}

/** Where among one client's structs, in the order of the clock, the one with this clock is; -1 when all come later. */
export function indexAt(structs: readonly Id[], clock: number): number {
  let [low, high] = [-1, structs.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((structs[middle] as Id).clock <= clock) low = middle
    else high = middle - 1
  }
  return low
}

/** One struct of an update, as it was read: nothing in it is checked against the room. */
export interface ReadStruct extends Id, Place {
  readonly length: number
  /** One of `KIND`. */
  readonly kind: number
  /** What it was put behind, and before. */
  readonly origin: Id | null
  readonly rightOrigin: Id | null
  /** What it is in, when neither of these says: the name of a root, or a type's id. */
  readonly parent: string | Id | null
  /** The key in a map; null in a list, and where the neighbours say. */
  readonly key: string | null
  /** Values, a string, or the number of a type, by `kind`; null for bytes, and for what was deleted. */
  readonly content: unknown
  /** A number for the key by which others are mostly told from it; `NO_NAME` when it is nothing that may name something. */
  readonly keyHash: number
  /** Where in the update the content is. */
  readonly start: number
  readonly end: number
  /** Where it goes, once that is found out: see `Place`. */
  shelf: Shelf
  home: object | null
  slot: string | null
  /** The keys that the same update gives to the map that this is. */
  keys: string[] | null
  /** Whether it is deleted, by the same update or long ago, or something newer goes in its place. */
  isDeleted: boolean
}

/** What one client inserted, in the order of its clock. */
export interface ClientStructs {
  readonly client: number
  readonly structs: readonly ReadStruct[]
}

/** A range of a client's clock that was deleted. */
export interface DeletedRange extends Id {
  readonly length: number
}

/** An update, read whole by its structure alone. */
export interface ReadUpdate {
  readonly bytes: Uint8Array
  readonly clients: readonly ClientStructs[]
  readonly deleted: readonly DeletedRange[]
}

/**
 * Reads an update of Yjs's first encoding, without Yjs, which would act on it while it reads. Throws `Refusal` for what
 * breaks the rules G1 to G6. Source: `encoding.js` and `DeleteSet.js` in Yjs.
 */
export function readUpdate(bytes: Uint8Array): ReadUpdate {
  try {
    const decoder = decoding.createDecoder(bytes)
    const clients = readClients(decoder)
    const deleted = readDeleted(decoder)
    if (decoding.hasContent(decoder)) malformed('G1', 'something follows the end of the update')
    return { bytes, clients, deleted }
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal('G1', 'malformed_update', 'the update does not decode')
  }
}

function readClients(decoder: decoding.Decoder): ClientStructs[] {
  const count = readCount(decoder, MAX_CLIENTS, 'clients')
  const clients: ClientStructs[] = []
  const seen = count > 1 ? new Set<number>() : undefined
  let left = MAX_STRUCTS
  for (let index = 0; index < count; index++) {
    const length = readCount(decoder, left, 'structs')
    left -= length
    const client = readClient(decoder, seen)
    let clock = decoding.readVarUint(decoder)
    const structs: ReadStruct[] = []
    for (let n = 0; n < length; n++) {
      const struct = readStruct(decoder, client, clock)
      clock += struct.length
      if (struct.length < 1) malformed('G3', `a struct of client ${client} has no length`)
      if (clock >= MAX_CLOCK) malformed('G3', `the clock of client ${client} is too great`)
      structs.push(struct)
    }
    clients.push({ client, structs })
  }
  return clients
}

function readStruct(decoder: decoding.Decoder, client: number, clock: number): ReadStruct {
  const info = decoding.readUint8(decoder)
  const kind = info & KIND_BITS
  if (kind === KIND.gc || kind === KIND.skip) {
    const length = decoding.readVarUint(decoder)
    const { pos: end } = decoder
    return {
      client,
      clock,
      length,
      kind,
      origin: null,
      rightOrigin: null,
      parent: null,
      key: null,
      keyHash: NO_NAME,
      content: null,
      start: end,
      end,
      shelf: 'nowhere',
      home: null,
      slot: null,
      keys: null,
      isDeleted: false,
    }
  }
  const origin = info & HAS_ORIGIN ? readId(decoder) : null
  const rightOrigin = info & HAS_RIGHT_ORIGIN ? readId(decoder) : null
  const standsAlone = !origin && !rightOrigin
  const parent = standsAlone ? readParent(decoder) : null
  const key = standsAlone && info & HAS_KEY ? readName(decoder) : null
  const keyHash = key === null ? NO_NAME : lastHash
  const start = decoder.pos
  const content = readContent(decoder, kind)
  const length = lengthOf(kind, content)
  const { pos: end } = decoder
  const held = typeof content === 'number' && kind === KIND.deleted ? null : content
  return {
    client,
    clock,
    length,
    kind,
    origin,
    rightOrigin,
    parent,
    key,
    keyHash,
    content: held,
    start,
    end,
    shelf: 'nowhere',
    home: null,
    slot: null,
    keys: null,
    isDeleted: kind === KIND.deleted,
  }
}

function readParent(decoder: decoding.Decoder): string | Id {
  return decoding.readVarUint(decoder) === 1 ? readName(decoder) : readId(decoder)
}

/**
 * A name, which nearly always is short and ASCII; `TextDecoder` takes longer for one than all else for a struct. `lastHash`
 * is its number then: see `ReadStruct.keyHash`.
 */
function readName(decoder: decoding.Decoder): string {
  lastHash = NO_NAME
  const { arr, pos } = decoder
  const length = arr[pos] as number
  const end = pos + 1 + length
  if (length > MAX_SHORT_NAME || end > arr.length) return decoding.readVarString(decoder)
  let hash = OF_LETTERS[length] as number
  let isName = length > 0
  for (let at = pos + 1, row = LETTERS; at < end; at++, row += LETTERS) {
    const byte = arr[at] as number
    if (byte > 0x7f) return decoding.readVarString(decoder)
    if (IN_NAMES[byte] === 0) isName = false
    hash ^= OF_LETTERS[row + byte] as number
  }
  decoder.pos = end
  if (isName) lastHash = hash >>> 0
  const place = hash & (READ_NAMES.length - 1)
  const name = READ_NAMES[place] as string
  if (isAt(name, arr, pos + 1, end)) return name
  return (READ_NAMES[place] = latin1Slice.call(arr, pos + 1, end))
}

/** Whether these bytes, which are ASCII, spell a name. */
function isAt(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let n = 0; n < name.length; n++) if (name.charCodeAt(n) !== bytes[start + n]) return false
  return true
}

function readId(decoder: decoding.Decoder): Id {
  return { client: decoding.readVarUint(decoder), clock: decoding.readVarUint(decoder) }
}

/** `seen`: of several, those before it. */
function readClient(decoder: decoding.Decoder, seen: Set<number> | undefined): number {
  const client = decoding.readVarUint(decoder)
  if (client > MAX_CLIENT) malformed('G2', 'a client has too great a number')
  // Of a client that comes twice, Yjs keeps one part and says nothing of the other.
  if (seen?.has(client)) malformed('G2', `client ${client} comes twice`)
  seen?.add(client)
  return client
}

/** A count of things of which each takes two bytes at least: Yjs makes room for as many as it is told. */
function readCount(decoder: decoding.Decoder, most: number, what: string): number {
  const count = decoding.readVarUint(decoder)
  if (count * 2 > decoder.arr.length - decoder.pos) malformed('G1', `the update has fewer ${what} than it says`)
  if (count > most) invalid('G6', `the update has more than ${most} ${what}; send it in parts`)
  return count
}

function readDeleted(decoder: decoding.Decoder): DeletedRange[] {
  const clients = readCount(decoder, MAX_DELETED_CLIENTS, 'deleted clients')
  const ranges: DeletedRange[] = []
  const seen = clients > 1 ? new Set<number>() : undefined
  for (let index = 0; index < clients; index++) {
    const client = readClient(decoder, seen)
    const count = readCount(decoder, MAX_DELETED_RANGES - ranges.length, 'deleted ranges')
    let end = 0
    for (let n = 0; n < count; n++) {
      const clock = decoding.readVarUint(decoder)
      const length = decoding.readVarUint(decoder)
      if (length < 1) malformed('G5', `a deleted range of client ${client} has no length`)
      // Of ranges that cover each other, Yjs walks through all that they cover, each time.
      if (clock < end) malformed('G5', `the deleted ranges of client ${client} are in no order`)
      end = clock + length
      if (end >= MAX_CLOCK) malformed('G5', `a deleted range of client ${client} ends too late`)
      ranges.push({ client, clock, length })
    }
  }
  return ranges
}

/** All that an update speaks of, known before or not. */
export function rangesOf({ clients, deleted: ranges }: ReadUpdate): EditRanges {
  const [inserted, deleted] = [new ClockRanges(), new ClockRanges()]
  for (const { client, structs } of clients) {
    for (const { kind, clock, length } of structs) if (kind !== KIND.skip) inserted.add(client, clock, length)
  }
  for (const { client, clock, length } of ranges) deleted.add(client, clock, length)
  return { inserted, deleted }
}
