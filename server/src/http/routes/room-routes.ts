import type { Router } from '@koa/router'
import { API_PATHS, apiPath } from '@sketchroom/shared/api/paths'
import { createRoomRequestSchema, listRoomsQuerySchema, updateRoomRequestSchema } from '@sketchroom/shared/api/rooms'
import type { Rooms, VersionedRoom } from '../../core/rooms/rooms.ts'
import { SketchRoomError } from '../../errors.ts'
import type { Authentication } from '../authentication.ts'
import type { Context, RequestState } from '../context.ts'
import { getRoomId, parseBody, parseQuery } from '../validation.ts'

/** `/rooms`: boards as things to make, name, open and delete. What is answered names them by their public path. */
export function addRoomRoutes(
  router: Router<RequestState>,
  deps: { authentication: Authentication; rooms: Rooms; publicPath: string },
): void {
  const { authentication, rooms, publicPath } = deps

  router.get(API_PATHS.rooms, async (ctx) => {
    const actor = await authentication.getReader(ctx)
    ctx.body = await rooms.list(actor, parseQuery(ctx, listRoomsQuerySchema))
  })

  router.post(API_PATHS.rooms, async (ctx) => {
    const actor = await authentication.getWriter(ctx)
    const created = await rooms.create(actor, parseBody(ctx, createRoomRequestSchema))
    ctx.status = 201
    ctx.set('Location', publicPath + apiPath('room', { roomId: created.room.id }))
    answer(ctx, created)
  })

  router.get(API_PATHS.room, async (ctx) => {
    const actor = await authentication.getReader(ctx)
    answer(ctx, await rooms.get(actor, getRoomId(ctx)))
  })

  router.patch(API_PATHS.room, async (ctx) => {
    const actor = await authentication.getWriter(ctx)
    const patch = parseBody(ctx, updateRoomRequestSchema)
    answer(ctx, await rooms.update(actor, getRoomId(ctx), patch, findVersion(ctx)))
  })

  router.delete(API_PATHS.room, async (ctx) => {
    const actor = await authentication.getWriter(ctx)
    await rooms.delete(actor, getRoomId(ctx))
    ctx.status = 204
  })

  router.post(API_PATHS.restoreRoom, async (ctx) => {
    const actor = await authentication.getWriter(ctx)
    answer(ctx, await rooms.restore(actor, getRoomId(ctx)))
  })
}

function answer(ctx: Context, { room, version }: VersionedRoom): void {
  ctx.set('ETag', `"${version}"`)
  ctx.body = room
}

/** The version that `If-Match` insists on. A proxy that compresses may have made the tag a weak one. */
function findVersion(ctx: Context): number | undefined {
  const header = ctx.get('If-Match').trim()
  if (header === '' || header === '*') return undefined
  const version = /^(?:W\/)?"(\d+)"$/.exec(header)?.[1]
  if (version === undefined) throw new SketchRoomError('precondition_failed', 'If-Match names no version of the room.')
  return Number(version)
}
