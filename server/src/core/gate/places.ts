import * as decoding from 'lib0/decoding'
import { isElementId, isTypeName } from '@sketchroom/shared/scene/element'
import { KEYS } from '@sketchroom/shared/scene/keys'
import { KIND, TYPE } from './read-content.ts'
import { NO_NAME, type ReadStruct } from './read-update.ts'
import { invalid } from './refusal.ts'

/** One value in a drawing: the longest text, or a line of ten thousand points, takes less than half of it. */
const MAX_VALUE_BYTES = 1024 * 1024
/** A key that this version does not know, and what concerns a whole document. */
const MAX_OTHER_BYTES = 64 * 1024
const MAX_META_BYTES = 1024
/** A digest of what was deleted takes a third of it. */
const MAX_STAMP = 64

const CHECKS = new Map(KEYS.map(({ name, parse }) => [name, parse]))
const CREATED = new TextDecoder('utf-8', { fatal: true })
/** What in an element's bytes is a reason to look at them value by value: see `checkCreated`. */
const SUSPICIOUS = ['__proto__', '\\u', 'script:', 'url(']
const SHORT_BYTES = 4_096
const OPENING = '{'.charCodeAt(0)
const NO_VALUES: readonly unknown[] = []

/** An update's bytes, and whether there is nothing suspicious in all of them, which is found out when it is asked. */
export class PlainUpdate {
  readonly bytes: Uint8Array
  #isPlain: boolean | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Whether none of its elements need be looked at value by value. */
  get isPlain(): boolean {
    if (this.#isPlain === undefined) {
      const { buffer, byteOffset, byteLength } = this.bytes
      const bytes = Buffer.from(buffer, byteOffset, byteLength)
      this.#isPlain = !SUSPICIOUS.some((part) => bytes.includes(part))
    }
    return this.#isPlain
  }
}

/** Throws `Refusal` for a struct of a kind that has no place where it goes, and for a value that nobody could show. */
export function checkContent(struct: ReadStruct, update: PlainUpdate): void {
  const { shelf, slot: key } = struct
  if (bytesOf(struct) > MAX_VALUE_BYTES) invalid('G12', `a value takes more than ${MAX_VALUE_BYTES} bytes`)
  switch (shelf) {
    case 'elements':
      // Behind what was there before, it is under a key that was looked at when that came.
      if (struct.key !== null && (struct.keyHash === NO_NAME || isTaken(struct.key)))
        invalid('G11', 'an element’s id has 1 to 64 letters, digits, - and _')
      return checkKind(struct, isMap(struct), 'an element is a Y.Map')
    case 'meta':
      return checkMeta(struct, key)
    case 'element':
      return checkProperty(struct, key, update)
    case 'words':
      return checkKind(struct, struct.kind === KIND.string, 'a text holds letters')
    case 'ink':
      return checkKind(struct, struct.kind === KIND.binary, 'a stroke holds chunks of bytes')
    default:
      invalid('G10', 'a drawing has no such place')
  }
}

function checkMeta(struct: ReadStruct, key: string | null): void {
  if (!isKey(key)) invalid('G11', 'a key has 1 to 64 letters, digits, - and _')
  checkKind(struct, struct.kind === KIND.any, 'meta holds values')
  if (bytesOf(struct) > MAX_META_BYTES) invalid('G12', `meta.${key} takes more than ${MAX_META_BYTES} bytes`)
  if (key !== 'schema') return
  for (const value of valuesOf(struct)) if (!Number.isInteger(value)) invalid('G13', 'meta.schema is a whole number')
}

function checkProperty(struct: ReadStruct, key: string | null, update: PlainUpdate): void {
  if (key !== 'o' && !isKey(key)) invalid('G11', 'a key has 1 to 64 letters, digits, - and _')
  if (struct.kind === KIND.deleted) return
  if (key === 'words' && struct.kind === KIND.type)
    return checkKind(struct, struct.content === TYPE.text, 'words are a Y.Text')
  if (key === 'ink' && struct.kind === KIND.type)
    return checkKind(struct, struct.content === TYPE.array, 'ink is a Y.Array')
  if (key === 'o') {
    checkKind(struct, struct.kind === KIND.binary, 'o is bytes')
    return checkCreated(struct, update)
  }
  checkKind(struct, struct.kind === KIND.any || struct.kind === KIND.binary, `${key} is a value`)
  if (struct.kind === KIND.binary && bytesOf(struct) > MAX_OTHER_BYTES) {
    invalid('G12', `${key} takes more than ${MAX_OTHER_BYTES} bytes`)
  }
  for (const value of valuesOf(struct)) checkValue(key, value, bytesOf(struct))
}

function checkKind(struct: ReadStruct, isRight: boolean, expected: string): void {
  if (!isRight && struct.kind !== KIND.deleted) invalid('G10', expected)
}

function checkValue(key: string, value: unknown, bytes: number): void {
  if (key === 'type') {
    if (!isTypeName(value)) invalid('G13', 'type is the name of a kind of element')
    return
  }
  const check = CHECKS.get(key)
  if (!check) {
    if (bytes > MAX_OTHER_BYTES) invalid('G12', `${key} takes more than ${MAX_OTHER_BYTES} bytes`)
    return
  }
  // A stroke's chunks in a plain list, and the name of what was deleted: the format takes both.
  if (key === 'ink' || (key === 'isDeleted' && typeof value === 'string' && value.length <= MAX_STAMP)) return
  if (check(value) === undefined) invalid('G13', `${key} has a value that nobody could show`)
}

/**
 * What an element was created as. Who draws it reads it value by value and passes over what is faulty; here, each new element
 * of a paste of thousands is looked through for what is worth more.
 */
function checkCreated({ start, end, length }: ReadStruct, update: PlainUpdate): void {
  const { bytes } = update
  if (length === 1 && bytes[start + 1] !== OPENING && bytes[start + 2] !== OPENING && bytes[start + 3] !== OPENING) {
    invalid('G13', 'o is a JSON object')
  }
  if (end - start <= SHORT_BYTES && update.isPlain) return
  let created: unknown
  try {
    created = JSON.parse(CREATED.decode(decoding.readVarUint8Array(decoding.createDecoder(bytes.subarray(start, end)))))
  } catch {
    invalid('G13', 'o is a JSON object')
  }
  for (const [key, value] of Object.entries(created as object)) {
    if (key === '__proto__') invalid('G13', 'o has a key that changes what it is')
    checkValue(key, value, end - start)
  }
}

function bytesOf({ start, end }: ReadStruct): number {
  return end - start
}

function valuesOf({ kind, content }: ReadStruct): readonly unknown[] {
  if (kind === KIND.any) return content as unknown[]
  // Bytes under a key that does not hold any are passed over by who reads them, like any faulty value.
  return NO_VALUES
}

function isMap({ kind, content }: ReadStruct): boolean {
  return kind === KIND.type && content === TYPE.map
}

function isKey(key: string | null): key is string {
  return key !== null && (CHECKS.has(key) || isElementId(key))
}

/** The names that every JavaScript object answers to, by their length: editors look ids up in plain objects. */
const TAKEN = Map.groupBy(Object.getOwnPropertyNames(Object.prototype), ({ length }) => length)

/** `in` would have to find out first whether the name is in the engine's table of all names, which takes long. */
function isTaken(name: string): boolean {
  return TAKEN.get(name.length)?.includes(name) ?? false
}
