import { sessionIdSchema, userIdSchema, type SessionId, type UserId } from '@sketchroom/shared/ids'
import type { ExpressionBuilder, Kysely, Selectable } from 'kysely'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore, Rotation, SessionRecord, UserRecord } from '../../ports/accounts-store.ts'
import type { PurgedSlice, PurgeSlice } from '../../ports/purge-slice.ts'
import { purgePage } from './purge-page.ts'
import type { Schema } from './schema.ts'
import { isUniqueViolation } from './sql-database.ts'

/** Engines allow some ten thousand values in a statement: 32,766 in SQLite. */
const FIND_BATCH = 1_000

/** People and sign-ins in the tables `users` and `sessions`. */
export class SqlAccountsStore implements AccountsStore {
  readonly #db: Kysely<Schema>

  constructor(db: Kysely<Schema>) {
    this.#db = db
  }

  async createUser(user: UserRecord): Promise<void> {
    await claimingEmail(
      this.#db
        .insertInto('users')
        .values({
          id: user.id,
          name: user.name,
          email: user.email,
          password_hash: user.passwordHash,
          created_at: user.createdAt,
        })
        .execute(),
    )
  }

  async findUser(id: UserId): Promise<UserRecord | undefined> {
    const row = await this.#db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toUser(row)
  }

  async findUserByEmail(email: string): Promise<UserRecord | undefined> {
    const row = await this.#db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
    return row && toUser(row)
  }

  async findUsers(ids: readonly UserId[]): Promise<UserRecord[]> {
    const unique = [...new Set(ids)]
    const users: UserRecord[] = []
    for (let start = 0; start < unique.length; start += FIND_BATCH) {
      const batch = unique.slice(start, start + FIND_BATCH)
      const rows = await this.#db.selectFrom('users').selectAll().where('id', 'in', batch).execute()
      users.push(...rows.map(toUser))
    }
    return users
  }

  async updateUser(id: UserId, changes: Pick<UserRecord, 'name'>): Promise<void> {
    await this.#db.updateTable('users').set({ name: changes.name }).where('id', '=', id).execute()
  }

  async upgradeGuest(id: UserId, account: { name: string; email: string; passwordHash: string }): Promise<boolean> {
    const { name, email, passwordHash } = account
    const result = await claimingEmail(
      this.#db
        .updateTable('users')
        .set({ name, email, password_hash: passwordHash })
        .where('id', '=', id)
        .where('email', 'is', null)
        .executeTakeFirst(),
    )
    return result.numUpdatedRows > 0n
  }

  async createSession(session: SessionRecord): Promise<void> {
    await this.#db
      .insertInto('sessions')
      .values({
        id: session.id,
        user_id: session.userId,
        refresh_hash: session.refreshHash,
        created_at: session.createdAt,
        expires_at: session.expiresAt,
        rotated_at: session.rotatedAt,
        revoked_at: session.revokedAt,
      })
      .execute()
  }

  async findSession(id: SessionId): Promise<SessionRecord | undefined> {
    const row = await this.#db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toSession(row)
  }

  async rotateSession(id: SessionId, expected: string, next: Rotation): Promise<boolean> {
    const result = await this.#db
      .updateTable('sessions')
      .set({ refresh_hash: next.refreshHash, expires_at: next.expiresAt, rotated_at: next.rotatedAt })
      .where('id', '=', id)
      .where('refresh_hash', '=', expected)
      .where('revoked_at', 'is', null)
      .executeTakeFirst()
    return result.numUpdatedRows > 0n
  }

  async revokeSession(id: SessionId, at: number): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute()
  }

  async purgeSessions(endedBefore: number, { after, limit }: PurgeSlice): Promise<PurgedSlice> {
    const hasEnded = (eb: ExpressionBuilder<Schema, 'sessions'>) =>
      eb.or([eb('revoked_at', '<', endedBefore), eb('expires_at', '<', endedBefore)])
    const page = await this.#db
      .selectFrom('sessions')
      .select((eb) => ['id', hasEnded(eb).as('due')])
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    return await purgePage(page, limit, (ids) =>
      this.#db.deleteFrom('sessions').where('id', 'in', ids).where(hasEnded).executeTakeFirst(),
    )
  }

  async purgeGuests(createdBefore: number, { after, limit }: PurgeSlice): Promise<PurgedSlice> {
    const isForgotten = (eb: ExpressionBuilder<Schema, 'users'>) => {
      const sessions = eb.selectFrom('sessions').select('sessions.id').whereRef('sessions.user_id', '=', 'users.id')
      const memberships = eb.selectFrom('memberships').select('room_id').whereRef('user_id', '=', 'users.id')
      const isGuest = eb.and([eb('email', 'is', null), eb('created_at', '<', createdBefore)])
      const isNeeded = eb.or([eb.exists(sessions), eb.exists(memberships.where('role', 'is not', null))])
      return eb.and([isGuest, eb.not(isNeeded)])
    }
    const page = await this.#db
      .selectFrom('users')
      .select((eb) => ['id', isForgotten(eb).as('due')])
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute()
    return await purgePage(page, limit, (ids) =>
      this.#db.deleteFrom('users').where('id', 'in', ids).where(isForgotten).executeTakeFirst(),
    )
  }
}

/** A refused row can only be one whose e-mail address somebody has: ids are random. */
async function claimingEmail<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new SketchRoomError('email_taken', 'Somebody has signed up with this e-mail address.', { cause: error })
  }
}

function toUser(row: Selectable<Schema['users']>): UserRecord {
  return {
    id: userIdSchema.parse(row.id),
    name: row.name,
    email: row.email,
    passwordHash: row.password_hash,
    createdAt: row.created_at,
  }
}

function toSession(row: Selectable<Schema['sessions']>): SessionRecord {
  return {
    id: sessionIdSchema.parse(row.id),
    userId: userIdSchema.parse(row.user_id),
    refreshHash: row.refresh_hash,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    rotatedAt: row.rotated_at,
    revokedAt: row.revoked_at,
  }
}
