import type { RoomId } from '@sketchroom/shared/ids'
import type { Actor } from '../core/accounts/actor.ts'
import { isOwnPage } from '../core/rooms/own-page.ts'
import type { RoomEntry } from '../core/rooms/room-entry.ts'
import { SketchRoomError } from '../errors.ts'
import type { Entrant } from './room-link.ts'

/** How a client came to the door. */
export interface Entrance {
  /** The page that connects; undefined for programs, which have no page. */
  readonly origin: string | undefined
  /** The host, with its port, that the client asked for. */
  readonly host: string
  /** Whether the token stood in the URL, where logs and histories see it. */
  readonly tokenInUrl: boolean
}

/** Lets a client into one room, or rejects with the reason why not. */
export interface Doorkeeper {
  enter(token: string, roomId: RoomId, entrance: Entrance): Promise<Entrant>
}

/** The door of this server: the token must be good, the page one that may connect, the person allowed in. */
export function createDoorkeeper(parts: {
  accounts: { authenticate(token: string): Promise<Actor> }
  entry: RoomEntry
  allowedOrigins: readonly string[]
}): Doorkeeper {
  return {
    async enter(token, roomId, { origin, host, tokenInUrl }) {
      const actor = await parts.accounts.authenticate(token)
      if (tokenInUrl && actor.kind !== 'room-token') {
        throw new SketchRoomError('unauthenticated', 'only room tokens may stand in a URL')
      }
      const invited = actor.kind === 'room-token' ? actor.origins : []
      if (origin !== undefined && !isOwnPage(origin, host, parts.allowedOrigins) && !invited.includes(origin)) {
        throw new SketchRoomError('forbidden', 'pages of this origin may not connect')
      }
      const { role, name, color } = await parts.entry.enter(actor, roomId)
      return { actor, role, user: { id: actor.userId, name, color } }
    },
  }
}
