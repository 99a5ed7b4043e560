import { z } from 'zod'
import { roleSchema } from '../roles.ts'

/**
 * What the server tells one connection beside the drawing, as JSON in a stateless message:
 * - `role`: your role in this room is now this one (sent after joining, after each
 *   renewal of the token, and at each change);
 * - `refused`: the write you sent was not applied, and why;
 * - `store`: whether the server can make edits durable. While `failing`, nothing is acknowledged.
 */
export const noticeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('role'), role: roleSchema }),
  z.object({ type: z.literal('refused'), reason: z.enum(['read_only', 'malformed_update']) }),
  z.object({ type: z.literal('store'), state: z.enum(['failing', 'ok']) }),
])
/** A message from the server to one connection, beside the drawing. */
export type Notice = z.infer<typeof noticeSchema>

/** Parses a stateless payload; undefined when it is not a notice (a newer server may send others). */
export function findNotice(payload: string): Notice | undefined {
  try {
    return noticeSchema.safeParse(JSON.parse(payload)).data
  } catch {
    return undefined
  }
}
