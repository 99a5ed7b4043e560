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

/** What the others' presence says, by awareness client. */
export type Presences = ReadonlyMap<number, Presence>

/** Everybody who has a name; `self` comes first, once it is known. */
export function peopleOf(
  others: Presences,
  self: Pick<Person, 'clientId' | 'user' | 'activity'> | undefined,
  followed: number | null,
): Person[] {
  const people: Person[] = self ? [{ ...self, isSelf: true, followed: false }] : []
  for (const clientId of inOrder(others)) {
    const { user, activity = 'active' } = others.get(clientId) ?? {}
    if (user) people.push({ clientId, user, isSelf: false, activity, followed: clientId === followed })
  }
  return people
}

/** The others, as the surface draws them. Those who are away have no cursor. */
export function remotePeopleOf(others: Presences): RemotePerson[] {
  const people: RemotePerson[] = []
  for (const [clientId, { user, pointer, selection = [], activity = 'active' }] of others) {
    if (!user) continue
    const shown = activity === 'away' ? undefined : pointer
    people.push({ clientId, name: user.name, color: user.color, pointer: shown, selection, activity })
  }
  return people
}

/** What the others are moving now. Of two who move the same element, the same one is believed everywhere. */
export function motionsOf(others: Presences): Map<ElementId, Motion> {
  const motions = new Map<ElementId, Motion>()
  for (const clientId of inOrder(others)) {
    for (const [id, motion] of Object.entries(others.get(clientId)?.motion ?? {})) motions.set(id, motion)
  }
  return motions
}

function inOrder(others: Presences): number[] {
  return [...others.keys()].sort((a, b) => a - b)
}
