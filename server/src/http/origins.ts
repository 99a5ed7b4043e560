import cors from '@koa/cors'
import { isOwnPage } from '../core/rooms/admission.ts'
import { SketchRoomError } from '../errors.ts'
import type { Context, Middleware } from './context.ts'

/** Lets the pages of these origins, and no others, read our answers. */
export function crossOrigin(allowedOrigins: readonly string[]): Middleware {
  return cors({
    origin: (ctx) => {
      const origin = ctx.get('Origin')
      return allowedOrigins.includes(origin) ? origin : ''
    },
    credentials: true,
    allowMethods: 'GET,HEAD,POST,PUT,PATCH,DELETE',
    exposeHeaders: 'ETag,Location,RateLimit,RateLimit-Policy,Retry-After,X-Request-Id',
    maxAge: 600,
  })
}

/**
 * Refuses what another site's page has a browser send: it would come with our cookie, or bring one. A
 * request that no browser made has neither header, and no cookie that was not meant.
 */
export function refuseForeignPages(allowedOrigins: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'POST' && !isOwnCall(ctx, allowedOrigins)) {
      throw new SketchRoomError('forbidden', 'The request came from the page of another site.')
    }
    await next()
  }
}

function isOwnCall(ctx: Context, allowedOrigins: readonly string[]): boolean {
  const origin = ctx.get('Origin')
  if (origin === '') return ['', 'same-origin', 'none'].includes(ctx.get('Sec-Fetch-Site'))
  return isOwnPage(origin, ctx.host, allowedOrigins)
}
