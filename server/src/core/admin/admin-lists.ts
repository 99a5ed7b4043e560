import type {
  adminPageQuerySchema,
  adminPeopleQuerySchema,
  AdminPerson,
  AdminRecord,
  AdminRoom,
  adminRoomsQuerySchema,
  AdminSession,
} from '@sketchroom/shared/api/admin'
import {
  findRoomId,
  roomIdSchema,
  sessionIdSchema,
  userIdSchema,
  type SessionId,
  type UserId,
} from '@sketchroom/shared/ids'
import { z } from 'zod'
import type { AdminStore, Place, RoomFacts } from '../../ports/admin-store.ts'
import type { PresenceSource } from '../../ports/presence-source.ts'
import { isAdministrator, type Administrators } from '../accounts/administrators.ts'
import { createSealedCursors } from './sealed-cursors.ts'
import { toAdminPerson, toAdminRecord, toAdminRoom, toAdminSession } from './views.ts'

/** A page of a list over REST. */
interface PageView<Item> {
  readonly data: readonly Item[]
  readonly nextCursor: string | null
}

type PageQuery = z.output<typeof adminPageQuerySchema>

/** What an administrator may page through. */
export interface AdminLists {
  rooms(query: z.output<typeof adminRoomsQuerySchema>): Promise<PageView<AdminRoom>>
  people(query: z.output<typeof adminPeopleQuerySchema>): Promise<PageView<AdminPerson>>
  /** The sign-ins of a person that are good; `yours` is that of who asks. */
  sessions(userId: UserId, yours: SessionId, query: PageQuery): Promise<PageView<AdminSession>>
  quarantine(query: PageQuery): Promise<PageView<AdminRecord>>
}

const roomPlaceSchema = z.object({ createdAt: z.int(), id: roomIdSchema })
const personPlaceSchema = z.object({ createdAt: z.int(), id: userIdSchema })
const sessionPlaceSchema = z.object({ createdAt: z.int(), id: sessionIdSchema })
const recordPlaceSchema = z.object({ roomId: roomIdSchema, kind: z.enum(['update', 'snapshot']), seq: z.int() })

/** Builds the lists over the store; `now` is in milliseconds since 1970. */
export function createAdminLists(deps: {
  named: Administrators
  /** What all instances have, and nobody else. */
  secret: string
  store: AdminStore
  presence: PresenceSource
  now: () => number
}): AdminLists {
  const { named, store, presence, now } = deps
  // A room's id is in its place, and not for who pages.
  const cursors = createSealedCursors(deps.secret)

  function findPlace<T>(cursor: string | undefined, schema: z.ZodType<T>): T | undefined {
    return cursor === undefined ? undefined : cursors.parse(cursor, schema)
  }

  function toPage<Item>(data: readonly Item[], next: Place | undefined): PageView<Item> {
    return { data, nextCursor: next ? cursors.create({ createdAt: next.createdAt, id: next.id }) : null }
  }

  async function viewRooms(rooms: readonly RoomFacts[]): Promise<AdminRoom[]> {
    const present = await presence.present(rooms.map(({ room }) => room.id))
    return rooms.map((facts) => toAdminRoom(facts, present.get(facts.room.id)))
  }

  /** The rooms that a whole id means, or the address of their owner; none when it is neither. */
  async function findMeant(q: string): Promise<RoomFacts[]> {
    const roomId = findRoomId(q)
    const byId = roomId ? await store.findRooms([roomId]) : []
    return byId.length > 0 || !q.includes('@') ? byId : await store.listOwned(q.toLowerCase())
  }

  const toPerson = (facts: Parameters<typeof toAdminPerson>[0]) =>
    toAdminPerson(facts, isAdministrator(facts.user, named))

  return {
    async rooms({ limit, cursor, q }) {
      const after = findPlace(cursor, roomPlaceSchema)
      const meant = q && !after ? await findMeant(q) : []
      if (meant.length > 0) return toPage(await viewRooms(meant), undefined)
      const { rows, next } = await store.listRooms({ limit, after, text: q })
      return toPage(await viewRooms(rows), next)
    },

    async people({ limit, cursor, q, kind }) {
      const after = findPlace(cursor, personPlaceSchema)
      const userId = after ? undefined : userIdSchema.safeParse(q).data
      const known = userId && (await store.findPerson(userId, now()))
      if (known) return toPage([toPerson(known)], undefined)
      const { rows, next } = await store.listPeople({ limit, after, text: q, isGuest: kind === 'guests', now: now() })
      return toPage(rows.map(toPerson), next)
    },

    async sessions(userId, yours, { limit, cursor }) {
      const after = findPlace(cursor, sessionPlaceSchema)
      const { rows, next } = await store.listSessions(userId, { limit, after, now: now() })
      const data = rows.map((session) => toAdminSession(session, yours))
      return toPage(data, next)
    },

    async quarantine({ limit, cursor }) {
      const { rows, next } = await store.listSetAside({ limit, after: findPlace(cursor, recordPlaceSchema) })
      const place = next && { roomId: next.roomId, kind: next.kind, seq: next.seq }
      return { data: rows.map(toAdminRecord), nextCursor: place ? cursors.create(place) : null }
    },
  }
}
