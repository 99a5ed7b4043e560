import { z } from 'zod'
import { roleSchema } from '../roles.ts'

const refusalReasonSchema = z.enum([
  'read_only',
  'malformed_update',
  /** It refers to edits that the server has not seen: the client is asked for all that it has. */
  'missing_dependencies',
  /** So much waits for the store that no more can be taken in now. */
  'store_unavailable',
  /** The drawing's format has no place for it; the detail says what was expected. */
  'invalid_content',
  /** It was written under the name of a Yjs client that is somebody else's in this room. */
  'foreign_client',
  /** It is more than can be taken at once. */
  'too_large',
  /** The board holds as much as it may. Deleting makes room. */
  'board_full',
])
/** Why a write was not applied. */
export type RefusalReason = z.infer<typeof refusalReasonSchema>

/** The reasons that lie in what was written: the same is refused again, however often it is sent. */
export type LastingRefusal = Extract<RefusalReason, 'invalid_content' | 'foreign_client' | 'too_large' | 'board_full'>
const LASTING: ReadonlySet<RefusalReason> = new Set(['invalid_content', 'foreign_client', 'too_large', 'board_full'])

/** Whether a write is refused for what it says, and not for when it came or from whom. */
export function isLastingRefusal(reason: RefusalReason): reason is LastingRefusal {
  return LASTING.has(reason)
}

/**
 * What the server tells one connection beside the drawing, as JSON in a stateless message:
 * - `welcome`: the first of these; the version of the protocol that the server speaks, the oldest that a client of it may
 *   speak, and how many bytes the drawing is about, for somebody who has nothing of it yet;
 * - `role`: your role in this room is now this one (sent after joining, after each
 *   renewal of the token, and at each change);
 * - `refused`: a write that you sent was not applied, and why; `detail` tells who writes a client what was expected. It
 *   stands before the answer that says so;
 * - `too_fast`: for a while you have sent more than you may; it waits, and if you do not stop, the connection ends;
 * - `store`: whether the server can make edits durable. While `failing`, nothing is acknowledged.
 */
export const noticeSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    protocol: z.number().int(),
    oldest: z.number().int(),
    bytes: z.number().int().nonnegative(),
  }),
  z.object({ type: z.literal('role'), role: roleSchema }),
  z.object({ type: z.literal('refused'), reason: refusalReasonSchema, detail: z.string().optional() }),
  z.object({ type: z.literal('too_fast') }),
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
