import type { Accounts } from '../core/accounts/accounts.ts'
import type { UserActor } from '../core/accounts/actor.ts'
import { SketchRoomError } from '../errors.ts'
import type { Context } from './context.ts'
import type { RateLimits } from './rate-limits.ts'

/** Who asks over REST. A room token opens the drawing, so here it is `forbidden`, whatever the room. */
export interface Authentication {
  getReader(ctx: Context): Promise<UserActor>
  /** The same for a request that changes what is stored. Those are counted, by address and by person. */
  getWriter(ctx: Context): Promise<UserActor>
}

/** The token of `Authorization: Bearer`; undefined without one. */
export function findBearer(ctx: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(ctx.get('Authorization'))?.[1]
}

/** Builds the authentication of requests over the accounts and the counters. */
export function createAuthentication(deps: {
  accounts: Pick<Accounts, 'authenticate'>
  limits: RateLimits
}): Authentication {
  const { accounts, limits } = deps

  async function getReader(ctx: Context): Promise<UserActor> {
    const token = findBearer(ctx)
    if (token === undefined) throw new SketchRoomError('unauthenticated', 'This needs an access token.')
    const actor = await accounts.authenticate(token)
    if (actor.kind !== 'user') throw new SketchRoomError('forbidden', 'A room token opens only the drawing.')
    return actor
  }

  return {
    getReader,
    async getWriter(ctx) {
      // Before the store is asked who it is, which costs as much as a small write.
      await limits.take(ctx, 'addressWrites')
      const actor = await getReader(ctx)
      await limits.take(ctx, 'writes', actor.userId)
      return actor
    },
  }
}
