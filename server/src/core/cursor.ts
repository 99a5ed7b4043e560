import type { z } from 'zod'
import { SketchRoomError } from '../errors.ts'

/** Makes an opaque cursor from the place where a page ended. */
export function createCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** The place that a cursor stands for; throws `invalid_request` for one that we did not make. */
export function parseCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    const fields = [{ pointer: '/cursor', detail: 'is not a cursor of this list' }]
    throw new SketchRoomError('invalid_request', 'The cursor is not valid.', { cause, fields })
  }
}
