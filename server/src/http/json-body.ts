import { bodyParser } from '@koa/bodyparser'
import { SketchRoomError } from '../errors.ts'
import type { Middleware } from './context.ts'

/** A board with all the metadata that it may have, in any script, takes 81 KB. */
const LIMIT = '96kb'
/** Our requests nest two deep. The engine takes a fifth of a second for 100,000 brackets, in which everybody waits. */
const MOST_BRACKETS = 1_000

const TYPES = ['application/json', 'application/merge-patch+json']
const readText = bodyParser({ enableTypes: ['text'], extendTypes: { text: TYPES }, textLimit: LIMIT })

/** Reads a JSON body of at most 96 KB, an object or an array, and refuses any other kind of body. */
export const jsonBody: Middleware = async (ctx, next) => {
  // `is` answers null without a body, false for a body of another type.
  if (ctx.request.is(...TYPES) === false && ctx.request.length !== 0) {
    throw new SketchRoomError('unsupported_media_type', 'The body must be application/json.')
  }
  let isRead = false
  const handler: typeof next = () => {
    isRead = true
    const { body } = ctx.request
    ctx.request.body = typeof body === 'string' && body !== '' ? parse(body) : {}
    return next()
  }
  try {
    await readText(ctx, handler)
  } catch (error) {
    // Until it is read, any fault that nobody named is the body's: zlib's errors, for one, come without a status.
    if (isRead || (error instanceof Error && 'status' in error)) throw error
    throw new SketchRoomError('invalid_request', 'The body cannot be read.', { cause: error })
  }
}

function parse(text: string): unknown {
  let brackets = 0
  for (const character of text) if (character === '[' || character === '{') brackets += 1
  if (brackets > MOST_BRACKETS) throw new SketchRoomError('invalid_request', 'The body has too many parts.')
  let body: unknown
  try {
    body = JSON.parse(text, refusePrototypes)
  } catch (error) {
    throw new SketchRoomError('invalid_request', 'The body is not JSON.', { cause: error })
  }
  if (typeof body === 'object' && body !== null) return body
  throw new SketchRoomError('invalid_request', 'The body must be a JSON object.')
}

/** Whoever copies such a body key by key would change what the copy is. */
function refusePrototypes(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a key changes what its object is')
  return value
}
