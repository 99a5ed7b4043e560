import { linkRole, strongerRole, type Access, type Role } from '@sketchroom/shared/roles'

/** Somebody of the model, with what the room's owner has decided about them. */
export interface ModelPerson {
  readonly userId: string
  readonly name: string
  /** The refresh token's cookie, which gets them further access tokens. */
  cookie: string
  signedOut: boolean
  /** Given in person; undefined for who has none, or was removed. */
  role: Role | undefined
  removed: boolean
}

/** What a client shows: a person's access token, or a token for one room that a person has minted. */
export interface ModelCredential {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** The person themselves, or who minted it. */
  readonly person: ModelPerson
  /** For a room token: whom it is for, and the most that it allows. */
  readonly guest?: { readonly userId: string; readonly role: 'viewer' | 'editor' }
}

/** Who may be in one room, and as what: the rules of the design, told once more in the simplest words. */
export class AccessModel {
  access: Access = 'private'
  isDeleted = false

  /** What somebody with this credential may do at a moment; undefined when they have no business in the room. */
  roleOf({ expiresAt, person, guest }: ModelCredential, now: number): Role | undefined {
    if (this.isDeleted || now >= expiresAt) return undefined
    if (!guest && person.signedOut) return undefined
    const personal = person.removed ? undefined : strongerRole(person.role, linkRole(this.access))
    if (!guest || !personal) return personal
    return personal === 'viewer' ? 'viewer' : guest.role
  }

  /** Whether somebody may mint tokens: who came by the link may not. */
  mayMint({ removed, signedOut, role }: ModelPerson): boolean {
    return !this.isDeleted && !removed && !signedOut && (role === 'editor' || role === 'owner')
  }
}

/** When a token ends, in milliseconds since 1970, as it says itself. */
export function expiryOf(token: string): number {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number }
  return claims.exp * 1000
}
