import { createHash, randomBytes } from 'node:crypto'
import { sessionIdSchema, type SessionId } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore, SessionRecord, UserRecord } from '../../ports/accounts-store.ts'
import type { EventBus } from '../events.ts'
import type { Tokens } from './tokens.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const SESSION_MS = 30 * DAY_MS
/** A guest has no password to come back with, so their sign-in lasts as long as a browser keeps a cookie. */
const GUEST_SESSION_MS = 400 * DAY_MS

/** How long an attempt to refresh whose answer was lost can be made again. */
const REPEAT_MS = 30 * DAY_MS

/** A sign-in and its refresh token, which is known only here and to whom it is given. */
export interface RefreshGrant {
  readonly sessionId: SessionId
  /** `sessionId.secret.seal`, the secret having 256 bits. */
  readonly refreshToken: string
  /** When the sign-in ends unless it is refreshed, in milliseconds since 1970. */
  readonly refreshExpiresAt: number
}

/** The families of refresh tokens. */
export interface Sessions {
  open(user: UserRecord): Promise<RefreshGrant>
  /**
   * Trades a refresh token for the next of its family. One that was traded before, by whomever, ends the
   * whole family with `refresh_reused`, because one of the two who have it stole it. An attempt with a key
   * may be repeated within thirty days, while the token it was answered with is unused: the answer is the same.
   */
  refresh(refreshToken: string, attemptKey?: string): Promise<{ user: UserRecord; grant: RefreshGrant }>
  /** The session whose current refresh token this is; undefined for an old, ended or foreign one. */
  findByRefreshToken(refreshToken: string): Promise<SessionRecord | undefined>
  /** Whether the session is neither revoked nor over. */
  isLive(session: SessionRecord): boolean
  /** Ends the family that a refresh token belongs to, old tokens included. */
  revokeFamily(refreshToken: string): Promise<void>
  revoke(sessionId: SessionId): Promise<void>
}

/** Opens, rotates and ends sign-ins. `now` is in milliseconds since 1970. */
export function createSessions(deps: {
  store: AccountsStore
  tokens: Tokens
  events: EventBus
  now: () => number
}): Sessions {
  const { store, tokens, events, now } = deps

  const isLive = (session: SessionRecord): boolean => session.revokedAt === null && session.expiresAt > now()
  const expiryFor = (user: UserRecord): number => now() + (user.email === null ? GUEST_SESSION_MS : SESSION_MS)

  /** Whether the rotation to this very token is done, not long ago, and the last one there was. */
  const isRepeated = (session: SessionRecord, next: string): boolean =>
    isLive(session) && session.refreshHash === hashOf(next) && now() - (session.rotatedAt ?? 0) <= REPEAT_MS

  /** The session that the token was made for: who only knows a session's id can neither refresh nor end it. */
  async function findFamily(refreshToken: string): Promise<SessionRecord | undefined> {
    const id = tokens.findRefreshSession(refreshToken)
    return id && (await store.findSession(id))
  }

  async function revoke(sessionId: SessionId): Promise<void> {
    try {
      await store.revokeSession(sessionId, now())
    } finally {
      // Also when only the answer was lost: somebody asked for the end of it.
      events.emit('sessionRevoked', sessionId)
    }
  }

  return {
    isLive,
    revoke,

    async open(user) {
      const id = sessionIdSchema.parse(nanoid())
      const grant = {
        sessionId: id,
        refreshToken: tokens.mintRefresh(id, randomBytes(32)),
        refreshExpiresAt: expiryFor(user),
      }
      await store.createSession({
        id,
        userId: user.id,
        refreshHash: hashOf(grant.refreshToken),
        createdAt: now(),
        expiresAt: grant.refreshExpiresAt,
        rotatedAt: null,
        revokedAt: null,
      })
      return grant
    },

    async refresh(refreshToken, attemptKey) {
      const session = await findFamily(refreshToken)
      const user = session && isLive(session) ? await store.findUser(session.userId) : undefined
      if (!session || !user) throw new SketchRoomError('unauthenticated', 'Sign in again.')
      const { id: sessionId } = session
      const secret = attemptKey === undefined ? randomBytes(32) : tokens.deriveRefreshSecret(refreshToken, attemptKey)
      const next = tokens.mintRefresh(sessionId, secret)
      const rotation = { refreshHash: hashOf(next), expiresAt: expiryFor(user), rotatedAt: now() }
      if (await store.rotateSession(sessionId, hashOf(refreshToken), rotation)) {
        return { user, grant: { sessionId, refreshToken: next, refreshExpiresAt: rotation.expiresAt } }
      }
      const rotated = await store.findSession(sessionId)
      if (rotated && isRepeated(rotated, next)) {
        return { user, grant: { sessionId, refreshToken: next, refreshExpiresAt: rotated.expiresAt } }
      }
      await revoke(sessionId)
      throw new SketchRoomError('refresh_reused', 'This refresh token was used before. Sign in again.')
    },

    async findByRefreshToken(refreshToken) {
      const session = await findFamily(refreshToken)
      return session && isLive(session) && session.refreshHash === hashOf(refreshToken) ? session : undefined
    },

    async revokeFamily(refreshToken) {
      const session = await findFamily(refreshToken)
      if (session) await revoke(session.id)
    },
  }
}

/** The secret has 256 bits of its own, so a plain hash is enough. */
function hashOf(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('base64url')
}
