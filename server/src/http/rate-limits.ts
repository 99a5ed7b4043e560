import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { addressKey } from '../client-address.ts'
import { SketchRoomError } from '../errors.ts'
import type { Context } from './context.ts'

/** How often something may happen for one key. */
export interface Limit {
  readonly points: number
  readonly seconds: number
}

/** How often one person or address may ask for what costs much or gives entry. */
export interface HttpLimits {
  /** New guests, by client address. */
  readonly guest: Limit
  /** Sign-ups and sign-ins together, by client address. */
  readonly credentials: Limit
  readonly refresh: Limit
  /** Failed sign-ins at one account from one address. */
  readonly failures: Limit
  /** Failed sign-ins from one address, at whatever accounts. */
  readonly addressFailures: Limit
  /** Failed sign-ins at one account, from wherever. More than that is an attack, and it refuses nobody by itself. */
  readonly accountFailures: Limit
  /** Failed sign-ins at one account from one address, while that account is attacked. */
  readonly failuresUnderAttack: Limit
  /** Requests of one person that change what is stored. */
  readonly writes: Limit
  /** The same from one address. */
  readonly addressWrites: Limit
}

/** Counts by client address or another key, in this process. */
export interface RateLimits {
  /** Counts one; throws `rate_limited` when that was too many. */
  take(ctx: Context, name: keyof HttpLimits, key?: string): Promise<void>
  /** Counts one, and says nothing of it to anybody; resolves false when that was too many. */
  count(name: keyof HttpLimits, key: string): Promise<boolean>
  /** Takes back one that turned out to be right. */
  giveBack(name: keyof HttpLimits, key: string): Promise<void>
}

/** Builds the counters. */
export function createRateLimits(limits: HttpLimits): RateLimits {
  const create = ({ points, seconds }: Limit) => new RateLimiterMemory({ points, duration: seconds })
  const limiters: Record<keyof HttpLimits, RateLimiterMemory> = {
    guest: create(limits.guest),
    credentials: create(limits.credentials),
    refresh: create(limits.refresh),
    failures: create(limits.failures),
    addressFailures: create(limits.addressFailures),
    accountFailures: create(limits.accountFailures),
    failuresUnderAttack: create(limits.failuresUnderAttack),
    writes: create(limits.writes),
    addressWrites: create(limits.addressWrites),
  }
  return {
    async take(ctx, name, key = addressKey(ctx.ip)) {
      const { points, seconds } = limits[name]
      ctx.append('RateLimit-Policy', `"${name}";q=${points};w=${seconds}`)
      try {
        setRateLimit(ctx, name, await limiters[name].consume(key))
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused
        setRateLimit(ctx, name, refused)
        ctx.set('Retry-After', String(secondsLeft(refused)))
        throw new SketchRoomError('rate_limited', `Try again in ${secondsLeft(refused)} seconds.`)
      }
    },
    async count(name, key) {
      const { consumedPoints } = await limiters[name].penalty(key)
      return consumedPoints <= limits[name].points
    },
    async giveBack(name, key) {
      await limiters[name].reward(key)
    },
  }
}

function setRateLimit(ctx: Context, name: string, state: RateLimiterRes): void {
  ctx.append('RateLimit', `"${name}";r=${state.remainingPoints};t=${secondsLeft(state)}`)
}

function secondsLeft({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000))
}
