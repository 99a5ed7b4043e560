import type { Router } from '@koa/router'
import {
  guestRequestSchema,
  refreshRequestSchema,
  signinRequestSchema,
  signupRequestSchema,
  type SignedIn,
} from '@sketchroom/shared/api/auth'
import { API_PATHS } from '@sketchroom/shared/api/paths'
import type { Accounts, Credentials, SignIn } from '../../core/accounts/accounts.ts'
import { SketchRoomError } from '../../errors.ts'
import { findBearer } from '../authentication.ts'
import type { Context, RequestState } from '../context.ts'
import type { RateLimits } from '../rate-limits.ts'
import type { RefreshCookie } from '../refresh-cookie.ts'
import { findIdempotencyKey, parseBody } from '../validation.ts'

/** `/auth`: coming in, staying in, going out. */
export function addAuthRoutes(
  router: Router<RequestState>,
  { accounts, limits, cookie }: { accounts: Accounts; limits: RateLimits; cookie: RefreshCookie },
): void {
  const credentialsOf = (ctx: Context): Credentials => ({
    accessToken: findBearer(ctx),
    refreshToken: cookie.find(ctx),
  })

  /** The refresh token goes back the way it came: in the body only to those who keep it themselves. */
  function answer(ctx: Context, status: number, signIn: SignIn, via: 'cookie' | 'body' = 'cookie'): void {
    const { user, accessToken, expiresInSeconds, refreshToken, refreshExpiresAt } = signIn
    if (via === 'cookie') cookie.set(ctx, refreshToken, refreshExpiresAt)
    const body: SignedIn = { user, accessToken, expiresInSeconds, ...(via === 'body' && { refreshToken }) }
    ctx.status = status
    ctx.body = body
  }

  router.post(API_PATHS.guest, async (ctx) => {
    await limits.take(ctx, 'guest')
    const { name } = parseBody(ctx, guestRequestSchema)
    answer(ctx, 201, await accounts.guest(name))
  })

  router.post(API_PATHS.signup, async (ctx) => {
    await limits.take(ctx, 'credentials')
    answer(ctx, 201, await accounts.signup(parseBody(ctx, signupRequestSchema), credentialsOf(ctx)))
  })

  router.post(API_PATHS.signin, async (ctx) => {
    await limits.take(ctx, 'credentials')
    const account = parseBody(ctx, signinRequestSchema)
    // Counted before the password is looked at, so that a thousand at once do not slip through together.
    await limits.take(ctx, 'failures', account.email)
    const signIn = await accounts.signin(account, credentialsOf(ctx))
    await limits.giveBack('failures', account.email)
    answer(ctx, 200, signIn)
  })

  router.post(API_PATHS.refresh, async (ctx) => {
    await limits.take(ctx, 'refresh')
    const { refreshToken } = parseBody(ctx, refreshRequestSchema)
    const presented = refreshToken ?? cookie.find(ctx)
    if (!presented) throw new SketchRoomError('unauthenticated', 'There is no refresh token.')
    answer(ctx, 200, await accounts.refresh(presented, findIdempotencyKey(ctx)), refreshToken ? 'body' : 'cookie')
  })

  router.post(API_PATHS.signout, async (ctx) => {
    const { refreshToken } = parseBody(ctx, refreshRequestSchema)
    const current = credentialsOf(ctx)
    await accounts.signout({ ...current, refreshToken: refreshToken ?? current.refreshToken })
    cookie.clear(ctx)
    ctx.status = 204
  })
}
