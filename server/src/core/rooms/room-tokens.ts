import { userIdSchema, type RoomId } from '@sketchroom/shared/ids'
import { presenceColor } from '@sketchroom/shared/presence'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore } from '../../ports/accounts-store.ts'
import type { RoomStore } from '../../ports/room-store.ts'
import { toHostUserId, type UserActor } from '../accounts/actor.ts'
import type { Tokens } from '../accounts/tokens.ts'
import { getFactsFor } from './room-access.ts'

/** What an owner or editor asks a room token for. */
export interface RoomTokenRequest {
  readonly user: { readonly id: string; readonly name: string; readonly color?: string | undefined }
  readonly role: 'viewer' | 'editor'
  readonly ttlSeconds: number
  readonly origins: readonly string[]
}

/** The tokens with which hosts let their own users into a room. */
export interface RoomTokens {
  /**
   * A token for a host's own user, who is one and the same in all tokens of this actor, and nobody else; `expiresAt` is in
   * milliseconds since 1970.
   */
  mint(actor: UserActor, roomId: RoomId, request: RoomTokenRequest): Promise<{ token: string; expiresAt: number }>
}

/** Builds the room tokens over their stores. */
export function createRoomTokens(deps: { store: RoomStore; accountsStore: AccountsStore; tokens: Tokens }): RoomTokens {
  const { store, accountsStore, tokens } = deps
  return {
    async mint(actor, roomId, { user, role, ttlSeconds, origins }) {
      await getFactsFor(store, actor, roomId, ['tokens:mint'])
      // It would be another than the person all the same; whoever asks for that expects it to be them.
      if (user.id !== actor.userId && (await accountsStore.findUser(userIdSchema.parse(user.id)))) {
        const fields = [{ pointer: '/user/id', detail: 'belongs to an account of this server' }]
        throw new SketchRoomError('invalid_request', 'A room token cannot speak for somebody else here.', { fields })
      }
      const { name, color = presenceColor(user.id) } = user
      const userId = toHostUserId(actor.userId, user.id)
      return tokens.mintRoom({ userId, name, color, role, roomId, origins, mintedBy: actor.userId, ttlSeconds })
    },
  }
}
