import { Router } from '@koa/router'
import { API_PREFIX } from '@sketchroom/shared/api/paths'
import type { Administration } from '../core/admin/administration.ts'
import type { Accounts } from '../core/accounts/accounts.ts'
import type { Members } from '../core/rooms/members.ts'
import type { RoomTokens } from '../core/rooms/room-tokens.ts'
import type { Rooms } from '../core/rooms/rooms.ts'
import { SketchRoomError } from '../errors.ts'
import { publicPath } from '../public-path.ts'
import { createAuthCookies } from './auth-cookies.ts'
import { createAuthentication } from './authentication.ts'
import type { Context, Middleware, RequestState } from './context.ts'
import { jsonBody } from './json-body.ts'
import { refuseForeignPages } from './origins.ts'
import { createRateLimits, type CreateLimiter, type HttpLimits } from './rate-limits.ts'
import { addAdminRoutes } from './routes/admin-routes.ts'
import { addAuthRoutes } from './routes/auth-routes.ts'
import { addMeRoutes } from './routes/me-routes.ts'
import { addMemberRoutes } from './routes/member-routes.ts'
import { addRoomRoutes } from './routes/room-routes.ts'
import { syncUrl } from './security-headers.ts'
import { createSignInLimits, type Devices } from './sign-in-limits.ts'

/** What the REST API is built from. */
export interface ApiDeps {
  readonly accounts: Accounts
  readonly rooms: Rooms
  readonly members: Members
  readonly roomTokens: RoomTokens
  readonly devices: Devices
  readonly limits: HttpLimits
  /** Makes what counts for the limits; in this process, if there is none. */
  readonly createLimiter?: CreateLimiter | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly publicUrl: URL
  readonly allowedOrigins: readonly string[]
  readonly trustProxy: number
  /** Undefined when the operator has named nobody: then there are no such paths. */
  readonly administration?: Administration | undefined
}

/** Builds the REST API; every path below its prefix is answered here. */
export function createApi(deps: ApiDeps): Middleware {
  const { accounts, rooms, members, roomTokens, devices, administration, publicUrl, allowedOrigins, trustProxy, now } =
    deps
  const router = new Router<RequestState>({ prefix: API_PREFIX })
  router.use('/auth', refuseForeignPages(allowedOrigins))
  router.use(jsonBody)
  const limits = createRateLimits(deps.limits, deps.createLimiter)
  const cookies = createAuthCookies(publicUrl)
  const signInLimits = createSignInLimits({ limits, devices, cookie: cookies.device, now })
  addAuthRoutes(router, { accounts, limits, signInLimits, cookies })
  const authentication = createAuthentication({ accounts, limits })
  addMeRoutes(router, { accounts, authentication })
  addRoomRoutes(router, { authentication, rooms, publicPath: publicPath(publicUrl) })
  addMemberRoutes(router, { authentication, members, roomTokens, syncUrl: syncUrl(publicUrl) })
  if (administration) {
    addAdminRoutes(router, { authentication, administration, publicPath: publicPath(publicUrl), trustProxy })
  }
  const route = router.routes()

  return async (ctx, next) => {
    if (ctx.path !== API_PREFIX && !ctx.path.startsWith(`${API_PREFIX}/`)) return await next()
    ctx.set('Cache-Control', 'no-store')
    await route(ctx as Parameters<typeof route>[0], async () => refuseUnrouted(ctx))
  }
}

/** Answers what no route has: another method, or another path. */
function refuseUnrouted(ctx: Context): void {
  const layers: Array<{ methods: string[] }> = ctx['matched'] ?? []
  const allowed = new Set(layers.flatMap(({ methods }) => methods))
  if (allowed.size === 0) throw new SketchRoomError('not_found', 'There is no such path in this API.')
  ctx.set('Allow', [...allowed, 'OPTIONS'].join(', '))
  if (ctx.method !== 'OPTIONS') throw new SketchRoomError('method_not_allowed', 'This path does not know the method.')
  ctx.status = 204
}
