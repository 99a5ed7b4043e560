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

/** Counts by client address or another key. */
export interface RateLimits {
  /** Counts one; throws `rate_limited` when that was too many. */
  take(ctx: Context, name: keyof HttpLimits, key?: string): Promise<void>
  /** Counts one, and says nothing of it to anybody; resolves false when that was too many. */
  count(name: keyof HttpLimits, key: string): Promise<boolean>
  /** Takes back one that turned out to be right. */
  giveBack(name: keyof HttpLimits, key: string): Promise<void>
}

/** What counts: of this process, or one that several instances share. */
export type Limiter = Pick<RateLimiterMemory, 'consume' | 'penalty' | 'reward'>

/** Makes what counts by this name. */
export type CreateLimiter = (name: keyof HttpLimits, limit: Limit) => Limiter

const createOwn: CreateLimiter = (_name, { points, seconds }) => new RateLimiterMemory({ points, duration: seconds })

/** Builds the counters. */
export function createRateLimits(limits: HttpLimits, create: CreateLimiter = createOwn): RateLimits {
  const limiters: Record<keyof HttpLimits, Limiter> = {
    guest: create('guest', limits.guest),
    credentials: create('credentials', limits.credentials),
    refresh: create('refresh', limits.refresh),
    failures: create('failures', limits.failures),
    addressFailures: create('addressFailures', limits.addressFailures),
    accountFailures: create('accountFailures', limits.accountFailures),
    failuresUnderAttack: create('failuresUnderAttack', limits.failuresUnderAttack),
    writes: create('writes', limits.writes),
    addressWrites: create('addressWrites', limits.addressWrites),
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
