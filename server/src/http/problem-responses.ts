import type { Logger } from 'pino'
import type { Middleware } from './context.ts'
import { toProblem, toSketchRoomError } from './problem.ts'

/** What cannot be done now can be soon: a store is away for a moment, or a server stops and another takes its place. */
const RETRY_AFTER_SECONDS = 2

/** Answers every error as problem+json; a fault of our own is logged here, once, with its cause. */
export function problemResponses(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      const error = toSketchRoomError(thrown)
      const { requestId } = ctx.state
      const problem = toProblem(error, requestId)
      // What cannot be done now is no fault that anybody has to look into.
      if (problem.status === 503) logger.warn({ requestId, err: error }, 'request refused for now')
      else if (problem.status >= 500) logger.error({ requestId, err: error }, 'request failed')
      if (problem.status === 503 && !ctx.response.get('Retry-After'))
        ctx.set('Retry-After', String(RETRY_AFTER_SECONDS))
      if (problem.status === 401) ctx.set('WWW-Authenticate', 'Bearer')
      ctx.state.refusedWith = error.code
      ctx.set('Cache-Control', 'no-store')
      ctx.status = problem.status
      ctx.body = problem
      ctx.type = 'application/problem+json'
    }
  }
}
