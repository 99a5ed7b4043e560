import type { Accounts } from '../core/accounts/accounts.ts'
import type { UserActor } from '../core/accounts/actor.ts'
import { SketchRoomError } from '../errors.ts'
import type { Context } from './context.ts'

/** The token of `Authorization: Bearer`; undefined without one. */
export function findBearer(ctx: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(ctx.get('Authorization'))?.[1]
}

/** Who asks over REST. A room token opens the drawing, so here it is `forbidden`, whatever the room. */
export async function getUserActor(ctx: Context, accounts: Accounts): Promise<UserActor> {
  const token = findBearer(ctx)
  if (token === undefined) throw new SketchRoomError('unauthenticated', 'This needs an access token.')
  const actor = await accounts.authenticate(token)
  if (actor.kind !== 'user') throw new SketchRoomError('forbidden', 'A room token opens only the drawing.')
  return actor
}
