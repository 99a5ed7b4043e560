import type { Person } from '@sketchroom/canvas'

const ATTENTION: Record<Person['activity'], number> = { active: 0, idle: 1, away: 2 }

/**
 * Everybody else, each once: of a person's tabs the followed one counts, else the liveliest. In the order
 * of names, so that faces do not jump about as people pause and go on.
 */
export function othersOnce(people: readonly Person[]): Person[] {
  const self = people.find((person) => person.isSelf)
  const others = new Map<string, Person>()
  for (const person of people) {
    if (person.isSelf || person.user.id === self?.user.id) continue
    const other = others.get(person.user.id)
    if (!other || rank(person) < rank(other)) others.set(person.user.id, person)
  }
  return [...others.values()].toSorted(
    (a, b) => a.user.name.localeCompare(b.user.name) || a.user.id.localeCompare(b.user.id),
  )
}

function rank(person: Person): number {
  return person.followed ? -1 : ATTENTION[person.activity]
}
