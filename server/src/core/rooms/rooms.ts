import type {
  listRoomsQuerySchema,
  Room,
  RoomList,
  UpdateRoomRequest,
  createRoomRequestSchema,
} from '@sketchroom/shared/api/rooms'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import { z } from 'zod'
import { SketchRoomError } from '../../errors.ts'
import type { PresenceSource } from '../../ports/presence-source.ts'
import type { RoomRecord, RoomStore } from '../../ports/room-store.ts'
import { can, standingIn, type Action } from './access.ts'
import type { UserActor } from '../accounts/actor.ts'
import { createCursor, parseCursor } from '../cursor.ts'
import type { EventBus } from '../events.ts'
import { findFacts, getFactsFor, noSuchRoom } from './room-access.ts'
import type { RoomQuota } from './room-quota.ts'
import { toRoomView } from './room-view.ts'

const MAX_METADATA_KEYS = 50
const placeSchema = z.tuple([z.int(), roomIdSchema])

/** A room, with the version that its ETag is made from. */
export interface VersionedRoom {
  readonly room: Room
  readonly version: number
}

/** Rooms as people manage them. A room that the actor may not see is `not_found` everywhere. */
export interface Rooms {
  /** The actor owns it. Private unless said otherwise. Rejects with `room_id_taken`, `slug_taken` or `quota_exceeded`. */
  create(actor: UserActor, request: z.output<typeof createRoomRequestSchema>): Promise<VersionedRoom>
  get(actor: UserActor, roomId: RoomId): Promise<VersionedRoom>
  list(actor: UserActor, query: z.output<typeof listRoomsQuerySchema>): Promise<RoomList>
  /** A merge patch; one without fields writes nothing. With `ifVersion`, rejects with `precondition_failed` when the room has another by now. */
  update(actor: UserActor, roomId: RoomId, patch: UpdateRoomRequest, ifVersion?: number): Promise<VersionedRoom>
  /** Takes the room from everybody's sight, restorable by its owners. */
  delete(actor: UserActor, roomId: RoomId): Promise<void>
  /** Undoes `delete`; a living room stays as it is. Rejects with `quota_exceeded`. */
  restore(actor: UserActor, roomId: RoomId): Promise<VersionedRoom>
}

/** What rooms are built from; `now` is in milliseconds since 1970. */
export interface RoomsDeps {
  readonly store: RoomStore
  readonly quota: RoomQuota
  readonly presence: PresenceSource
  readonly events: EventBus
  readonly now: () => number
}

/** Builds the rooms over their store. */
export function createRooms({ store, quota, presence, events, now }: RoomsDeps): Rooms {
  async function view(room: RoomRecord, role: Room['role']): Promise<VersionedRoom> {
    const present = await presence.present([room.id])
    return { room: toRoomView(room, role, present.get(room.id)), version: room.version }
  }

  /** A change whose answer was lost may have been made: whoever is in the room is judged by what the store has. */
  async function askingAgainIfLost<T>(roomId: RoomId, change: Promise<T>): Promise<T> {
    try {
      return await change
    } catch (error) {
      events.emit('accessChanged', roomId, undefined)
      throw error
    }
  }

  return {
    async create(actor, { id, name, slug = null, access = 'private', metadata = {} }) {
      await quota.check(actor, 'new')
      const at = now()
      const room: RoomRecord = {
        id: id ?? roomIdSchema.parse(nanoid()),
        name,
        slug,
        access,
        metadata,
        createdAt: at,
        updatedAt: at,
        deletedAt: null,
        version: 1,
      }
      await store.createRoom(room, actor.userId)
      return await view(room, 'owner')
    },

    async get(actor, roomId) {
      const { room, role } = await getFactsFor(store, actor, roomId, ['room:view'])
      return await view(room, role)
    },

    async list(actor, { limit, cursor, q: text, role, archived }) {
      const place = cursor === undefined ? undefined : parseCursor(cursor, placeSchema)
      const found = await store.listRooms({
        userId: actor.userId,
        limit: limit + 1,
        after: place && { updatedAt: place[0], id: place[1] },
        text,
        role,
        archived: archived === 'true',
      })
      const page = found.slice(0, limit)
      const last = page.at(-1)?.room
      const present = await presence.present(page.map(({ room }) => room.id))
      return {
        data: page.flatMap((facts) => {
          const standing = standingIn(actor, facts)
          return standing ? [toRoomView(facts.room, standing, present.get(facts.room.id))] : []
        }),
        nextCursor: found.length > limit && last ? createCursor([last.updatedAt, last.id]) : null,
      }
    },

    async update(actor, roomId, patch, ifVersion) {
      for (;;) {
        const { room, role } = await getFactsFor(store, actor, roomId, actionsOf(patch))
        if (ifVersion !== undefined && room.version !== ifVersion) {
          throw new SketchRoomError('precondition_failed', 'The room has changed since you read it.')
        }
        const changes = mergePatch(room, patch)
        // Seeing the room was enough to get here, and must not be enough to write it.
        if (Object.keys(changes).length === 0) return await view(room, role)
        const updatedAt = Math.max(now(), room.updatedAt)
        const updated = await askingAgainIfLost(
          roomId,
          store.updateRoom(roomId, { ...changes, updatedAt }, room.version),
        )
        if (updated) {
          if (updated.access !== room.access) events.emit('accessChanged', roomId, undefined)
          return await view(updated, role)
        }
        // Somebody else was faster: look again, at what may be done as well as at what is there.
      }
    },

    async delete(actor, roomId) {
      await getFactsFor(store, actor, roomId, ['room:delete'])
      await askingAgainIfLost(roomId, store.updateRoom(roomId, { deletedAt: now() }))
      events.emit('roomDeleted', roomId)
    },

    async restore(actor, roomId) {
      const facts = await findFacts(store, actor, roomId)
      if (!facts || (facts.room.deletedAt !== null && !can(actor, 'room:restore', facts))) throw noSuchRoom()
      if (facts.room.deletedAt !== null) {
        // Who deletes and restores in turn would otherwise have any number.
        await quota.check(actor, 'restored')
        await askingAgainIfLost(roomId, store.updateRoom(roomId, { deletedAt: null }))
        events.emit('accessChanged', roomId, undefined)
      }
      const { room, role } = await getFactsFor(store, actor, roomId, ['room:restore'])
      return await view(room, role)
    },
  }
}

function actionsOf({ name, access, slug, metadata }: UpdateRoomRequest): Action[] {
  const actions: Action[] = ['room:view']
  if (name !== undefined) actions.push('room:rename')
  if (access !== undefined) actions.push('room:set-access')
  if (slug !== undefined || metadata !== undefined) actions.push('room:configure')
  return actions
}

/** The changes that a merge patch (RFC 7396) makes: in `metadata`, null removes a key. */
function mergePatch(room: RoomRecord, { metadata: patched, ...rest }: UpdateRoomRequest): Partial<RoomRecord> {
  const changes = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  if (patched === undefined) return changes
  const merged = new Map(Object.entries(room.metadata))
  for (const [key, value] of Object.entries(patched)) {
    if (value === null) merged.delete(key)
    else merged.set(key, value)
  }
  if (merged.size > MAX_METADATA_KEYS) {
    const fields = [{ pointer: '/metadata', detail: `must have at most ${MAX_METADATA_KEYS} keys` }]
    throw new SketchRoomError('invalid_request', 'The room would have too much metadata.', { fields })
  }
  return { ...changes, metadata: Object.fromEntries(merged) }
}
