import type { ElementId } from '@sketchroom/shared/ids'
import type { Motion, Presence, PresenceUser } from '@sketchroom/shared/presence'
import type { RemotePerson } from '../view/drawing-surface.ts'

/** Somebody on the board: one entry for each tab. */
export interface Person {
  readonly clientId: number
  readonly user: PresenceUser
  readonly isSelf: boolean
  readonly activity: 'active' | 'idle' | 'away'
  /** Whether this person's view follows theirs. */
  readonly followed: boolean
}

/** What everybody's presence says, by awareness client. */
export type Presences = ReadonlyMap<number, Presence>

/** Everybody who has a name, oneself included once it is known who one is. */
export function peopleOf(
  presences: Presences,
  self: { clientId: number; user?: PresenceUser },
  followed: number | null,
): Person[] {
  const people: Person[] = []
  for (const [clientId, presence] of presences) {
    const isSelf = clientId === self.clientId
    const user = isSelf ? self.user : presence.user
    if (user)
      people.push({ clientId, user, isSelf, activity: presence.activity ?? 'active', followed: clientId === followed })
  }
  return people.sort((a, b) => a.clientId - b.clientId)
}

/** The others, as the surface draws them. Those who are away have no cursor. */
export function remotePeopleOf(presences: Presences, selfId: number): RemotePerson[] {
  const people: RemotePerson[] = []
  for (const [clientId, { user, pointer, selection = [], activity = 'active' }] of presences) {
    if (clientId === selfId || !user) continue
    const shown = activity === 'away' ? undefined : pointer
    people.push({ clientId, name: user.name, color: user.color, pointer: shown, selection, activity })
  }
  return people
}

/** What the others are moving now. Of two who move the same element, the same one is believed everywhere. */
export function motionsOf(presences: Presences, selfId: number): Map<ElementId, Motion> {
  const motions = new Map<ElementId, Motion>()
  for (const clientId of [...presences.keys()].sort((a, b) => a - b)) {
    if (clientId === selfId) continue
    for (const [id, motion] of Object.entries(presences.get(clientId)?.motion ?? {})) motions.set(id, motion)
  }
  return motions
}
