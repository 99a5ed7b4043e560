import type { PlaceLimits } from '../client-limits.ts'
import type { Standing } from '../core/rooms/admission.ts'
import { SketchRoomError } from '../errors.ts'

/**
 * Throws when there is no place for one more stay of theirs beside these. Nobody has many by themselves. But who is a visitor
 * may be any number of guests, and who is a member may let in any number of others: of the places, some are the members'
 * alone, and some of these the owners', who can see whom to remove.
 */
export function checkPlace(who: Standing, sessions: Iterable<Standing>, limits: PlaceLimits): void {
  let [all, own, members, visitors] = [0, 0, 0, 0]
  for (const session of sessions) {
    all += 1
    if (session.user.id === who.user.id) own += 1
    if (!isOwner(session)) members += 1
    if (!isOwner(session) && !session.isMember) visitors += 1
  }
  if (own >= limits.perUser) {
    throw new SketchRoomError('too_many_connections', 'You have this board open as often as you may.')
  }
  const hasPlace =
    all < limits.perRoom &&
    (isOwner(who) || members < limits.perRoomOfMembers) &&
    (isOwner(who) || who.isMember || visitors < limits.perRoomOfVisitors)
  if (!hasPlace) throw new SketchRoomError('room_crowded', 'There are as many people on this board as it can take.')
}

function isOwner({ role }: Standing): boolean {
  return role === 'owner'
}
