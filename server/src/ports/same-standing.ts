import type { MembershipRecord } from './room-store.ts'

/** Whether a membership is still what somebody decided by: the rule [RS5] of `RoomStore`. */
export function isSameStanding(a: MembershipRecord | undefined, b: MembershipRecord | undefined): boolean {
  if (!a || !b) return a === b
  return a.role === b.role && a.removedAt === b.removedAt
}
