import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { createCursor, parseCursor } from '../cursor.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Cursors that tell those who get them nothing. */
export interface SealedCursors {
  create(place: unknown): string
  /** Like `parseCursor`. */
  parse<T>(cursor: string, schema: z.ZodType<T>): T
}

/** Seals cursors by AES-256-GCM, with a key that comes from the secret that all instances have. */
export function createSealedCursors(secret: string): SealedCursors {
  const key = createHash('sha256').update(`the cursors of ${secret}`).digest()

  /** Empty, which is no cursor either, for what was not sealed here. */
  function open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url')
    const nonce = bytes.subarray(0, NONCE_BYTES)
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))
      return Buffer.concat([opened, decipher.final()]).toString('utf8')
    } catch {
      return ''
    }
  }

  return {
    create(place) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const sealed = Buffer.concat([cipher.update(createCursor(place), 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    parse: (cursor, schema) => parseCursor(open(cursor), schema),
  }
}
