import type { SessionId, UserId } from '@sketchroom/shared/ids'
import type { PurgedSlice, PurgeSlice } from './purge-slice.ts'

/** A person as stored. Times are milliseconds since 1970. */
export interface UserRecord {
  readonly id: UserId
  readonly name: string
  /** Lower case; null for a guest. */
  readonly email: string | null
  readonly passwordHash: string | null
  readonly createdAt: number
}

/** One sign-in. Its refresh tokens rotate; only the hash of the current one is stored. */
export interface SessionRecord {
  readonly id: SessionId
  readonly userId: UserId
  /** SHA-256 of the refresh token that is valid now, base64url. */
  readonly refreshHash: string
  readonly createdAt: number
  readonly expiresAt: number
  /** When the refresh token last rotated; null while it is the first. */
  readonly rotatedAt: number | null
  readonly revokedAt: number | null
}

/** What a rotation leaves in a session. */
export type Rotation = Pick<SessionRecord, 'refreshHash' | 'expiresAt'> & { readonly rotatedAt: number }

/** Where people and their sign-ins live. The rules [AS1] to [AS7] are tested by `accounts-store.contract.ts`. */
export interface AccountsStore {
  /** [AS1] Rejects with `email_taken` when somebody has the e-mail address. */
  createUser(user: UserRecord): Promise<void>
  findUser(id: UserId): Promise<UserRecord | undefined>
  findUserByEmail(email: string): Promise<UserRecord | undefined>
  findUsers(ids: readonly UserId[]): Promise<UserRecord[]>
  /** [AS2] Changes the given fields. */
  updateUser(id: UserId, changes: Pick<UserRecord, 'name'>): Promise<void>
  /**
   * [AS3] Makes a guest an account that keeps its id; resolves false, changing nothing, when the person is
   * no guest (any more). Rejects with `email_taken`. Of parallel calls for one guest, one wins.
   */
  upgradeGuest(id: UserId, account: { name: string; email: string; passwordHash: string }): Promise<boolean>
  createSession(session: SessionRecord): Promise<void>
  findSession(id: SessionId): Promise<SessionRecord | undefined>
  /**
   * [AS4] Replaces the refresh hash if it is still `expected` and the session is not revoked; resolves false otherwise.
   * Of any number of parallel calls with one `expected`, exactly one wins.
   */
  rotateSession(id: SessionId, expected: string, next: Rotation): Promise<boolean>
  /** [AS5] Ends the session; the time of the first call stays. */
  revokeSession(id: SessionId, at: number): Promise<void>
  /** [AS6] Takes away sessions that ended, revoked or expired, before `endedBefore`. */
  purgeSessions(endedBefore: number, slice: PurgeSlice): Promise<PurgedSlice>
  /**
   * [AS7] Takes away guests who cannot come back and leave nothing behind: created before `createdBefore`, with no
   * session (not even one that ended) and no role of their own in any room, deleted rooms included. Looked at
   * again in the moment of deletion: who has signed in or was given a role meanwhile stays.
   */
  purgeGuests(createdBefore: number, slice: PurgeSlice): Promise<PurgedSlice>
}
