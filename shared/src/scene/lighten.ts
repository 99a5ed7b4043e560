import { cutTo } from './checks.ts'
import { withKeys, type ElementValues } from './codec.ts'
import type { ElementPoint } from './element.ts'
import type { Ink } from './ink.ts'
import type { Properties } from './key-spec.ts'
import type { Route } from './line-keys.ts'
import type { Fit } from './text-keys.ts'
import { thin, thinInk } from './thin.ts'
import { heavyLooks, INK_POINTS_PER_SEGMENT, LETTERS_PER_SEGMENT, lettersOf, pictureOf, weightOf } from './weight.ts'

/** What an element may cost to show; see `weightOf` and `pictureOf`. */
export interface Allowance {
  readonly weight: number
  readonly picture: number
}

/**
 * The values with so much less that showing them costs about what is allowed: hatching and dashes go first, then points; what
 * would make too large a picture is shown small. The same object when nothing has to go. For showing only: written, it would
 * be the loss of what somebody drew.
 */
export function lighten(values: ElementValues, { weight, picture }: Allowance): ElementValues {
  const light = weightOf(values) <= weight ? values : withFewer(values, weight)
  const size = pictureOf(light)
  return size <= picture ? light : shrink(light, Math.sqrt(picture / size))
}

function withFewer(values: ElementValues, weight: number): ElementValues {
  const plain = plainLine(values)
  const { keys } = plain
  const light = new Map<string, unknown>()
  const { hasDashes, hasHatching } = heavyLooks(plain)
  if (hasHatching) light.set('fillStyle', 'solid')
  if (hasDashes) light.set('strokeStyle', 'solid')
  if (keys.via) light.set('via', thin(keys.via as readonly ElementPoint[], weight))
  if (keys.ink) light.set('ink', thinInk(keys.ink as Ink, weight * INK_POINTS_PER_SEGMENT))
  if (keys.fit) light.set('fit', fitOfBeginning(keys, weight * LETTERS_PER_SEGMENT))
  return withKeys(plain, light)
}

/** The fit of the beginning of a text: the words stay whole, what is drawn of them does not. */
function fitOfBeginning(keys: Properties, most: number): Fit {
  const [width, height, , measuredFor] = keys.fit as Fit
  const letters = lettersOf(keys)
  const shown = `${cutTo(most)(letters) ?? ''}…`
  return [width, (height * countLines(shown)) / countLines(letters), shown, measuredFor]
}

function countLines(letters: string): number {
  return letters.split('\n').length
}

/** The values so many times as large, at the same place. */
function shrink(values: ElementValues, scale: number): ElementValues {
  const plain = plainLine(values)
  const { keys } = plain
  const [left, top] = (keys.from ?? [0, 0]) as ElementPoint
  const inPlace = ([x, y]: ElementPoint) => [left + (x - left) * scale, top + (y - top) * scale] as const
  const small = new Map<string, unknown>()
  if (keys.wh) small.set('wh', scaled(keys.wh as ElementPoint, scale))
  if (keys.to) small.set('to', inPlace(keys.to as ElementPoint))
  if (keys.via) small.set('via', (keys.via as readonly ElementPoint[]).map(inPlace))
  if (keys.ink) {
    const { steps, pressures } = keys.ink as Ink
    small.set('ink', { steps: steps.map((step) => Math.round(step * scale)), pressures })
  }
  if (keys.fit) {
    const [width, height, wrapped, measuredFor] = keys.fit as Fit
    small.set('fit', [...scaled([width, height], scale), wrapped, measuredFor])
    small.set('fontSize', Math.max(1, (keys.fontSize as number) * scale))
    if (keys.wrapWidth !== null) small.set('wrapWidth', (keys.wrapWidth as number) * scale)
  }
  return withKeys(plain, small)
}

/** An elbow arrow as one without elbows: fewer points, or nearer ones, would not be at right angles. */
function plainLine(values: ElementValues): ElementValues {
  if (!values.keys.elbow) return values
  const [between] = values.keys.route as Route
  return withKeys(values, new Map<string, unknown>(Object.entries({ elbow: null, route: [[], ''], via: between })))
}

function scaled([width, height]: ElementPoint, scale: number): ElementPoint {
  return [width * scale, height * scale]
}
