import { strongerRole } from '@sketchroom/shared/roles'
import type { MembershipRecord } from './room-store.ts'

/** What a person has in a room once a guest's membership is handed to theirs: the rule [RS7] of `RoomStore`. */
export function mergeMemberships(own: MembershipRecord | undefined, guest: MembershipRecord): MembershipRecord {
  if (!own) return guest
  // An owner's room must not be left without its owner; otherwise a removal cannot be escaped as a guest.
  if (guest.role !== 'owner' && (own.removedAt !== null || guest.removedAt !== null)) return own
  return {
    ...own,
    role: strongerRole(own.role ?? undefined, guest.role ?? undefined) ?? null,
    joinedAt: Math.min(own.joinedAt, guest.joinedAt),
    removedAt: null,
  }
}
