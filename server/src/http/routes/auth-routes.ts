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
import type { AuthCookies } from '../auth-cookies.ts'
import type { Context, RequestState } from '../context.ts'
import type { RateLimits } from '../rate-limits.ts'
import type { SignInLimits } from '../sign-in-limits.ts'
import { findIdempotencyKey, parseBody } from '../validation.ts'

/** `/auth`: coming in, staying in, going out. */
export function addAuthRoutes(
  router: Router<RequestState>,
  deps: { accounts: Accounts; limits: RateLimits; signInLimits: SignInLimits; cookies: AuthCookies },
): void {
  const { accounts, limits, signInLimits, cookies } = deps
  const cookie = cookies.refresh

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

  router.get(API_PATHS.auth, (ctx) => {
    ctx.body = accounts.policy
  })

  router.post(API_PATHS.guest, async (ctx) => {
    await limits.take(ctx, 'guest')
    const { name } = parseBody(ctx, guestRequestSchema)
    answer(ctx, 201, await accounts.guest(name))
  })

  router.post(API_PATHS.signup, async (ctx) => {
    const account = parseBody(ctx, signupRequestSchema)
    await signInLimits.signUp(ctx, account.email, async () => {
      answer(ctx, 201, await accounts.signup(account, credentialsOf(ctx)))
    })
  })

  router.post(API_PATHS.signin, async (ctx) => {
    const account = parseBody(ctx, signinRequestSchema)
    await signInLimits.signIn(ctx, account.email, async () => {
      answer(ctx, 200, await accounts.signin(account, credentialsOf(ctx)))
    })
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
