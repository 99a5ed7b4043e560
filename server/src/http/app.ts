import Koa from 'koa'
import compress from 'koa-compress'
import type { Logger } from 'pino'
import { SketchRoomError } from '../errors.ts'
import { publicPath } from '../public-path.ts'
import { createApi, type ApiDeps } from './api.ts'
import { belowPublicPath } from './below-public-path.ts'
import type { RequestState } from './context.ts'
import { createHealthRoutes, type Health } from './health.ts'
import { crossOrigin } from './origins.ts'
import { createMetricsRoute, type MetricsRoute } from './metrics-route.ts'
import { problemResponses } from './problem-responses.ts'
import { refuseBlocked } from './refuse-blocked.ts'
import { requestLog, type Answered } from './request-log.ts'
import { securityHeaders } from './security-headers.ts'
import { serveClient } from './static.ts'

/** What the HTTP side must know of its surroundings. */
export interface HttpConfig {
  /** Where browsers reach us, perhaps below a path: decides cookies, the content policy and the addresses we hand out. */
  readonly publicUrl: URL
  /** Origins whose pages may use the API, our own among them. */
  readonly allowedOrigins: readonly string[]
  /** How many proxies in front are believed about who the client is. */
  readonly trustProxy: number
  /** The built client; without it only the API is served. */
  readonly clientDir?: string | undefined
}

/** What the HTTP side is built from. */
export interface HttpDeps extends Omit<ApiDeps, 'publicUrl' | 'allowedOrigins' | 'trustProxy'> {
  readonly health: Health
  /** Are told of each request when it is answered. */
  readonly onAnswered?: ReadonlyArray<(answered: Answered) => void>
  /** Whether nobody from this address is served; the probes are. */
  readonly isBlocked?: ((ip: string) => boolean) | undefined
  /** Without, `/metrics` is a path like any other. */
  readonly metrics?: MetricsRoute | undefined
  readonly config: HttpConfig
  readonly logger: Logger
}

/** Builds everything that is answered over HTTP; whoever serves it calls `callback()`. */
export function createHttpApp(given: HttpDeps): Koa<RequestState> {
  const { config, health, logger, onAnswered, metrics, isBlocked, ...deps } = given
  const { publicUrl, allowedOrigins, trustProxy, clientDir } = config

  // With a count, Koa takes the client's address from as many hops as we trust, and not from what came before.
  const app = new Koa<RequestState>({ proxy: trustProxy > 0, maxIpsCount: trustProxy })
  app.on('error', (error: unknown) => {
    // Clients that hang up once they have what they came for look the same as those that give up.
    const level = isHangUp(error) ? 'debug' : 'warn'
    logger[level]({ err: error }, 'answer broken off')
  })
  app.use(requestLog(logger, onAnswered))
  app.use(securityHeaders(publicUrl))
  app.use(problemResponses(logger))
  app.use(belowPublicPath(publicPath(publicUrl)))
  app.use(crossOrigin(allowedOrigins))
  app.use(createHealthRoutes(health))
  if (metrics) app.use(createMetricsRoute(metrics))
  if (isBlocked) app.use(refuseBlocked(isBlocked))
  app.use(createApi({ ...deps, publicUrl, allowedOrigins, trustProxy }))
  if (clientDir !== undefined) {
    app.use(compress())
    app.use(serveClient(clientDir, publicPath(publicUrl)))
  }
  app.use(() => {
    throw new SketchRoomError('not_found', 'There is nothing here.')
  })
  return app
}

function isHangUp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
