import { Users } from 'lucide-react'
import type { Person } from '@sketchroom/canvas'
import { Avatar } from '../ui/Avatar.tsx'
import { buttonClass } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { describePerson } from './describe-person.ts'
import { PeopleItems } from './PeopleItems.tsx'
import './people.css'

/** More faces than this are in the menu. */
const MAX_FACES = 4

interface PeopleProps {
  readonly others: readonly Person[]
  readonly onFollow: (clientId: number | null) => void
}

/** Who else is on the board. A press on a face follows that person, and another stops. */
export function People({ others, onFollow }: PeopleProps) {
  if (others.length === 0) return null
  const faces = others.length > MAX_FACES ? others.slice(0, MAX_FACES - 1) : others

  return (
    <>
      <ul className="people" aria-label="People on this board">
        {faces.map((person) => (
          <li key={person.clientId}>
            <button
              type="button"
              className={`person person-${person.activity}`}
              aria-pressed={person.followed}
              aria-label={`Follow ${describePerson(person)}`}
              title={person.followed ? `Stop following ${person.user.name}` : `Follow ${describePerson(person)}`}
              onClick={() => onFollow(person.followed ? null : person.clientId)}
            >
              <Avatar person={person.user} />
            </button>
          </li>
        ))}
      </ul>
      {faces.length < others.length && (
        <Menu
          label={`People on this board: ${others.length}`}
          buttonClass={`${buttonClass('quiet')} people-button`}
          button={
            <>
              <Users size={18} aria-hidden="true" />
              {others.length}
            </>
          }
        >
          <PeopleItems others={others} onFollow={onFollow} />
        </Menu>
      )}
    </>
  )
}
