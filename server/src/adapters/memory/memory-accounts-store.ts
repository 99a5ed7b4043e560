import type { SessionId, UserId } from '@sketchroom/shared/ids'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore, Rotation, SessionRecord, UserRecord } from '../../ports/accounts-store.ts'
import type { PurgedSlice, PurgeSlice } from '../../ports/purge-slice.ts'
import { purgeIds } from './purge-ids.ts'

/** People and sign-ins for as long as the process lives: for tests. */
export class MemoryAccountsStore implements AccountsStore {
  readonly #users = new Map<UserId, UserRecord>()
  readonly #sessions = new Map<SessionId, SessionRecord>()
  readonly #hasRole: (id: UserId) => boolean

  /** Tables of one database see each other; this store must be told who has a role in a room. */
  constructor(rooms: { hasRole(id: UserId): boolean } = { hasRole: () => true }) {
    this.#hasRole = (id) => rooms.hasRole(id)
  }

  async createUser(user: UserRecord): Promise<void> {
    this.#claimEmail(user.email)
    this.#users.set(user.id, user)
  }

  async findUser(id: UserId): Promise<UserRecord | undefined> {
    return this.#users.get(id)
  }

  async findUserByEmail(email: string): Promise<UserRecord | undefined> {
    return [...this.#users.values()].find((user) => user.email === email)
  }

  async findUsers(ids: readonly UserId[]): Promise<UserRecord[]> {
    return [...new Set(ids)].flatMap((id) => this.#users.get(id) ?? [])
  }

  async updateUser(id: UserId, changes: Pick<UserRecord, 'name'>): Promise<void> {
    const user = this.#users.get(id)
    if (user) this.#users.set(id, { ...user, ...changes })
  }

  async upgradeGuest(id: UserId, account: { name: string; email: string; passwordHash: string }): Promise<boolean> {
    const user = this.#users.get(id)
    if (!user || user.email !== null) return false
    this.#claimEmail(account.email)
    this.#users.set(id, { ...user, ...account })
    return true
  }

  async createSession(session: SessionRecord): Promise<void> {
    this.#sessions.set(session.id, session)
  }

  async findSession(id: SessionId): Promise<SessionRecord | undefined> {
    return this.#sessions.get(id)
  }

  async rotateSession(id: SessionId, expected: string, next: Rotation): Promise<boolean> {
    const session = this.#sessions.get(id)
    if (!session || session.revokedAt !== null || session.refreshHash !== expected) return false
    this.#sessions.set(id, { ...session, ...next })
    return true
  }

  async revokeSession(id: SessionId, at: number): Promise<void> {
    const session = this.#sessions.get(id)
    if (session) this.#sessions.set(id, { ...session, revokedAt: session.revokedAt ?? at })
  }

  async purgeSessions(endedBefore: number, slice: PurgeSlice): Promise<PurgedSlice> {
    return purgeIds(this.#sessions.keys(), slice, (id) => {
      const { expiresAt = Infinity, revokedAt = null } = this.#sessions.get(id) ?? {}
      const hasEnded = Math.min(expiresAt, revokedAt ?? Infinity) < endedBefore
      return Number(hasEnded && this.#sessions.delete(id))
    })
  }

  async purgeGuests(createdBefore: number, slice: PurgeSlice): Promise<PurgedSlice> {
    const signedIn = new Set([...this.#sessions.values()].map(({ userId }) => userId))
    return purgeIds(this.#users.keys(), slice, (id) => {
      const user = this.#users.get(id)
      const isGuest = user?.email === null && user.createdAt < createdBefore
      return Number(isGuest && !signedIn.has(id) && !this.#hasRole(id) && this.#users.delete(id))
    })
  }

  /** Whether there is such a person, for the store of the rooms. */
  hasUser(id: UserId): boolean {
    return this.#users.has(id)
  }

  #claimEmail(email: string | null): void {
    if (email !== null && [...this.#users.values()].some((user) => user.email === email)) {
      throw new SketchRoomError('email_taken', 'Somebody has signed up with this e-mail address.')
    }
  }
}
