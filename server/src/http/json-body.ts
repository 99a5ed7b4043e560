import { bodyParser } from '@koa/bodyparser'
import { SketchRoomError } from '../errors.ts'
import type { Middleware } from './context.ts'

const JSON_LIMIT = '256kb'

const parseJson = bodyParser({
  enableTypes: ['json'],
  // Named in full: what stands here takes the place of the parser's own list, from its beginning.
  extendTypes: { json: ['application/json', 'application/merge-patch+json'] },
  jsonLimit: JSON_LIMIT,
})

/** Reads a JSON body of at most 256 KB, and refuses any other kind of body. */
export const jsonBody: Middleware = async (ctx, next) => {
  // `is` answers null without a body, false for a body of another type.
  if (ctx.request.is('json', 'application/merge-patch+json') === false && ctx.request.length !== 0) {
    throw new SketchRoomError('unsupported_media_type', 'The body must be application/json.')
  }
  let isRead = false
  const handler: typeof next = () => {
    isRead = true
    return next()
  }
  try {
    await parseJson(ctx, handler)
  } catch (error) {
    // Until it is read, any fault that nobody named is the body's: zlib's errors, for one, come without a status.
    if (isRead || (error instanceof Error && 'status' in error)) throw error
    throw new SketchRoomError('invalid_request', 'The body cannot be read.', { cause: error })
  }
}
