import type { Router } from '@koa/router'
import {
  adminPageQuerySchema,
  adminPeopleQuerySchema,
  adminRoomsQuerySchema,
  blockRequestSchema,
} from '@sketchroom/shared/api/admin'
import { API_PATHS, apiPath } from '@sketchroom/shared/api/paths'
import { sessionIdSchema } from '@sketchroom/shared/ids'
import type { AdminDesk, Administration } from '../../core/admin/administration.ts'
import type { ComingFrom } from '../../core/admin/address-blocks.ts'
import { SketchRoomError } from '../../errors.ts'
import type { Authentication } from '../authentication.ts'
import type { RequestState, RouteContext } from '../context.ts'
import { getUserId, parseBody, parseQuery } from '../validation.ts'

/** What the routes are built from. */
interface AdminRouteDeps {
  readonly authentication: Authentication
  readonly administration: Administration
  readonly publicPath: string
  readonly trustProxy: number
}

/** One route: what it does for somebody who was admitted. What `GET` does not have changes something, and is counted. */
interface AdminRoute {
  readonly method: 'get' | 'post' | 'delete'
  readonly path: Extract<keyof typeof API_PATHS, `admin${string}`>
  readonly answer: (desk: AdminDesk, ctx: RouteContext, deps: AdminRouteDeps) => Promise<void>
}

const ROUTES: readonly AdminRoute[] = [
  {
    method: 'get',
    path: 'adminRooms',
    async answer(desk, ctx) {
      ctx.body = await desk.rooms(parseQuery(ctx, adminRoomsQuerySchema))
    },
  },
  {
    method: 'get',
    path: 'adminPeople',
    async answer(desk, ctx) {
      ctx.body = await desk.people(parseQuery(ctx, adminPeopleQuerySchema))
    },
  },
  {
    method: 'get',
    path: 'adminSessions',
    async answer(desk, ctx) {
      ctx.body = await desk.sessions(getUserId(ctx), parseQuery(ctx, adminPageQuerySchema))
    },
  },
  {
    method: 'delete',
    path: 'adminSessions',
    async answer(desk, ctx) {
      await desk.endSessions(getUserId(ctx))
      ctx.status = 204
    },
  },
  {
    method: 'delete',
    path: 'adminSession',
    async answer(desk, ctx) {
      const sessionId = sessionIdSchema.safeParse(ctx.params['sessionId']).data
      if (!sessionId) throw new SketchRoomError('not_found', 'There is no such sign-in, or it has ended.')
      await desk.endSession(getUserId(ctx), sessionId)
      ctx.status = 204
    },
  },
  {
    method: 'get',
    path: 'adminStorage',
    async answer(desk, ctx) {
      ctx.body = await desk.storage()
    },
  },
  {
    method: 'get',
    path: 'adminQuarantine',
    async answer(desk, ctx) {
      ctx.body = await desk.quarantine(parseQuery(ctx, adminPageQuerySchema))
    },
  },
  {
    method: 'get',
    path: 'adminBlocks',
    async answer(desk, ctx, deps) {
      ctx.body = await desk.blocks(comingFrom(ctx, deps))
    },
  },
  {
    method: 'post',
    path: 'adminBlocks',
    async answer(desk, ctx, deps) {
      const block = await desk.block(parseBody(ctx, blockRequestSchema), comingFrom(ctx, deps))
      ctx.status = 201
      ctx.set('Location', deps.publicPath + apiPath('adminBlock', { blockId: block.id }))
      ctx.body = block
    },
  },
  {
    method: 'delete',
    path: 'adminBlock',
    async answer(desk, ctx) {
      await desk.unblock(ctx.params['blockId'] ?? '')
      ctx.status = 204
    },
  },
]

/** `/admin`: what whoever runs the server sees and does. Who may is asked here, once for all of them. */
export function addAdminRoutes(router: Router<RequestState>, deps: AdminRouteDeps): void {
  const { authentication, administration } = deps
  for (const { method, path, answer } of ROUTES) {
    router[method](API_PATHS[path], async (ctx) => {
      const actor = await (method === 'get' ? authentication.getReader(ctx) : authentication.getWriter(ctx))
      await answer(await administration.admit(actor), ctx, deps)
    })
  }
}

function comingFrom(ctx: RouteContext, { trustProxy }: AdminRouteDeps): ComingFrom {
  return { ip: ctx.ip, isBehindUnknownProxy: trustProxy === 0 && ctx.get('X-Forwarded-For') !== '' }
}
