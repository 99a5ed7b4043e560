import type { Router } from '@koa/router'
import { API_PATHS } from '@sketchroom/shared/api/paths'
import {
  createRoomTokenRequestSchema,
  listMembersQuerySchema,
  setMemberRequestSchema,
  type RoomToken,
} from '@sketchroom/shared/api/rooms'
import type { Members } from '../../core/rooms/members.ts'
import type { RoomTokens } from '../../core/rooms/room-tokens.ts'
import type { Authentication } from '../authentication.ts'
import type { RequestState } from '../context.ts'
import { getRoomId, getUserId, parseBody, parseQuery } from '../validation.ts'

/** `/rooms/{id}/members` and `/tokens`: who may be in a room. `syncUrl` is where a token is good for. */
export function addMemberRoutes(
  router: Router<RequestState>,
  deps: { authentication: Authentication; members: Members; roomTokens: RoomTokens; syncUrl: URL },
): void {
  const { authentication, members, roomTokens, syncUrl } = deps

  router.get(API_PATHS.members, async (ctx) => {
    const actor = await authentication.getReader(ctx)
    ctx.body = await members.list(actor, getRoomId(ctx), parseQuery(ctx, listMembersQuerySchema))
  })

  router.put(API_PATHS.member, async (ctx) => {
    const actor = await authentication.getWriter(ctx)
    const { role } = parseBody(ctx, setMemberRequestSchema)
    ctx.body = await members.put(actor, getRoomId(ctx), getUserId(ctx), role)
  })

  router.delete(API_PATHS.member, async (ctx) => {
    const actor = await authentication.getWriter(ctx)
    await members.remove(actor, getRoomId(ctx), getUserId(ctx))
    ctx.status = 204
  })

  router.post(API_PATHS.roomTokens, async (ctx) => {
    // Nothing is stored for a token, and a host asks for one for each of a thousand users who come at once.
    const actor = await authentication.getReader(ctx)
    const request = parseBody(ctx, createRoomTokenRequestSchema)
    const { token, expiresAt } = await roomTokens.mint(actor, getRoomId(ctx), request)
    const body: RoomToken = { token, expiresAt: new Date(expiresAt).toISOString(), syncUrl: syncUrl.href }
    ctx.status = 201
    ctx.body = body
  })
}
