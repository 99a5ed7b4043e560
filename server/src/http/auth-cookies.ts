import { API_PREFIX } from '@sketchroom/shared/api/paths'
import { publicPath } from '../public-path.ts'
import type { Context } from './context.ts'

/** A cookie that no script can read, and that only our sign-in routes are sent: none of another server beside us. */
export interface AuthCookie {
  find(ctx: Context): string | undefined
  /** `expiresAt` is in milliseconds since 1970. */
  set(ctx: Context, value: string, expiresAt: number): void
  clear(ctx: Context): void
}

/** What browsers keep for signing in. */
export interface AuthCookies {
  /** The refresh token. */
  readonly refresh: AuthCookie
  /** Proof that somebody has signed in on this device before. It outlives a sign-out, and names nobody. */
  readonly device: AuthCookie
}

/** Builds the cookies; they are `Secure` when people reach us by https. */
export function createAuthCookies(publicUrl: URL): AuthCookies {
  const secure = publicUrl.protocol === 'https:' ? '; Secure' : ''
  const path = `${publicPath(publicUrl)}${API_PREFIX}/auth`
  return {
    refresh: createCookie('sketchroom_refresh', path, secure),
    device: createCookie('sketchroom_device', path, secure),
  }
}

function createCookie(name: string, path: string, secure: string): AuthCookie {
  // Written by hand: Koa refuses a Secure cookie on the plain connection behind a proxy that ends TLS.
  const write = (ctx: Context, value: string, expiresAt: number): void => {
    const expires = new Date(expiresAt).toUTCString()
    ctx.append('Set-Cookie', `${name}=${value}; Path=${path}; Expires=${expires}; HttpOnly; SameSite=Strict${secure}`)
  }
  return {
    find: (ctx) => ctx.cookies.get(name),
    set: write,
    clear: (ctx) => write(ctx, '', 0),
  }
}
