import type { RoomId, SessionId, UserId } from '@sketchroom/shared/ids'
import type { SessionRecord, UserRecord } from './accounts-store.ts'
import type { RecordId } from './document-store.ts'
import type { RoomRecord } from './room-store.ts'

/** Where a list that is newest first goes on: after what was made at this time, in milliseconds since 1970, and has this id. */
export interface Place<Id extends string = string> {
  readonly createdAt: number
  readonly id: Id
}

/** A page of a list, and where the next one begins; undefined: that was all. */
export interface Page<Row, Next> {
  readonly rows: readonly Row[]
  readonly next: Next | undefined
}

/** What a list is asked for: so many, after this place, with this text in their names. */
export interface AdminQuery<Id extends string> {
  readonly limit: number
  readonly after?: Place<Id> | undefined
  /** In any case. It is looked for in so many rows at a time: then a page has fewer than `limit`, and a next one. */
  readonly text?: string | undefined
}

/** A room from the outside. */
export interface RoomFacts {
  readonly room: Omit<RoomRecord, 'metadata' | 'slug' | 'version'>
  readonly owners: ReadonlyArray<{ readonly id: UserId; readonly name: string; readonly email: string | null }>
  /** How many people have a role of their own. */
  readonly members: number
  /** How many updates were ever stored. */
  readonly updates: number
  /** The newest sound snapshot, and the updates after it. */
  readonly bytes: number
}

/** A person from the outside. */
export interface PersonFacts {
  readonly user: Omit<UserRecord, 'passwordHash'>
  /** The last sign-in or rotation among the sessions that are still stored. */
  readonly lastSeenAt: number | null
  /** Living rooms on which they have a role of their own. */
  readonly rooms: number
  /** Sign-ins that are neither revoked nor over. */
  readonly sessions: number
}

/** A record that was set aside, without its bytes. */
export interface RecordFacts extends RecordId {
  readonly roomName: string | null
  readonly reason: string
  readonly author: string | null
  readonly at: number
  readonly bytes: number
}

/** What a room has of one kind among the rows that were looked at. */
export interface WeighedRoom {
  readonly roomId: RoomId
  readonly count: number
  readonly bytes: number
}

/**
 * What an administrator sees of everybody's rooms, people and records, and nothing that is drawn. Each call reads a bounded
 * number of rows, by an index. Runs on SQLite and PostgreSQL; tested by `sql-admin-store.test.ts`.
 */
export interface AdminStore {
  readonly engine: 'SQLite' | 'PostgreSQL'
  /** Everybody's rooms, deleted ones too, newest first. */
  listRooms(query: AdminQuery<RoomId>): Promise<Page<RoomFacts, Place<RoomId>>>
  /** These rooms, those that there are. */
  findRooms(ids: readonly RoomId[]): Promise<RoomFacts[]>
  /** The names of these rooms, of those that there are. */
  findRoomNames(ids: readonly RoomId[]): Promise<Map<RoomId, string>>
  /** The rooms of an owner, at most 100. */
  listOwned(email: string): Promise<RoomFacts[]>
  /** Everybody with an account, or every guest, newest first. `now` decides which sign-ins are good. */
  listPeople(query: AdminQuery<UserId> & { isGuest: boolean; now: number }): Promise<Page<PersonFacts, Place<UserId>>>
  findPerson(id: UserId, now: number): Promise<PersonFacts | undefined>
  findNames(ids: readonly UserId[]): Promise<Map<UserId, string>>
  /** The sign-ins of a person that are good at `now`, newest first. */
  listSessions(
    userId: UserId,
    query: { limit: number; after?: Place<SessionId> | undefined; now: number },
  ): Promise<Page<SessionRecord, Place<SessionId>>>
  /** What is set aside, by room and number. */
  listSetAside(query: { limit: number; after?: RecordId | undefined }): Promise<Page<RecordFacts, RecordId>>
  /** How much the database takes, in bytes. */
  databaseBytes(): Promise<number>
  /** The next few rooms, in the order of their ids, that have been drawn on. */
  listDrawn(after: RoomId | undefined): Promise<RoomId[]>
  /**
   * Weighs the next few hundred records of one kind, up to the last of this room; ranges, checksums and the engine's own
   * overhead are left out.
   */
  weigh(
    kind: RecordId['kind'],
    after: Pick<RecordId, 'roomId' | 'seq'> | undefined,
    last: RoomId,
  ): Promise<Page<WeighedRoom, Pick<RecordId, 'roomId' | 'seq'>>>
}
