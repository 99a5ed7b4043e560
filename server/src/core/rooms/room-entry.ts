import type { RoomId, UserId } from '@sketchroom/shared/ids'
import { presenceColor } from '@sketchroom/shared/presence'
import type { Role } from '@sketchroom/shared/roles'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore } from '../../ports/accounts-store.ts'
import type { RoomRecord, RoomStore } from '../../ports/room-store.ts'
import { roleIn, standingIn } from './access.ts'
import type { Actor, UserActor } from '../accounts/actor.ts'
import { findFacts, getFactsFor, noSuchRoom } from './room-access.ts'
import type { Tokens } from '../accounts/tokens.ts'

/** Somebody who may be in a room: under which role, and as whom others see them. */
export interface Entry {
  readonly room: RoomRecord
  readonly role: Role
  readonly name: string
  /** `#rrggbb`. */
  readonly color: string
}

/** What an owner or editor asks a room token for. */
export interface RoomTokenRequest {
  readonly user: { readonly id: UserId; readonly name: string; readonly color?: string | undefined }
  readonly role: 'viewer' | 'editor'
  readonly ttlSeconds: number
  readonly origins: readonly string[]
}

/** The way into rooms, for connections and for hosts. */
export interface RoomEntry {
  /**
   * Lets an actor in, and notes who came by the link. Rejects with `not_found` when there is no such
   * room for them, and with `room_deleted` when there was.
   */
  enter(actor: Actor, roomId: RoomId): Promise<Entry>
  /** The actor's role as of now; undefined when they have no business in the room (any more). */
  roleOf(actor: Actor, roomId: RoomId): Promise<Role | undefined>
  /** A token for a host's own user; `expiresAt` is in milliseconds since 1970. */
  mintToken(actor: UserActor, roomId: RoomId, request: RoomTokenRequest): Promise<{ token: string; expiresAt: number }>
}

/** What the way in is built from; `now` is in milliseconds since 1970. */
export interface RoomEntryDeps {
  readonly store: RoomStore
  readonly accountsStore: AccountsStore
  readonly tokens: Tokens
  readonly now: () => number
}

/** Builds the way into rooms over their stores. */
export function createRoomEntry({ store, accountsStore, tokens, now }: RoomEntryDeps): RoomEntry {
  async function getIdentity(actor: Actor): Promise<{ name: string; color: string }> {
    if (actor.kind === 'room-token') return actor
    const user = await accountsStore.findUser(actor.userId)
    if (!user) throw new SketchRoomError('unauthenticated', 'Sign in again.')
    return { name: user.name, color: presenceColor(user.id) }
  }

  return {
    async enter(actor, roomId) {
      const facts = await findFacts(store, actor, roomId)
      if (!facts || !standingIn(actor, facts)) throw noSuchRoom()
      const role = roleIn(actor, facts)
      if (!role) throw new SketchRoomError('room_deleted', 'This room was deleted.')
      const { name, color } = await getIdentity(actor)
      if (actor.kind === 'user' && !facts.membership) await store.addVisitor(roomId, actor.userId, now())
      return { room: facts.room, role, name, color }
    },

    async roleOf(actor, roomId) {
      const facts = await findFacts(store, actor, roomId)
      return facts && roleIn(actor, facts)
    },

    async mintToken(actor, roomId, { user, role, ttlSeconds, origins }) {
      await getFactsFor(store, actor, roomId, ['tokens:mint'])
      if (user.id !== actor.userId && (await accountsStore.findUser(user.id))) {
        const fields = [{ pointer: '/user/id', detail: 'belongs to an account of this server' }]
        throw new SketchRoomError('invalid_request', 'A room token cannot speak for somebody else here.', { fields })
      }
      const { id: userId, name, color = presenceColor(userId) } = user
      return tokens.mintRoom({ userId, name, color, role, roomId, origins, mintedBy: actor.userId, ttlSeconds })
    },
  }
}
