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
  /** `sessionId.secret.time.seal`, the secret having 256 bits. */
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
   * may be repeated within thirty days, while the token it was answered with is unused: the answer is the same. One that was
   * minted after what is stored was not used before: the database was taken back to an earlier state, as by a restore.
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

  /**
   * The session that the token was made for, and the hash that has to be in it for the token to be good: who only knows a
   * session's id can neither refresh nor end it.
   */
  async function findFamily(refreshToken: string) {
    const minted = tokens.readRefresh(refreshToken)
    const session = minted && (await store.findSession(minted.sessionId))
    if (!session) return undefined
    const { at = 0 } = minted
    const isLater = at > (session.rotatedAt ?? session.createdAt)
    return { session, at, neededHash: isLater ? session.refreshHash : hashOf(refreshToken) }
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
      const [id, createdAt] = [sessionIdSchema.parse(nanoid()), now()]
      const grant = {
        sessionId: id,
        refreshToken: tokens.mintRefresh(id, randomBytes(32), createdAt),
        refreshExpiresAt: expiryFor(user),
      }
      await store.createSession({
        id,
        userId: user.id,
        refreshHash: hashOf(grant.refreshToken),
        createdAt,
        expiresAt: grant.refreshExpiresAt,
        rotatedAt: null,
        revokedAt: null,
      })
      return grant
    },

    async refresh(refreshToken, attemptKey) {
      const family = await findFamily(refreshToken)
      const user = family && isLive(family.session) ? await store.findUser(family.session.userId) : undefined
      if (!family || !user) throw new SketchRoomError('unauthenticated', 'Sign in again.')
      const sessionId = family.session.id
      const secret = attemptKey === undefined ? randomBytes(32) : tokens.deriveRefreshSecret(refreshToken, attemptKey)
      const mintNext = (at?: number) => tokens.mintRefresh(sessionId, secret, at)
      // In a family, later is later, whichever instance's clock is behind.
      const rotatedAt = Math.max(now(), family.at + 1)
      const next = mintNext(rotatedAt)
      const rotation = { refreshHash: hashOf(next), expiresAt: expiryFor(user), rotatedAt }
      if (await store.rotateSession(sessionId, family.neededHash, rotation)) {
        return { user, grant: { sessionId, refreshToken: next, refreshExpiresAt: rotation.expiresAt } }
      }
      const rotated = await store.findSession(sessionId)
      // It may have been traded by an earlier version, just before that was stopped.
      const repeated = [mintNext(rotated?.rotatedAt ?? undefined), mintNext()].find(
        (each) => rotated && isRepeated(rotated, each),
      )
      if (rotated && repeated !== undefined) {
        return { user, grant: { sessionId, refreshToken: repeated, refreshExpiresAt: rotated.expiresAt } }
      }
      await revoke(sessionId)
      throw new SketchRoomError('refresh_reused', 'This refresh token was used before. Sign in again.')
    },

    async findByRefreshToken(refreshToken) {
      const family = await findFamily(refreshToken)
      const isCurrent = family && isLive(family.session) && family.session.refreshHash === family.neededHash
      return isCurrent ? family.session : undefined
    },

    async revokeFamily(refreshToken) {
      const family = await findFamily(refreshToken)
      if (family) await revoke(family.session.id)
    },
  }
}

/** The secret has 256 bits of its own, so a plain hash is enough. */
function hashOf(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('base64url')
}
