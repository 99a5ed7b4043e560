import type { CSSProperties } from 'react'
import { initialsOf } from './initials.ts'
import './avatar.css'

/** Somebody who has a face in the interface. */
export interface AvatarPerson {
  readonly name: string
  /** `#rrggbb`. */
  readonly color: string
}

/** A person's initials on their colour. Decorative: the name must stand beside it or in a label. */
export function Avatar({ person, sizePx = 32 }: { person: AvatarPerson; sizePx?: number }) {
  return (
    <span
      className="avatar"
      aria-hidden="true"
      style={{ '--person': person.color, '--size': `${sizePx / 16}rem` } as CSSProperties}
    >
      {initialsOf(person.name)}
    </span>
  )
}

interface AvatarStackProps {
  readonly people: ReadonlyArray<AvatarPerson & { readonly id: string }>
  /** The accessible name, which must hold the people's names. */
  readonly label: string
  readonly max?: number
  readonly sizePx?: number
}

/** A few overlapping faces and how many more there are. */
export function AvatarStack({ people, label, max = 4, sizePx = 28 }: AvatarStackProps) {
  const shown = people.length > max ? people.slice(0, max - 1) : people
  const more = people.length - shown.length
  return (
    <span className="avatar-stack" role="img" aria-label={label} title={label}>
      {shown.map((person) => (
        <Avatar key={person.id} person={person} sizePx={sizePx} />
      ))}
      {more > 0 && (
        <span className="avatar avatar-more" style={{ '--size': `${sizePx / 16}rem` } as CSSProperties}>
          +{more}
        </span>
      )}
    </span>
  )
}
