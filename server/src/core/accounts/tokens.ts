import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { roomIdSchema, sessionIdSchema, userIdSchema, type SessionId, type UserId } from '@sketchroom/shared/ids'
import { z } from 'zod'
import { SketchRoomError } from '../../errors.ts'
import { isHostUserOf, type Actor, type RoomTokenActor } from './actor.ts'

/** How long an access token lives; its session is asked at each use besides. */
export const ACCESS_TOKEN_SECONDS = 600

const ISSUER = 'sketchroom'
const ACCESS_AUDIENCE = 'sketchroom:access'
const ROOM_AUDIENCE = 'sketchroom:room'

const claimsSchema = z.discriminatedUnion('aud', [
  z.object({ aud: z.literal(ACCESS_AUDIENCE), sub: userIdSchema, sid: sessionIdSchema, exp: z.int() }),
  z.object({
    aud: z.literal(ROOM_AUDIENCE),
    sub: userIdSchema,
    name: z.string(),
    color: z.string(),
    role: z.enum(['viewer', 'editor']),
    room: roomIdSchema,
    origins: z.array(z.string()),
    by: userIdSchema,
    exp: z.int(),
  }),
])

/** What a room token is minted from; it lives `ttlSeconds`. */
export type RoomTokenClaims = Omit<RoomTokenActor, 'kind' | 'expiresAt'> & { readonly ttlSeconds: number }

/** Mints and verifies the JWTs that actors show, and what refresh tokens are made of. */
export interface Tokens {
  /** An access token for a signed-in person, good for `ACCESS_TOKEN_SECONDS`. */
  mintAccess(userId: UserId, sessionId: SessionId): string
  /** A token that lets a host's user into one room; `expiresAt` is in milliseconds since 1970. */
  mintRoom(claims: RoomTokenClaims): { token: string; expiresAt: number }
  /**
   * A refresh token of a session, `sessionId.secret.time.seal`: the seal proves that it was made here. `at` is in milliseconds
   * since 1970; without it, the token is as earlier versions made it.
   */
  mintRefresh(sessionId: SessionId, secret: Buffer, at?: number): string
  /** What a refresh token was minted for, by now perhaps traded or ended, and when; undefined for one not made here. */
  readRefresh(refreshToken: string): { sessionId: SessionId; at: number | undefined } | undefined
  /**
   * The secret of the refresh token that follows this one in an attempt with this key: the same each time, and
   * known to nobody who lacks our secret, whatever else they know.
   */
  deriveRefreshSecret(refreshToken: string, attemptKey: string): Buffer
  /** What a device keeps to show later that somebody has signed in on it to this account. */
  mintDevice(email: string): string
  /** Names the device, when somebody has signed in on it to this account; undefined for a forged or another's proof. */
  findDevice(device: string, email: string): string | undefined
  /** The actor that a token speaks for; throws `unauthenticated` for anything but a valid one of ours. */
  verify(token: string): Actor
}

/** Makes and checks tokens with one secret, by HS256 only. `now` is in milliseconds since 1970. */
export function createTokens({ secret, now }: { secret: string; now: () => number }): Tokens {
  // Given a string, `jsonwebtoken` takes it for a public key at each call first, which costs half a millisecond.
  const key = createSecretKey(secret, 'utf8')
  // A line break is in no JWT, so that what is made of lines is never a signature of ours, nor the other way round.
  const hmac = (lines: string): Buffer => createHmac('sha256', key).update(lines).digest()
  const seal = (text: string): string => `${text}.${hmac(`seal\n${text}`).toString('base64url')}`

  const deviceSeal = (nonce: string, email: string): string =>
    `${nonce}.${hmac(`device\n${nonce}\n${email}`).toString('base64url')}`

  function sign(claims: Record<string, unknown>, ttlSeconds: number): { token: string; expiresAt: number } {
    const iat = Math.floor(now() / 1000)
    const exp = iat + ttlSeconds
    const token = jwt.sign({ ...claims, iss: ISSUER, iat, exp }, key, { algorithm: 'HS256' })
    return { token, expiresAt: exp * 1000 }
  }

  return {
    mintAccess: (userId, sessionId) =>
      sign({ aud: ACCESS_AUDIENCE, sub: userId, sid: sessionId }, ACCESS_TOKEN_SECONDS).token,

    mintRoom: ({ userId, name, color, role, roomId, origins, mintedBy, ttlSeconds }) =>
      sign({ aud: ROOM_AUDIENCE, sub: userId, name, color, role, room: roomId, origins, by: mintedBy }, ttlSeconds),

    mintRefresh: (sessionId, refreshSecret, at) =>
      seal([sessionId, refreshSecret.toString('base64url'), ...(at === undefined ? [] : [at])].join('.')),

    readRefresh(refreshToken) {
      const sealed = seal(refreshToken.slice(0, Math.max(0, refreshToken.lastIndexOf('.'))))
      if (!isSame(refreshToken, sealed)) return undefined
      const [sessionId, , at, itsSeal] = refreshToken.split('.')
      return { sessionId: sessionIdSchema.parse(sessionId), at: itsSeal === undefined ? undefined : Number(at) }
    },

    deriveRefreshSecret: (refreshToken, attemptKey) => hmac(`refresh\n${refreshToken}\n${attemptKey}`),

    mintDevice: (email) => deviceSeal(randomBytes(16).toString('base64url'), email),

    findDevice(device, email) {
      const nonce = device.slice(0, Math.max(0, device.indexOf('.')))
      return isSame(device, deviceSeal(nonce, email)) ? nonce : undefined
    },

    verify(token) {
      try {
        const claims = claimsSchema.parse(
          jwt.verify(token, key, {
            algorithms: ['HS256'],
            issuer: ISSUER,
            audience: [ACCESS_AUDIENCE, ROOM_AUDIENCE],
            clockTimestamp: Math.floor(now() / 1000),
          }),
        )
        const expiresAt = claims.exp * 1000
        if (claims.aud === ACCESS_AUDIENCE) {
          return { kind: 'user', userId: claims.sub, sessionId: claims.sid, expiresAt }
        }
        const { sub: userId, name, color, role, room: roomId, origins, by: mintedBy } = claims
        if (!isHostUserOf(mintedBy, userId)) throw new Error('the token speaks for nobody of who minted it')
        return { kind: 'room-token', userId, name, color, role, roomId, origins, mintedBy, expiresAt }
      } catch (cause) {
        throw new SketchRoomError('unauthenticated', 'The token is not valid or has expired.', { cause })
      }
    },
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
