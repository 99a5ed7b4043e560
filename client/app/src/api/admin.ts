import {
  addressBlockListSchema,
  addressBlockSchema,
  adminPersonListSchema,
  adminRecordListSchema,
  adminRoomListSchema,
  adminSessionListSchema,
  adminStorageSchema,
  type AddressBlock,
  type AddressBlockList,
  type AdminPerson,
  type AdminRecord,
  type AdminRoom,
  type AdminSession,
  type AdminStorage,
  type BlockRequest,
} from '@sketchroom/shared/api/admin'
import { apiPath } from '@sketchroom/shared/api/paths'
import type { SessionId, UserId } from '@sketchroom/shared/ids'
import type { SendSignedIn } from './rooms.ts'

const PAGE = '50'

/** A part of a list, and where it goes on. */
export interface AdminPage<Item> {
  readonly data: readonly Item[]
  readonly nextCursor: string | null
}

/** Which part of a list is asked for. */
export interface PageRequest {
  readonly cursor: string | undefined
  readonly signal: AbortSignal
}

/** What the admin page asks of the server. Everything rejects with `ApiError` or `OfflineError`. */
export interface AdminApi {
  rooms(q: string, page: PageRequest): Promise<AdminPage<AdminRoom>>
  people(q: string, kind: 'accounts' | 'guests', page: PageRequest): Promise<AdminPage<AdminPerson>>
  sessions(userId: UserId, page: PageRequest): Promise<AdminPage<AdminSession>>
  endSession(userId: UserId, sessionId: SessionId): Promise<void>
  endSessions(userId: UserId): Promise<void>
  storage(signal: AbortSignal): Promise<AdminStorage>
  quarantine(page: PageRequest): Promise<AdminPage<AdminRecord>>
  blocks(signal: AbortSignal): Promise<AddressBlockList>
  block(request: BlockRequest): Promise<AddressBlock>
  unblock(blockId: string): Promise<void>
}

/** Speaks to `/admin` through `send`. */
export function createAdminApi(send: SendSignedIn): AdminApi {
  return {
    rooms: (q, { cursor, signal }) =>
      send({
        method: 'GET',
        path: apiPath('adminRooms'),
        query: { q: q || undefined, cursor, limit: PAGE },
        schema: adminRoomListSchema,
        signal,
      }),
    people: (q, kind, { cursor, signal }) =>
      send({
        method: 'GET',
        path: apiPath('adminPeople'),
        query: { q: q || undefined, kind, cursor, limit: PAGE },
        schema: adminPersonListSchema,
        signal,
      }),
    sessions: (userId, { cursor, signal }) =>
      send({
        method: 'GET',
        path: apiPath('adminSessions', { userId }),
        query: { cursor, limit: PAGE },
        schema: adminSessionListSchema,
        signal,
      }),
    endSession: (userId, sessionId) => send({ method: 'DELETE', path: apiPath('adminSession', { userId, sessionId }) }),
    endSessions: (userId) => send({ method: 'DELETE', path: apiPath('adminSessions', { userId }) }),
    storage: (signal) => send({ method: 'GET', path: apiPath('adminStorage'), schema: adminStorageSchema, signal }),
    quarantine: ({ cursor, signal }) =>
      send({
        method: 'GET',
        path: apiPath('adminQuarantine'),
        query: { cursor, limit: PAGE },
        schema: adminRecordListSchema,
        signal,
      }),
    blocks: (signal) => send({ method: 'GET', path: apiPath('adminBlocks'), schema: addressBlockListSchema, signal }),
    block: (body) => send({ method: 'POST', path: apiPath('adminBlocks'), body, schema: addressBlockSchema }),
    unblock: (blockId) => send({ method: 'DELETE', path: apiPath('adminBlock', { blockId }) }),
  }
}
