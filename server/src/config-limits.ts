import { z } from 'zod'
import type { ReceiveLimits } from './http/http-listener.ts'
import type { HttpLimits } from './http/rate-limits.ts'

const countSchema = z.coerce.number().int().min(1)

/** The environment variables that say how much may be asked for over HTTP, and how slowly. */
export const limitsEnvironment = {
  // A page and a canvas keep a WebSocket and a few connections for files; 1,024 WebSockets may be open besides.
  MAX_CONNECTIONS_PER_ADDRESS: countSchema.default(2_048),
  // A head is a few packets.
  MAX_HEAD_SECONDS: countSchema.default(10),
  // A body of the largest size (256 KB) comes over a slow line in two minutes.
  MAX_REQUEST_SECONDS: countSchema.default(120),
  // A phone at the edge of its network has 2,000, and stands still for a while; who drips to hold a connection has one.
  MIN_BODY_BYTES_PER_SECOND: countSchema.default(512),
  // By address, and generous to a class of 30 that comes all at once from one.
  MAX_GUESTS_PER_MINUTE: countSchema.default(60),
  MAX_SIGN_INS_PER_MINUTE: countSchema.default(60),
  MAX_REFRESHES_PER_MINUTE: countSchema.default(300),
  // Who has forgotten which of three passwords it was gets in; a list of the usual thousand takes two hours.
  MAX_WRONG_PASSWORDS: countSchema.default(10),
  // A few of a class mistype. A guesser who tries one password at everybody's account has 28,800 a day.
  MAX_WRONG_PASSWORDS_PER_ADDRESS: countSchema.default(20),
  // Nobody mistypes that often: from here on, an address that guesses at the account has an hour for a minute's tries.
  MAX_WRONG_PASSWORDS_PER_ACCOUNT: countSchema.default(100),
  // On average over ten seconds, so that 50 at once are no more than somebody's list that is sorted out. A person with a
  // mouse does one in a second; a backend that makes a thousand boards waits for three minutes, as it is told to.
  MAX_WRITES_PER_SECOND: countSchema.default(5),
  // A class that begins at once makes 30 boards, and names and shares them.
  MAX_WRITES_PER_SECOND_PER_ADDRESS: countSchema.default(50),
  // Living boards that somebody made. Ten a day for a school year are 2,000 made, of which most are deleted again.
  MAX_ROOMS_PER_ACCOUNT: countSchema.default(1_000),
  // Fewer, since anybody may be any number of guests.
  MAX_ROOMS_PER_GUEST: countSchema.default(200),
}

type LimitsEnvironment = z.infer<z.ZodObject<typeof limitsEnvironment>>

/** How long what comes in over HTTP may take, as the environment says. */
export function toReceiveLimits(environment: LimitsEnvironment): ReceiveLimits {
  return {
    headMs: 1000 * environment.MAX_HEAD_SECONDS,
    requestMs: 1000 * environment.MAX_REQUEST_SECONDS,
    graceMs: 10_000,
    leastBytesPerSecond: environment.MIN_BODY_BYTES_PER_SECOND,
    checkEveryMs: 2_000,
  }
}

/** The limits of the HTTP side, as the environment says. */
export function toHttpLimits(environment: LimitsEnvironment): HttpLimits {
  const perMinute = (points: number) => ({ points, seconds: 60 })
  const overTenSeconds = (perSecond: number) => ({ points: 10 * perSecond, seconds: 10 })
  const perHour = (points: number) => ({ points, seconds: 3600 })
  return {
    guest: perMinute(environment.MAX_GUESTS_PER_MINUTE),
    credentials: perMinute(environment.MAX_SIGN_INS_PER_MINUTE),
    refresh: perMinute(environment.MAX_REFRESHES_PER_MINUTE),
    failures: perMinute(environment.MAX_WRONG_PASSWORDS),
    addressFailures: perMinute(environment.MAX_WRONG_PASSWORDS_PER_ADDRESS),
    accountFailures: perHour(environment.MAX_WRONG_PASSWORDS_PER_ACCOUNT),
    failuresUnderAttack: perHour(environment.MAX_WRONG_PASSWORDS),
    writes: overTenSeconds(environment.MAX_WRITES_PER_SECOND),
    addressWrites: overTenSeconds(environment.MAX_WRITES_PER_SECOND_PER_ADDRESS),
  }
}
