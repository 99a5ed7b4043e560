import { API_PREFIX } from '@sketchroom/shared/api/paths'
import type { Context } from './context.ts'

const NAME = 'sketchroom_refresh'

/** Keeps the refresh token where no script can read it, and only our sign-in routes are sent it. */
export interface RefreshCookie {
  find(ctx: Context): string | undefined
  /** `expiresAt` is in milliseconds since 1970. */
  set(ctx: Context, refreshToken: string, expiresAt: number): void
  clear(ctx: Context): void
}

/** Builds the cookie; it is `Secure` when people reach us by https. */
export function createRefreshCookie(publicUrl: URL): RefreshCookie {
  const secure = publicUrl.protocol === 'https:' ? '; Secure' : ''
  // Written by hand: Koa refuses a Secure cookie on the plain connection behind a proxy that ends TLS.
  const write = (ctx: Context, value: string, expiresAt: number): void => {
    const expires = new Date(expiresAt).toUTCString()
    ctx.append(
      'Set-Cookie',
      `${NAME}=${value}; Path=${API_PREFIX}/auth; Expires=${expires}; HttpOnly; SameSite=Strict${secure}`,
    )
  }
  return {
    find: (ctx) => ctx.cookies.get(NAME),
    set: write,
    clear: (ctx) => write(ctx, '', 0),
  }
}
