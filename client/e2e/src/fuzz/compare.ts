import type { WholeElement } from './whole-editor.ts'

/** What is not shown: editors count for themselves, the order is compared as one, the rest is of old versions. */
const OWN_AFFAIRS = new Set(
  'version versionNonce updated index lastCommittedPoint isDeleted strokeSharpness baseline boundElementIds'.split(' '),
)
/** Points of strokes are kept to 1/16 px, pressures to 1/255; the rest as it is, but for the last digits. */
const ROUNDING: Readonly<Record<string, number>> = {
  x: 0.13,
  y: 0.13,
  width: 0.13,
  height: 0.13,
  points: 0.13,
  pressures: 0.005,
}
const LAST_DIGITS = 0.001

/** How two people's drawings differ, in words; nothing when they are the same. */
export function sceneDifferences(mine: readonly WholeElement[], theirs: readonly WholeElement[]): string[] {
  const others = new Map(theirs.map((element) => [element.id, element]))
  const links = linksOf(mine)
  const differences = mine.flatMap((element) => {
    const other = others.get(element.id)
    return other ? elementDifferences(element, other, links) : [`${name(element)} is not there for the second`]
  })
  const ids = new Set(mine.map(({ id }) => id))
  differences.push(...theirs.filter(({ id }) => !ids.has(id)).map((each) => `${name(each)} is not there for the first`))
  const order = (elements: readonly WholeElement[]) => elements.map(({ id }) => id).join(' ')
  if (differences.length === 0 && order(mine) !== order(theirs)) {
    differences.push(`the order: ${order(mine)} and ${order(theirs)}`)
  }
  return differences
}

/** Who is bound to whom, by the labels and arrows themselves. */
export function linksOf(elements: readonly WholeElement[]): ReadonlySet<string> {
  return new Set(
    elements.flatMap(({ id, type, containerId, startBinding, endBinding }) => {
      // Old files have lines with bindings, which do nothing.
      const ends = type === 'arrow' ? [startBinding?.elementId, endBinding?.elementId] : []
      return [containerId, ...ends].map((other) => `${id} ${other}`)
    }),
  )
}

/** How two states of one element differ. */
export function elementDifferences(before: WholeElement, after: WholeElement, links: ReadonlySet<string>): string[] {
  const properties = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...properties].flatMap((property) => {
    if (OWN_AFFAIRS.has(property)) return []
    // What has points is as large as they are, whatever the last gesture left there.
    if (before.points && (property === 'width' || property === 'height')) return []
    const [one, other] = [valueOf(before, property, links), valueOf(after, property, links)]
    return same(one, other, ROUNDING[property] ?? LAST_DIGITS)
      ? []
      : [`${name(before)}: ${property}: ${short(one)} and ${short(other)}`]
  })
}

function valueOf(element: WholeElement, property: string, links: ReadonlySet<string>): unknown {
  const value = (element as unknown as Record<string, unknown>)[property]
  // Files of before there were elbow arrows do not speak of them.
  if (property === 'elbowed') return value ?? false
  if (property !== 'boundElements') return value
  // Derived, and in no order. Files and undone arrows leave names behind of what is not bound: they do nothing.
  const bound = new Set((element.boundElements ?? []).map(({ id }) => id))
  return [...bound].filter((id) => links.has(`${id} ${element.id}`)).sort()
}

function same(one: unknown, other: unknown, rounding: number): boolean {
  if (typeof one === 'number' && typeof other === 'number') return Math.abs(one - other) <= rounding
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return (one ?? null) === (other ?? null)
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  const [first, second] = [one as Record<string, unknown>, other as Record<string, unknown>]
  return [...keys].every((key) => same(first[key], second[key], rounding))
}

const name = ({ type, id }: WholeElement) => `${type} ${id.slice(0, 5)}`
const short = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 300)
