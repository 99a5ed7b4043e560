import { sessionIdSchema, userIdSchema, type SessionId, type UserId } from '@sketchroom/shared/ids'
import { sql, type Kysely, type Selectable } from 'kysely'
import type { SessionRecord } from '../../ports/accounts-store.ts'
import type { AdminQuery, Page, PersonFacts, Place } from '../../ports/admin-store.ts'
import { readNewestFirst } from './newest-first.ts'
import type { Schema } from './schema.ts'

interface PersonRow {
  readonly id: UserId
  readonly name: string
  readonly email: string | null
  readonly created_at: number
}

/** As the index has it: see the migration `0006-administration`. */
const IS_GUEST = sql`coalesce(email, '') = ''`

/** Everybody with an account, or every guest, newest first. */
export async function listPeople(
  db: Kysely<Schema>,
  query: AdminQuery<UserId> & { isGuest: boolean; now: number },
): Promise<Page<PersonFacts, Place<UserId>>> {
  const { rows, next } = await readNewestFirst<UserId, PersonRow>(
    query,
    async (after, limit) => {
      const isAfter = after ? sql`and (created_at, id) < (${after.createdAt}, ${after.id})` : sql``
      const found = await sql<PersonRow>`
        select id, name, email, created_at from users where ${query.isGuest ? IS_GUEST : sql`email is not null`} ${isAfter}
        order by created_at desc, id desc limit ${limit}`.execute(db)
      return found.rows
    },
    ({ name, email }) => [name, email],
  )
  return { rows: await describe(db, rows, query.now), next }
}

/** One person; undefined when there is none. */
export async function findPerson(db: Kysely<Schema>, id: UserId, now: number): Promise<PersonFacts | undefined> {
  const { rows } = await sql<PersonRow>`select id, name, email, created_at from users where id = ${id}`.execute(db)
  return (await describe(db, rows, now))[0]
}

/** The sign-ins of a person that are good, newest first. */
export async function listSessions(
  db: Kysely<Schema>,
  userId: UserId,
  { limit, after, now }: { limit: number; after?: Place<SessionId> | undefined; now: number },
): Promise<Page<SessionRecord, Place<SessionId>>> {
  const isAfter = after ? sql`and (created_at, id) < (${after.createdAt}, ${after.id})` : sql``
  const { rows } = await sql<Selectable<Schema['sessions']>>`
    select * from sessions where user_id = ${userId} and revoked_at is null and expires_at > ${now} ${isAfter}
    order by created_at desc, id desc limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit).map((row) => ({
    id: sessionIdSchema.parse(row.id),
    userId,
    refreshHash: row.refresh_hash,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    rotatedAt: row.rotated_at,
    revokedAt: row.revoked_at,
  }))
  return { rows: page, next: rows.length > limit ? page.at(-1) : undefined }
}

/** Adds what other tables say of people: one statement for a page, however many they are. */
async function describe(db: Kysely<Schema>, people: readonly PersonRow[], now: number): Promise<PersonFacts[]> {
  if (people.length === 0) return []
  const { rows } = await sql<{ id: string; seen: number | null; sessions: number; rooms: number }>`
    select id,
      (select max(coalesce(rotated_at, created_at)) from sessions where user_id = users.id) as seen,
      (select count(*) from sessions where user_id = users.id and revoked_at is null and expires_at > ${now}) as sessions,
      (select count(*) from memberships join rooms on rooms.id = room_id
        where user_id = users.id and role is not null and deleted_at is null) as rooms
    from users where id in (${sql.join(people.map(({ id }) => id))})`.execute(db)
  return people.map(({ id, name, email, created_at }) => {
    const facts = rows.find((row) => row.id === id)
    return {
      user: { id: userIdSchema.parse(id), name, email, createdAt: created_at },
      lastSeenAt: facts?.seen ?? null,
      rooms: facts?.rooms ?? 0,
      sessions: facts?.sessions ?? 0,
    }
  })
}
