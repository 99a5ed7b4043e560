import type { RoomId, SessionId, UserId } from '@sketchroom/shared/ids'
import { sql, SqliteAdapter } from 'kysely'
import type { AdminQuery, AdminStore, Place } from '../../ports/admin-store.ts'
import type { RecordId } from '../../ports/document-store.ts'
import { findPerson, listPeople, listSessions } from './admin-people.ts'
import { listDrawn, listSetAside, weighRecords } from './admin-records.ts'
import { findRoomNames, findRooms, listOwned, listRooms } from './admin-rooms.ts'
import type { SqlDatabase } from './sql-database.ts'

/** An administrator's lists, from the tables. What may lag behind a little is read from a replica, if there is one. */
export class SqlAdminStore implements AdminStore {
  readonly #db: SqlDatabase['db']
  readonly #lists: SqlDatabase['lists']

  constructor({ db, lists }: Pick<SqlDatabase, 'db' | 'lists'>) {
    this.#db = db
    this.#lists = lists
  }

  get engine(): 'SQLite' | 'PostgreSQL' {
    return this.#db.getExecutor().adapter instanceof SqliteAdapter ? 'SQLite' : 'PostgreSQL'
  }

  async listRooms(query: AdminQuery<RoomId>) {
    return await listRooms(this.#lists, query)
  }

  async findRooms(ids: readonly RoomId[]) {
    return await findRooms(this.#lists, ids)
  }

  async findRoomNames(ids: readonly RoomId[]) {
    return await findRoomNames(this.#lists, ids)
  }

  async listOwned(email: string) {
    return await listOwned(this.#lists, email)
  }

  async listPeople(query: AdminQuery<UserId> & { isGuest: boolean; now: number }) {
    return await listPeople(this.#lists, query)
  }

  async findPerson(id: UserId, now: number) {
    return await findPerson(this.#lists, id, now)
  }

  async findNames(ids: readonly UserId[]): Promise<Map<UserId, string>> {
    if (ids.length === 0) return new Map()
    const rows = await this.#lists.selectFrom('users').select(['id', 'name']).where('id', 'in', ids).execute()
    return new Map(rows.map(({ id, name }) => [id as UserId, name]))
  }

  // Whoever has ended one does not want to see it again.
  async listSessions(userId: UserId, query: { limit: number; after?: Place<SessionId> | undefined; now: number }) {
    return await listSessions(this.#db, userId, query)
  }

  async listSetAside(query: { limit: number; after?: RecordId | undefined }) {
    return await listSetAside(this.#lists, query)
  }

  async databaseBytes(): Promise<number> {
    const { rows } =
      this.engine === 'SQLite'
        ? await sql<{ bytes: number }>`
            select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(this.#db)
        : await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(this.#db)
    return rows[0]?.bytes ?? 0
  }

  async listDrawn(after: RoomId | undefined) {
    return await listDrawn(this.#lists, after)
  }

  async weigh(kind: RecordId['kind'], after: Pick<RecordId, 'roomId' | 'seq'> | undefined, last: RoomId) {
    return await weighRecords(this.#lists, kind, after, last)
  }
}
