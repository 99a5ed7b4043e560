import { createHash } from 'node:crypto'
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type IRateLimiterOptions,
  type RateLimiterRes,
} from 'rate-limiter-flexible'

/** A counter that all instances share; while Redis is away, each counts by itself. */
export function createRedisLimiter(client: object, prefix: string, options: IRateLimiterOptions) {
  const limiter = new RateLimiterRedis({
    ...options,
    storeClient: client,
    keyPrefix: prefix,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(options),
  })
  return {
    consume: (key: string): Promise<RateLimiterRes> => limiter.consume(hashOf(key)),
    penalty: (key: string): Promise<RateLimiterRes> => limiter.penalty(hashOf(key)),
    reward: (key: string): Promise<RateLimiterRes> => limiter.reward(hashOf(key)),
  }
}

/** Among what is counted are addresses of people: not in plain words, though whoever tries all of them can find them. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
