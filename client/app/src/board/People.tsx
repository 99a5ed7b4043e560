import { Users } from 'lucide-react'
import type { Person } from '@sketchroom/canvas'
import { Avatar } from '../ui/Avatar.tsx'
import { buttonClass } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'
import { othersOnce } from './others-once.ts'
import './people.css'

const ACTIVITY: Record<Person['activity'], string> = { active: '', idle: 'idle', away: 'away' }
/** More faces than this are in the menu. */
const MAX_FACES = 4

interface PeopleProps {
  readonly people: readonly Person[]
  readonly onFollow: (clientId: number | null) => void
}

/** Who else is on the board. A press on a face follows that person, and another stops. */
export function People({ people, onFollow }: PeopleProps) {
  const others = othersOnce(people)
  if (others.length === 0) return null
  const faces = others.length > MAX_FACES ? others.slice(0, MAX_FACES - 1) : others
  const toggle = (person: Person) => onFollow(person.followed ? null : person.clientId)

  return (
    <>
      <ul className="people" aria-label="People on this board">
        {faces.map((person) => (
          <li key={person.clientId}>
            <button
              type="button"
              className={`person person-${person.activity}`}
              aria-pressed={person.followed}
              aria-label={`Follow ${describe(person)}`}
              title={person.followed ? `Stop following ${person.user.name}` : `Follow ${describe(person)}`}
              onClick={() => toggle(person)}
            >
              <Avatar person={person.user} />
            </button>
          </li>
        ))}
      </ul>
      <span className={faces.length < others.length ? 'people-menu people-menu-always' : 'people-menu'}>
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
          {others.map((person) => (
            <button
              key={person.clientId}
              type="button"
              className="menu-item"
              role="menuitem"
              aria-label={`${person.followed ? 'Stop following' : 'Follow'} ${describe(person)}`}
              onClick={() => toggle(person)}
            >
              <Avatar person={person.user} sizePx={28} />
              <span className="people-name">{person.user.name}</span>
              <span className="people-note">{person.followed ? 'following' : ACTIVITY[person.activity]}</span>
            </button>
          ))}
        </Menu>
      </span>
    </>
  )
}

function describe({ user, activity }: Person): string {
  return ACTIVITY[activity] ? `${user.name}, ${ACTIVITY[activity]}` : user.name
}
