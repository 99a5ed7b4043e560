import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import { SketchRoomError } from '../errors.ts'
import { findBearer } from './authentication.ts'
import type { Middleware } from './context.ts'

/** What can be read of the process, in Prometheus' text format. */
export interface ReadableMetrics {
  readonly contentType: string
  read(): Promise<string>
}

/** The metrics on the server's own port, for whoever brings the token. */
export interface MetricsRoute {
  readonly metrics: ReadableMetrics
  readonly token: string
}

/** `GET /metrics`, with the token as a bearer. */
export function createMetricsRoute({ metrics, token }: MetricsRoute): Middleware {
  const wanted = digest(token)
  return async (ctx, next) => {
    if (ctx.path !== '/metrics' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return await next()
    // Digests are of one length, so that the time it takes says nothing of the token.
    if (!timingSafeEqual(digest(findBearer(ctx) ?? ''), wanted)) {
      throw new SketchRoomError('unauthenticated', 'The metrics are for who has METRICS_TOKEN, as a bearer token.')
    }
    ctx.set('Cache-Control', 'no-store')
    ctx.type = metrics.contentType
    ctx.body = await metrics.read()
  }
}

/** Answers `GET /metrics` on a port of its own, to whoever can reach that, and nothing else. */
export function answerMetrics(metrics: ReadableMetrics, log: Logger): RequestListener {
  return (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is /metrics here, and nothing else.\n')
      return
    }
    metrics.read().then(
      (text) => response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text),
      (error: unknown) => {
        log.error({ err: error }, 'the metrics could not be read')
        response.writeHead(500).end()
      },
    )
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
