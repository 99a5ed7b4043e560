import type { SessionId, UserId } from '@sketchroom/shared/ids'

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
  readonly revokedAt: number | null
}

/** Where people and their sign-ins live. */
export interface AccountsStore {
  /** Rejects with `email_taken` when somebody has the e-mail address. */
  createUser(user: UserRecord): Promise<void>
  findUser(id: UserId): Promise<UserRecord | undefined>
  findUserByEmail(email: string): Promise<UserRecord | undefined>
  findUsers(ids: readonly UserId[]): Promise<UserRecord[]>
  /** Changes the given fields; rejects with `email_taken` when somebody else has the address. */
  updateUser(id: UserId, changes: Partial<Pick<UserRecord, 'name' | 'email' | 'passwordHash'>>): Promise<void>
  createSession(session: SessionRecord): Promise<void>
  findSession(id: SessionId): Promise<SessionRecord | undefined>
  /**
   * Replaces the refresh hash if it is still `expected` and the session lives; resolves false otherwise.
   * Of any number of parallel calls with one `expected`, exactly one wins.
   */
  rotateSession(id: SessionId, expected: string, next: string, expiresAt: number): Promise<boolean>
  revokeSession(id: SessionId, at: number): Promise<void>
}
