import { createCipheriv, createDecipheriv, createHmac, randomBytes, type Cipheriv, type Decipheriv } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * What a sealed value begins with. No update of Yjs does: as the number of its clients, it would be more than the update
 * has bytes. What begins otherwise was stored before there was a key.
 */
const MARK = Uint8Array.of(0xff, 0xff, 0xff, 0xff)
const ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
/** How many nonces are drawn in one go. */
const NONCES = 512
/** How many bytes at the beginning of a sealed value say by which key: the mark and the key's id. */
export const HEAD_BYTES: number = MARK.length + ID_BYTES
/** So many bytes are done in one go, which takes about a quarter of a millisecond. */
const STEP_BYTES = 256 * 1024

const CIPHER = 'aes-256-gcm'
const OPTIONS = { authTagLength: TAG_BYTES } as const

/** A key of 32 bytes, and what tells it from others without telling what it is. */
interface Key {
  readonly bytes: Uint8Array
  readonly id: string
  /** Whoever has the key comes to the same; nobody else can make it. Its beginning is the id. */
  readonly check: string
  /** What all that it seals begins with. */
  readonly head: Uint8Array
}

/** A value was sealed by a key that is not here: nothing is wrong with the value. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError'

  constructor(id: string) {
    super(`a stored value is encrypted by the key ${id}, which ENCRYPTION_KEY does not have`)
  }
}

/** Seals what is stored by the first of some keys, and opens what any of them has sealed; without a key, all stays plain. */
export class Keyring {
  readonly #keys: readonly Key[]
  #nonces = new Uint8Array()
  #noncesUsed = 0

  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys.map(toKey)
  }

  /** The id and the check of each key, the sealing one first. */
  get names(): ReadonlyArray<Pick<Key, 'id' | 'check'>> {
    return this.#keys.map(({ id, check }) => ({ id, check }))
  }

  /** What all that the first key seals begins with; undefined without a key. */
  get head(): Uint8Array | undefined {
    const [first] = this.#keys
    return first?.head
  }

  /** Seals a value, so that it opens only with the same context; without a key, it is as it was. */
  async seal(plain: Uint8Array, context: string): Promise<Uint8Array> {
    const [key] = this.#keys
    if (!key) return plain
    const sealed = new Uint8Array(HEAD_BYTES + NONCE_BYTES + plain.length + TAG_BYTES)
    sealed.set(key.head)
    const nonce = this.#nextNonce()
    sealed.set(nonce, HEAD_BYTES)
    const cipher = createCipheriv(CIPHER, key.bytes, nonce, OPTIONS).setAAD(Buffer.from(context))
    await inSteps(cipher, plain, sealed.subarray(HEAD_BYTES + NONCE_BYTES))
    cipher.final()
    sealed.set(cipher.getAuthTag(), sealed.length - TAG_BYTES)
    return sealed
  }

  /**
   * Opens a stored value; a plain one is as it was. Undefined when it is not what was sealed with this context. Rejects with
   * `UnknownKeyError` when its key is not here.
   */
  async open(stored: Uint8Array, context: string): Promise<Uint8Array | undefined> {
    const id = findKeyId(stored)
    if (id === undefined) return stored
    const key = this.#keys.find((each) => each.id === id)
    if (!key) throw new UnknownKeyError(id)
    const nonce = stored.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES)
    const decipher = createDecipheriv(CIPHER, key.bytes, nonce, OPTIONS).setAAD(Buffer.from(context))
    decipher.setAuthTag(stored.subarray(-TAG_BYTES))
    const sealed = stored.subarray(HEAD_BYTES + NONCE_BYTES, -TAG_BYTES)
    const plain = new Uint8Array(sealed.length)
    await inSteps(decipher, sealed, plain)
    try {
      decipher.final()
    } catch {
      return undefined
    }
    return plain
  }

  /** Random, as many processes use one key. To ask for each by itself takes as long as to seal something small. */
  #nextNonce(): Uint8Array {
    if (this.#noncesUsed === this.#nonces.length) {
      this.#nonces = randomBytes(NONCE_BYTES * NONCES)
      this.#noncesUsed = 0
    }
    return this.#nonces.subarray(this.#noncesUsed, (this.#noncesUsed += NONCE_BYTES))
  }
}

/** Says by which key a stored value was sealed; undefined when it is plain. */
export function findKeyId(stored: Uint8Array): string | undefined {
  if (stored.length < HEAD_BYTES + NONCE_BYTES + TAG_BYTES) return undefined
  if (MARK.some((byte, index) => stored[index] !== byte)) return undefined
  return Buffer.from(stored.subarray(MARK.length, HEAD_BYTES)).toString('hex')
}

/** Reads keys as `ENCRYPTION_KEY` has them: 32 bytes each, as base64 or hexadecimal, separated by commas. Throws in words. */
export function parseKeys(text: string): Uint8Array[] {
  const keys = text.split(',').map((part, index) => {
    const written = part.trim()
    const isHex = /^[0-9a-f]{64}$/i.test(written)
    const isBase64 = /^[\w+/-]{43}=?$/.test(written)
    if (!isHex && !isBase64) throw new Error(`key ${index + 1} must be 32 bytes, as base64 or hexadecimal`)
    return new Uint8Array(Buffer.from(written, isHex ? 'hex' : 'base64'))
  })
  if (new Set(keys.map((key) => toKey(key).id)).size < keys.length) throw new Error('a key is there twice')
  return keys
}

function toKey(bytes: Uint8Array): Key {
  if (bytes.length !== KEY_BYTES) throw new Error(`a key must have ${KEY_BYTES} bytes`)
  const check = createHmac('sha256', bytes).update('the name of a key of SketchRoom').digest('hex')
  const id = check.slice(0, 2 * ID_BYTES)
  return { bytes, check, id, head: Buffer.concat([MARK, Buffer.from(id, 'hex')]) }
}

/** What is large is done in steps, with other work between them. */
async function inSteps(cipher: Cipheriv | Decipheriv, from: Uint8Array, to: Uint8Array): Promise<void> {
  for (let start = 0; start < from.length; start += STEP_BYTES) {
    if (start > 0) await nextTurn()
    to.set(cipher.update(from.subarray(start, start + STEP_BYTES)), start)
  }
}
