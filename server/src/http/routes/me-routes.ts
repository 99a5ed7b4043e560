import type { Router } from '@koa/router'
import { updateMeRequestSchema } from '@sketchroom/shared/api/auth'
import { API_PATHS } from '@sketchroom/shared/api/paths'
import type { Accounts } from '../../core/accounts/accounts.ts'
import type { Authentication } from '../authentication.ts'
import type { RequestState } from '../context.ts'
import { parseBody } from '../validation.ts'

/** `/me`: the signed-in person. */
export function addMeRoutes(
  router: Router<RequestState>,
  { accounts, authentication }: { accounts: Accounts; authentication: Authentication },
): void {
  router.get(API_PATHS.me, async (ctx) => {
    ctx.body = await accounts.me(await authentication.getReader(ctx))
  })

  router.patch(API_PATHS.me, async (ctx) => {
    const actor = await authentication.getWriter(ctx)
    ctx.body = await accounts.updateMe(actor, parseBody(ctx, updateMeRequestSchema))
  })
}
