import pLimit, { type LimitFunction } from 'p-limit'
import { addressKey } from '../client-address.ts'
import type { Tokens } from '../core/accounts/tokens.ts'
import type { AuthCookie } from './auth-cookies.ts'
import type { Context } from './context.ts'
import type { RateLimits } from './rate-limits.ts'

/** As long as a browser keeps a cookie. */
const DEVICE_MS = 400 * 24 * 60 * 60 * 1000
/** A check takes a tenth of a second of the one thread that there is for passwords: of so many, others wait. */
const CHECKS_AT_ONCE = 2

/** What proves that somebody has signed in on a device. */
export type Devices = Pick<Tokens, 'mintDevice' | 'findDevice'>

/**
 * Slows the guessing of passwords, and never by refusing the owner who comes from elsewhere (ADR 24): guesses count by
 * account and address together. Where the account is guessed at from many addresses, each has its few tries an hour
 * instead of a minute, and one that has not guessed yet still has them. A device on which somebody has signed in to the
 * account counts by itself, so that a guesser behind the same address does not lock them out either.
 */
export interface SignInLimits {
  /** Makes a new account; rejects with `rate_limited` before that when the address has had too many. */
  signUp(ctx: Context, email: string, signUp: () => Promise<void>): Promise<void>
  /** Tries a password; rejects with `rate_limited` before that when there were too many wrong ones. */
  signIn(ctx: Context, email: string, signIn: () => Promise<void>): Promise<void>
}

/** Builds the limits over the counters. `now` is in milliseconds since 1970. */
export function createSignInLimits(deps: {
  limits: RateLimits
  devices: Devices
  cookie: AuthCookie
  now: () => number
}): SignInLimits {
  const { limits, devices, cookie, now } = deps
  const turns = new Map<string, { readonly limit: LimitFunction; users: number }>()

  /** Who tries a hundred passwords at once waits in a line of their own, and not before everybody else. */
  async function inTurn(line: string, work: () => Promise<void>): Promise<void> {
    const turn = turns.get(line) ?? { limit: pLimit(CHECKS_AT_ONCE), users: 0 }
    turns.set(line, turn)
    turn.users += 1
    try {
      await turn.limit(work)
    } finally {
      turn.users -= 1
      if (turn.users === 0) turns.delete(line)
    }
  }

  const remember = (ctx: Context, email: string): void => cookie.set(ctx, devices.mintDevice(email), now() + DEVICE_MS)

  async function tryOnKnownDevice(ctx: Context, device: string, signIn: () => Promise<void>): Promise<void> {
    await limits.take(ctx, 'credentials', device)
    await limits.take(ctx, 'failures', device)
    await inTurn(`known device at ${addressKey(ctx.ip)}`, signIn)
    await limits.giveBack('failures', device)
  }

  async function tryElsewhere(ctx: Context, email: string, signIn: () => Promise<void>): Promise<void> {
    const address = addressKey(ctx.ip)
    const pair = `${address} ${email}`
    // Counted before the password is looked at, so that a thousand at once do not slip through together. An address
    // that nobody has is counted like any other, so that nothing here tells which accounts there are.
    await limits.take(ctx, 'credentials')
    await limits.take(ctx, 'failures', pair)
    await limits.take(ctx, 'addressFailures', address)
    if (await limits.count('accountFailures', email)) await limits.count('failuresUnderAttack', pair)
    else await limits.take(ctx, 'failuresUnderAttack', pair)
    await inTurn(address, signIn)
    await limits.giveBack('failures', pair)
    await limits.giveBack('addressFailures', address)
    await limits.giveBack('accountFailures', email)
    await limits.giveBack('failuresUnderAttack', pair)
  }

  return {
    async signUp(ctx, email, signUp) {
      await limits.take(ctx, 'credentials')
      await inTurn(addressKey(ctx.ip), signUp)
      remember(ctx, email)
    },

    async signIn(ctx, email, signIn) {
      const device = devices.findDevice(cookie.find(ctx) ?? '', email)
      if (device !== undefined) return await tryOnKnownDevice(ctx, device, signIn)
      await tryElsewhere(ctx, email, signIn)
      remember(ctx, email)
    },
  }
}
