import { userIdSchema, type RoomId, type SessionId, type UserId } from '@sketchroom/shared/ids'
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
  /** In the namespace of who minted the token; see `toHostUserId`. */
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

/**
 * The user id of a host's user: the same for each token that this person mints for them, and nobody else's. Who mints a
 * token chooses `idAtHost`, and could otherwise choose that of somebody whom another lets in, and be them. No account's id
 * has a colon, so that none is a host's user's (ADR 25).
 */
export function toHostUserId(mintedBy: UserId, idAtHost: string): UserId {
  return userIdSchema.parse(namespaceOf(mintedBy) + idAtHost)
}

/** Whether this person may speak for the user in the tokens that they mint. */
export function isHostUserOf(mintedBy: UserId, userId: UserId): boolean {
  return userId.startsWith(namespaceOf(mintedBy))
}

function namespaceOf(mintedBy: UserId): string {
  return `${mintedBy}:`
}
