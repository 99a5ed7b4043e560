import { apiPath } from '@sketchroom/shared/api/paths'
import {
  memberListSchema,
  memberSchema,
  roomListSchema,
  roomSchema,
  type CreateRoomRequest,
  type Member,
  type Room,
  type RoomList,
  type UpdateRoomRequest,
} from '@sketchroom/shared/api/rooms'
import type { RoomId, UserId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'
import { ApiError } from './api-error.ts'
import type { ApiRequest } from './http.ts'

/** Sends a request as the person who is signed in. */
export type SendSignedIn = <T>(request: ApiRequest<T>) => Promise<T>

/** What the app asks of rooms and their people. Everything rejects with `ApiError` or `OfflineError`. */
export interface RoomsApi {
  /** `archived` asks for the person's deleted boards instead. */
  list(query: {
    q?: string
    archived?: boolean
    cursor?: string
    limit: number
    signal?: AbortSignal
  }): Promise<RoomList>
  /** One board. Its owners get it when it is deleted, too: `deletedAt` tells. */
  get(id: RoomId, signal?: AbortSignal): Promise<Room>
  create(room: CreateRoomRequest): Promise<Room>
  update(id: RoomId, changes: UpdateRoomRequest): Promise<Room>
  /** Deletes softly: `restore` brings it back. */
  delete(id: RoomId): Promise<void>
  restore(id: RoomId): Promise<Room>
  /** Everybody who is on the board, owners first. */
  members(id: RoomId, signal?: AbortSignal): Promise<Member[]>
  setRole(id: RoomId, userId: UserId, role: Role): Promise<Member>
  removeMember(id: RoomId, userId: UserId): Promise<void>
}

/** Speaks to `/rooms` through `send`. */
export function createRoomsApi(send: SendSignedIn): RoomsApi {
  const list: RoomsApi['list'] = ({ q, archived, cursor, limit, signal }) =>
    send({
      method: 'GET',
      path: apiPath('rooms'),
      query: { q: q || undefined, archived: archived ? 'true' : undefined, cursor, limit: String(limit) },
      schema: roomListSchema,
      signal,
    })
  /** The server calls a deleted board "not found"; only in this list its owners see that it is not gone. */
  async function findDeleted(roomId: RoomId, signal?: AbortSignal): Promise<Room | undefined> {
    let cursor: string | undefined
    do {
      const page = await list({ archived: true, limit: 100, ...(cursor && { cursor }), ...(signal && { signal }) })
      const found = page.data.find(({ id }) => id === roomId)
      if (found) return found
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    return undefined
  }

  return {
    list,
    async get(roomId, signal) {
      try {
        return await send({ method: 'GET', path: apiPath('room', { roomId }), schema: roomSchema, signal })
      } catch (error) {
        const isNotFound = error instanceof ApiError && error.code === 'not_found'
        const deleted = isNotFound ? await findDeleted(roomId, signal) : undefined
        if (!deleted) throw error
        return deleted
      }
    },
    create: (body) => send({ method: 'POST', path: apiPath('rooms'), body, schema: roomSchema }),
    update: (roomId, body) => send({ method: 'PATCH', path: apiPath('room', { roomId }), body, schema: roomSchema }),
    delete: (roomId) => send({ method: 'DELETE', path: apiPath('room', { roomId }) }),
    restore: (roomId) => send({ method: 'POST', path: apiPath('restoreRoom', { roomId }), schema: roomSchema }),
    members: async (roomId, signal) => {
      const members: Member[] = []
      let cursor: string | undefined
      do {
        const page = await send({
          method: 'GET',
          path: apiPath('members', { roomId }),
          query: { limit: '100', cursor },
          schema: memberListSchema,
          signal,
        })
        members.push(...page.data)
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      return members
    },
    setRole: (roomId, userId, role) =>
      send({ method: 'PUT', path: apiPath('member', { roomId, userId }), body: { role }, schema: memberSchema }),
    removeMember: (roomId, userId) => send({ method: 'DELETE', path: apiPath('member', { roomId, userId }) }),
  }
}
