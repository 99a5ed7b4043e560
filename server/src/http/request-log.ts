import { API_PREFIX } from '@sketchroom/shared/api/paths'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { nanoid } from 'nanoid'
import type { Logger } from 'pino'
import type { Context, Middleware } from './context.ts'

/** Asked every few seconds by whoever watches the process. */
export const PROBES: ReadonlySet<string> = new Set(['/live', '/ready', '/health', '/metrics'])

/** A request that is answered, for whoever counts. */
export interface Answered {
  readonly method: string
  /** The pattern of its path, of which there are few. */
  readonly route: string
  readonly status: number
  readonly ms: number
  /** Why it was refused, if it was. */
  readonly code: ErrorCode | undefined
  /** The W3C `traceparent` that came with it, where a proxy is believed. */
  readonly traceparent: string | undefined
}

/**
 * Names the request, and tells of it when it is done: in one line of the log, and whoever counts. Only the path is logged: a
 * query or a header may hold a token. An id from outside is not honoured, because anybody could forge a line with it.
 */
export function requestLog(logger: Logger, hearers: ReadonlyArray<(answered: Answered) => void> = []): Middleware {
  return async (ctx, next) => {
    const requestId = nanoid(12)
    const startedAt = performance.now()
    ctx.state.requestId = requestId
    ctx.set('X-Request-Id', requestId)
    try {
      await next()
    } finally {
      const { method, path, status, ip } = ctx
      const ms = performance.now() - startedAt
      const line = { requestId, method, path: withoutAddresses(path), status, ip, ms: Math.round(ms) }
      logger[isForApi(path) || status >= 400 ? 'info' : 'debug'](line, 'request')
      const traceparent = ctx.app.proxy ? ctx.get('traceparent') || undefined : undefined
      const answered = { method, route: routeOf(ctx), status, ms, code: ctx.state.refusedWith, traceparent }
      for (const onAnswered of hearers) onAnswered(answered)
    }
  }
}

function isForApi(path: string): boolean {
  return path === API_PREFIX || path.startsWith(`${API_PREFIX}/`)
}

/** A host's users may be named by their e-mail addresses, and a member's path has the user in it. */
function withoutAddresses(path: string): string {
  return path.replaceAll(/[^/]*(?:@|%40)[^/]*/gi, '-')
}

function routeOf(ctx: Context): string {
  const matched: unknown = ctx['_matchedRoute']
  if (isForApi(ctx.path)) return typeof matched === 'string' ? matched : 'none'
  return PROBES.has(ctx.path) ? ctx.path : 'client'
}
