import type { User } from '@sketchroom/shared/api/auth'
import type { KnownUser } from '../device/known-user.ts'

/** Who uses the app, and how sure we are of it. */
export type SessionState =
  /** Asking the server; `user` is who was here last. */
  | { readonly kind: 'starting'; readonly user: KnownUser | undefined }
  /** Nobody yet: a first visit, or signed out. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'signed-in'; readonly user: User }
  /** The server could not be asked; this person was here last. */
  | { readonly kind: 'unreachable'; readonly user: KnownUser }
  /** The server lets in no guests any more; this one can still become an account, or an account's. */
  | { readonly kind: 'guests-off'; readonly user: KnownUser }
  /** The server no longer knows the sign-in of this person. */
  | { readonly kind: 'ended'; readonly user: KnownUser }

/**
 * Whose things leave the device when another account signs in here; `known` is who this device remembers. Nobody's
 * where a guest is the one who signs in: the account takes the boards over, unless the server no longer knows the
 * guest, or the guest only went on where somebody else had been.
 */
export function personLeaving(state: SessionState, known: KnownUser | undefined): PersonLeaving | undefined {
  const person = personOf(state)
  const isTakenOver = person?.isGuest === true && state.kind !== 'ended'
  return isTakenOver ? (known?.id === person.id ? known.before : undefined) : person
}

/** Somebody whose things leave the device. */
export type PersonLeaving = Pick<KnownUser, 'id' | 'name' | 'color' | 'isGuest'>

/** The person in front of the screen, as far as known; undefined for nobody. */
export function personOf(state: SessionState): KnownUser | User | undefined {
  return state.kind === 'nobody' ? undefined : state.user
}
