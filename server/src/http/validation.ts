import { findRoomId, userIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import type { z } from 'zod'
import { SketchRoomError, type FieldFault } from '../errors.ts'
import { noSuchRoom } from '../core/rooms/room-access.ts'
import type { Context, RouteContext } from './context.ts'

/** The request's JSON body as the schema says; throws `invalid_request` with the faulty fields. */
export function parseBody<T>(ctx: Context, schema: z.ZodType<T>): T {
  return parse(ctx.request.body ?? {}, schema, 'The body is not valid.')
}

/** The request's query as the schema says; throws `invalid_request` with the faulty fields. */
export function parseQuery<T>(ctx: Context, schema: z.ZodType<T>): T {
  return parse({ ...ctx.query }, schema, 'The query is not valid.')
}

/** The key by which a client says that two requests are one attempt: 16 to 200 visible characters, if any. */
export function findIdempotencyKey(ctx: Context): string | undefined {
  const key = ctx.get('Idempotency-Key')
  if (key === '') return undefined
  if (/^[\x21-\x7e]{16,200}$/.test(key)) return key
  throw new SketchRoomError('invalid_request', 'Idempotency-Key must be 16 to 200 visible characters.')
}

/** The room id of the path. One that can be no room's is `not_found`, like one that is none. */
export function getRoomId(ctx: RouteContext): RoomId {
  const roomId = findRoomId(ctx.params['roomId'] ?? '')
  if (!roomId) throw noSuchRoom()
  return roomId
}

/** The user id of the path. One that can be nobody's is `not_found`. */
export function getUserId(ctx: RouteContext): UserId {
  const userId = userIdSchema.safeParse(ctx.params['userId']).data
  if (!userId) throw new SketchRoomError('not_found', 'There is no such person.')
  return userId
}

/** Nobody reads more faults than this, and who sends thousands of unknown keys is not to be answered with as many. */
const MOST_FAULTS = 20

function parse<T>(value: unknown, schema: z.ZodType<T>, message: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new SketchRoomError('invalid_request', message, {
    fields: result.error.issues.flatMap(toFaults).slice(0, MOST_FAULTS),
  })
}

function toFaults(issue: z.core.$ZodIssue): FieldFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ pointer: toPointer(issue.path), detail: issue.message }]
  return issue.keys
    .slice(0, MOST_FAULTS)
    .map((key) => ({ pointer: toPointer([...issue.path, key]), detail: 'is not known here' }))
}

/** A JSON pointer (RFC 6901): `/` before each step, with `~` and `/` escaped. */
function toPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
