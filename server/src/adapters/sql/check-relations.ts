import { sql, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/**
 * What must be so across the tables, and that the schema does not enforce, or no longer does once a file is damaged: each
 * selects the rows at fault. `users` has no rows for a host's users, whose ids have a colon, nor for guests who are gone.
 */
const RULES: ReadonlyArray<readonly [what: string, faulty: string]> = [
  ['a sign-in of nobody', 'select id from sessions where user_id not in (select id from users)'],
  [
    'a member of a room that is not there',
    'select room_id from memberships where room_id not in (select id from rooms)',
  ],
  [
    'a role of somebody who is not there',
    `select user_id from memberships
     where role is not null and user_id not like '%:%' and user_id not in (select id from users)`,
  ],
  [
    'a drawing of a room that is not there',
    'select room_id from room_documents where room_id not in (select id from rooms)',
  ],
  [
    'a client that drew where nothing is drawn',
    'select distinct room_id from room_clients where room_id not in (select room_id from room_documents)',
  ],
  [
    'a transfer to somebody who is not there',
    'select from_user from client_transfers where to_user not in (select id from users)',
  ],
  [
    'a transfer that goes on to somebody else',
    'select from_user from client_transfers where to_user in (select from_user from client_transfers)',
  ],
]

/** Says of every relation that does not hold which rows are at fault. On SQLite, also what is wrong with the file itself. */
export async function checkRelations(db: Kysely<Schema>, { isSqlite }: { isSqlite: boolean }): Promise<string[]> {
  const faults: string[] = []
  for (const [what, faulty] of RULES) {
    const { rows } = await sql<Record<string, string>>`${sql.raw(faulty)}`.execute(db)
    for (const row of rows) faults.push(`${what}: ${Object.values(row)[0]}`)
  }
  const rooms = await db.selectFrom('rooms').select(['id', 'metadata']).execute()
  for (const { id, metadata } of rooms) if (!isObject(metadata)) faults.push(`metadata that cannot be read: ${id}`)
  if (!isSqlite) return faults
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db)
  for (const { integrity_check: line } of rows) if (line !== 'ok') faults.push(`the database file: ${line}`)
  return faults
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
