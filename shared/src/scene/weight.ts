import type { ElementValues } from './codec.ts'
import type { ElementPoint } from './element.ts'
import { STEPS_PER_PIXEL, sizeOfInk, type Ink } from './ink.ts'
import { placesOfLine, sizeOfPoints } from './line-keys.ts'
import type { Properties } from './key-spec.ts'
import type { Fit } from './text-keys.ts'

/** Ink is filled in one go; of a line each segment is drawn by itself, twice, so as to look sketched. */
export const INK_POINTS_PER_SEGMENT = 2
export const LETTERS_PER_SEGMENT = 20
/** Dashes, and the lines of a fill, are drawn together. */
const STROKES_PER_SEGMENT = 4
/** How long a dash and the gap behind it are, in pixels, beside the line's width. Source: Excalidraw 0.18. */
const DASH_LENGTH: Readonly<Record<string, number>> = { dashed: 16, dotted: 7.5 }
/** How far apart the lines of a fill are, in widths of a line. */
const FILL_GAP = 4
/** Fills are slanted: of what goes along an axis, so much goes across their lines. */
const SLANT = 0.7
/** How often a fill goes over its area. */
const FILLS: Readonly<Record<string, number>> = { hachure: 1, 'cross-hatch': 2, zigzag: 2 }
/** A path that ends so near to where it began, in pixels, is closed, and is filled. */
const CLOSED_WITHIN = 8
/** No picture of an element is larger, in pixels: of what is, the editor takes a smaller one. */
const MOST_PICTURE = 2 ** 24

/** The line around an element, or along it. */
interface Outline {
  readonly segments: number
  /** In pixels, across and down added up: more than it is, by half at most. */
  readonly length: number
  readonly isFilled: boolean
}

/**
 * How much there is to draw of an element, in segments of a sketched line: a browser takes about 50 µs for each. What is
 * legal may be anything: a box of 10,000,000 px with a hatched fill has millions, and a browser that is shown it stops.
 */
export function weightOf(values: ElementValues): number {
  if (values.keys.isDeleted === true) return 0
  const outline = outlineOf(values)
  return 1 + outline.segments + dashesOf(values.keys, outline) + hatchingOf(values.keys, outline)
}

/** What is drawn of a text: its words, with the line breaks that make them fit. */
export function lettersOf(keys: Properties): string {
  return (keys.fit as Fit)[2] ?? (keys.words as string)
}

/** What beside points makes an element heavy. */
export function heavyLooks(values: ElementValues): { readonly hasDashes: boolean; readonly hasHatching: boolean } {
  const outline = outlineOf(values)
  return { hasDashes: dashesOf(values.keys, outline) > 0, hasHatching: hatchingOf(values.keys, outline) > 0 }
}

/** How large the picture is that an editor makes of an element to draw it from, in pixels at zoom 1: 4 bytes for each. */
export function pictureOf({ type, keys }: ElementValues): number {
  // A frame is drawn without one.
  if (keys.isDeleted === true || type === 'frame') return 0
  const [width, height] = keys.ink
    ? sizeOfInk(keys.ink as Ink)
    : keys.from
      ? sizeOfPoints(placesOfLine(keys))
      : ((keys.wh ?? keys.fit ?? [0, 0]) as ElementPoint)
  return Math.min(MOST_PICTURE, Math.abs(width * height))
}

/**
 * Whether an arrow is too long to have its label cut out of it: an editor makes a square picture for that, as wide as the
 * arrow is long. Of 14,000 px it takes seconds at each change.
 */
export function isTooLongForLabel({ type, keys }: ElementValues): boolean {
  return type === 'arrow' && Math.max(...sizeOfPoints(placesOfLine(keys))) ** 2 > MOST_PICTURE
}

function outlineOf({ type, keys }: ElementValues): Outline {
  if (keys.ink) return outlineOfInk(keys.ink as Ink)
  if (keys.from) return outlineOfLine(placesOfLine(keys), type === 'line')
  if (keys.fit) return { segments: lettersOf(keys).length / LETTERS_PER_SEGMENT, length: 0, isFilled: false }
  const [width, height] = (keys.wh ?? [0, 0]) as ElementPoint
  return { segments: 4, length: 2 * (Math.abs(width) + Math.abs(height)), isFilled: type !== 'frame' }
}

function outlineOfLine(places: readonly ElementPoint[], canBeFilled: boolean): Outline {
  let length = 0
  for (let i = 1; i < places.length; i++) length += distance(places[i - 1] as ElementPoint, places[i] as ElementPoint)
  const isClosed = distance(places[0] as ElementPoint, places.at(-1) as ElementPoint) <= CLOSED_WITHIN
  return { segments: places.length - 1, length, isFilled: canBeFilled && isClosed }
}

function outlineOfInk({ steps }: Ink): Outline {
  const at = (i: number) => [steps[i] as number, steps[i + 1] as number] as const
  let length = 0
  for (let i = 2; i < steps.length; i += 2) length += distance(at(i - 2), at(i))
  const isFilled = distance(at(0), at(steps.length - 2)) <= CLOSED_WITHIN * STEPS_PER_PIXEL
  return { segments: steps.length / 2 / INK_POINTS_PER_SEGMENT, length: length / STEPS_PER_PIXEL, isFilled }
}

/** What the dashes of a stroke weigh. */
function dashesOf(keys: Properties, { length }: Outline): number {
  const dash = DASH_LENGTH[String(keys.strokeStyle)]
  // Ink has none, whatever it says.
  if (dash === undefined || keys.ink) return 0
  return length / (dash + Number(keys.strokeWidth)) / STROKES_PER_SEGMENT
}

/** What the lines weigh with which an area is filled: each part of the outline is cut by those that it goes across. */
function hatchingOf(keys: Properties, { length, isFilled }: Outline): number {
  const times = FILLS[String(keys.fillStyle)]
  if (times === undefined || !isFilled || keys.backgroundColor === 'transparent') return 0
  const lines = (SLANT * length) / 2 / (FILL_GAP * Number(keys.strokeWidth))
  return (times * lines) / STROKES_PER_SEGMENT
}

function distance([x, y]: ElementPoint, [otherX, otherY]: ElementPoint): number {
  return Math.abs(otherX - x) + Math.abs(otherY - y)
}
