import type { Person } from '@sketchroom/canvas'
import { Avatar } from '../ui/Avatar.tsx'
import { ACTIVITY, describePerson } from './describe-person.ts'

interface PeopleItemsProps {
  readonly others: readonly Person[]
  readonly onFollow: (clientId: number | null) => void
}

/** The others on a board as the items of a menu. A press on one follows that person, and another stops. */
export function PeopleItems({ others, onFollow }: PeopleItemsProps) {
  return others.map((person) => (
    <button
      key={person.clientId}
      type="button"
      className="menu-item"
      role="menuitem"
      aria-label={`${person.followed ? 'Stop following' : 'Follow'} ${describePerson(person)}`}
      onClick={() => onFollow(person.followed ? null : person.clientId)}
    >
      <Avatar person={person.user} sizePx={28} />
      <span className="people-name">{person.user.name}</span>
      <span className="people-note">{person.followed ? 'following' : ACTIVITY[person.activity]}</span>
    </button>
  ))
}
