import { nanoid } from 'nanoid'
import type { Logger } from 'pino'
import type { Middleware } from './context.ts'

/** Asked every few seconds by whoever watches the process; a line for each would bury the others. */
const PROBES: ReadonlySet<string> = new Set(['/live', '/ready', '/health'])

/**
 * Names the request and logs one line when it is done. Only the path is logged: a query or a header
 * may hold a token. An id from outside is not honoured, because anybody could forge a line with it.
 */
export function requestLog(logger: Logger): Middleware {
  return async (ctx, next) => {
    const requestId = nanoid(12)
    const startedAt = performance.now()
    ctx.state.requestId = requestId
    ctx.set('X-Request-Id', requestId)
    try {
      await next()
    } finally {
      const { method, path, status, ip } = ctx
      const level = PROBES.has(path) && status < 400 ? 'debug' : 'info'
      logger[level]({ requestId, method, path, status, ip, ms: Math.round(performance.now() - startedAt) }, 'request')
    }
  }
}
