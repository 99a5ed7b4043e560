import { SketchRoomError } from '../errors.ts'
import type { Middleware } from './context.ts'

/** Refuses every request from an address that an administrator has blocked: pages and files, too. */
export function refuseBlocked(isBlocked: (ip: string) => boolean): Middleware {
  return async (ctx, next) => {
    if (isBlocked(ctx.ip)) {
      throw new SketchRoomError(
        'address_blocked',
        'Whoever runs this server has blocked the address that you come from.',
      )
    }
    await next()
  }
}
