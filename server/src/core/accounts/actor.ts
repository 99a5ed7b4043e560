import type { RoomId, SessionId, UserId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'

/** A person with an account or a guest, signed in with an access token. */
export interface UserActor {
  readonly kind: 'user'
  readonly userId: UserId
  readonly sessionId: SessionId
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** A host's own user, let into one room by a room token. */
export interface RoomTokenActor {
  readonly kind: 'room-token'
  readonly userId: UserId
  readonly name: string
  /** `#rrggbb`. */
  readonly color: string
  readonly roomId: RoomId
  /** The most that the token allows; who minted it may have less by now. */
  readonly role: Extract<Role, 'viewer' | 'editor'>
  /** The person who minted the token. It ends with their own access. */
  readonly mintedBy: UserId
  /** Pages that may connect with it, besides the server's own; an empty list allows no others. */
  readonly origins: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Who asks for something. */
export type Actor = UserActor | RoomTokenActor
