import { isElementId, type ArrowBinding, type ElementPoint } from './element.ts'

/** The properties of something by their names, not checked. */
export type Properties = Readonly<Record<string, unknown>>

/** A segment of an elbow arrow that somebody has put where it is, and which of its segments it is. */
export interface FixedSegment {
  readonly start: ElementPoint
  readonly end: ElementPoint
  readonly index: number
}

/** Turns an untrusted value into a valid one; undefined when it is not valid. Never throws. */
export type Check<V> = (raw: unknown) => V | undefined

/** The largest coordinate or length, in pixels; beyond it canvases draw nothing and sums lose their digits. */
const MAX_COORDINATE = 1e7
/** How far from a shape an arrow ends, in pixels, when nobody says: with 0, Excalidraw leads it into the shape. */
const DEFAULT_GAP = 5
const OF_BINDING: ReadonlySet<string> = new Set(['elementId', 'focus', 'gap', 'fixedPoint'])
/** The grid of the places of lines. */
const STEPS_PER_PIXEL = 1024
const MAX_POINTS_BETWEEN = 9_998
const MAX_TEXT_LENGTH = 100_000
const MAX_GROUPS = 64
const MAX_CUSTOM_DATA_LENGTH = 4_096
const MAX_BINDING_LENGTH = 1_024
const MAX_REST_LENGTH = 65_536
/** An editor copies what it shows by recursion, and so do we: its stack ends somewhere between 1,000 and 10,000. */
const MAX_DEPTH = 32

/** A finite number within the range, ends included. There is no −0: JSON would lose it on the way. */
export function numberBetween(least: number, most: number): Check<number> {
  return (raw) => (typeof raw === 'number' && raw >= least && raw <= most ? raw + 0 : undefined)
}

/** A coordinate or a length in pixels. */
export const coordinate = numberBetween(-MAX_COORDINATE, MAX_COORDINATE)

/** True or false. */
export const flag: Check<boolean> = (raw) => (typeof raw === 'boolean' ? raw : undefined)

/** A string of the given length at most, in UTF-16 units. Half a surrogate pair would not survive the way: it becomes U+FFFD. */
export function stringUpTo(most: number): Check<string> {
  return (raw) => (typeof raw === 'string' && raw.length <= most ? raw.toWellFormed() : undefined)
}

/** The beginning of a string, of the given length at most, with no half of a surrogate pair at its end. */
export function cutTo(most: number): Check<string> {
  return (raw) =>
    typeof raw === 'string'
      ? raw
          .slice(0, most)
          .replace(/[\uD800-\uDBFF]$/, '')
          .toWellFormed()
      : undefined
}

/** What a person wrote. */
export const prose = stringUpTo(MAX_TEXT_LENGTH)

/** As much of what a person wrote as a text holds. */
export const fitProse = cutTo(MAX_TEXT_LENGTH)

/** One of the listed values. */
export function oneOf<const V>(allowed: readonly V[]): Check<V> {
  const set: ReadonlySet<unknown> = new Set(allowed)
  return (raw) => (set.has(raw) ? (raw as V) : undefined)
}

/** Null, or what the check takes. */
export function nullable<V>(check: Check<V>): Check<V | null> {
  return (raw) => (raw === null ? null : check(raw))
}

/** The id of another element, which may not (or no longer) exist. */
export const elementId: Check<string> = (raw) => (isElementId(raw) ? raw : undefined)

/** A CSS colour. `url(…)` is not one: nothing in a drawing may name something to fetch. */
export const color: Check<string> = (raw) =>
  typeof raw === 'string' && /^(?!.*url)[#a-z0-9(),.%\s/-]{1,64}$/i.test(raw) ? raw : undefined

/** A list of group ids, innermost first. */
export const groupIds: Check<readonly string[]> = (raw) =>
  Array.isArray(raw) && raw.length <= MAX_GROUPS && raw.every(isElementId) ? [...raw] : undefined

/** An address that is safe to open: http, https or mailto. All others (`javascript:`, `data:`) are inert. */
export const link: Check<string> = (raw) =>
  typeof raw === 'string' && raw.length <= 2_048 && /^(https?:\/\/|mailto:)[^\s]/i.test(raw) ? raw : undefined

/** What a person types for an address on the web, such as `example.com/page`, as that address. */
export const fitLink: Check<string> = (raw) =>
  typeof raw === 'string' && /^([\w-]+\.)+[a-z]{2,}([/?#:]|$)/i.test(raw) ? link(`https://${raw}`) : undefined

/** The way in which corners are rounded. */
export const roundness: Check<{ type: number; value?: number }> = (raw) => {
  if (!isRecord(raw)) return undefined
  const type = oneOf([1, 2, 3])(raw.type)
  if (type === undefined) return undefined
  const value = coordinate(raw.value)
  return value === undefined ? { type } : { type, value }
}

/** Two coordinates. */
export const pair: Check<ElementPoint> = (raw) => {
  if (!Array.isArray(raw) || raw.length !== 2) return undefined
  const x = coordinate(raw[0])
  const y = coordinate(raw[1])
  return x === undefined || y === undefined ? undefined : [x, y]
}

/**
 * A place that others are counted from, to 1/1024 px. A line's points are told from its first one and kept as places:
 * on this grid the sum and the difference are exact, so that reading a line and showing it changes nothing.
 */
export const place: Check<ElementPoint> = (raw) => {
  const [x, y] = pair(raw) ?? []
  return x === undefined || y === undefined ? undefined : [onGrid(x), onGrid(y)]
}

function onGrid(value: number): number {
  return Math.round(value * STEPS_PER_PIXEL) / STEPS_PER_PIXEL + 0
}

/** A coordinate or a length, drawn back to the edge of the plane. */
export const fitCoordinate: Check<number> = (raw) =>
  typeof raw === 'number' ? coordinate(Math.max(-MAX_COORDINATE, Math.min(MAX_COORDINATE, raw))) : undefined

/** Two coordinates, each drawn back to the edge of the plane. */
export const fitPair: Check<ElementPoint> = (raw) =>
  Array.isArray(raw) ? pair([fitCoordinate(raw[0]), fitCoordinate(raw[1])]) : undefined

/** The points of a line between its ends. */
export const pointsBetween: Check<readonly ElementPoint[]> = (raw) => {
  if (!Array.isArray(raw) || raw.length > MAX_POINTS_BETWEEN) return undefined
  const points: ElementPoint[] = []
  for (const rawPoint of raw) {
    const point = place(rawPoint)
    if (!point) return undefined
    points.push(point)
  }
  return points
}

/** As many points between the ends of a line as it may have. */
export const fitPointsBetween: Check<readonly ElementPoint[]> = (raw) =>
  Array.isArray(raw) ? pointsBetween(raw.slice(0, MAX_POINTS_BETWEEN).map(fitPair)) : undefined

/** The end of an arrow on a shape. What newer editors leave out has a default, and what they add stays. */
export const arrowBinding: Check<ArrowBinding> = (raw) => {
  if (!isRecord(raw) || !isElementId(raw.elementId)) return undefined
  const focus = coordinate(raw.focus ?? 0)
  const gap = coordinate(raw.gap ?? DEFAULT_GAP)
  if (focus === undefined || gap === undefined) return undefined
  const fixedPoint = pair(raw.fixedPoint)
  const binding = { elementId: raw.elementId, focus, gap, ...(fixedPoint && { fixedPoint }) }
  if (Object.keys(raw).every((key) => OF_BINDING.has(key))) return binding
  const { elementId: _target, focus: _focus, gap: _gap, fixedPoint: _fixedPoint, ...more } = raw
  return { ...jsonUpTo(MAX_BINDING_LENGTH)(more), ...binding }
}

/** The segments of an elbow arrow that somebody fixed. */
export const fixedSegments: Check<readonly FixedSegment[]> = (raw) => {
  if (!Array.isArray(raw) || raw.length > MAX_POINTS_BETWEEN) return undefined
  const segments: FixedSegment[] = []
  for (const segment of raw) {
    if (!isRecord(segment)) return undefined
    const start = place(segment.start)
    const end = place(segment.end)
    const index = numberBetween(0, MAX_POINTS_BETWEEN)(segment.index)
    if (!start || !end || index === undefined) return undefined
    segments.push({ start, end, index })
  }
  return segments
}

/** What an application keeps with an element: a small JSON object, copied. Ours (`sketchroom`) is not for others to set. */
export const customData: Check<Properties> = (raw) => {
  if (!isRecord(raw)) return undefined
  const { sketchroom: _ours, ...theirs } = raw
  return jsonUpTo(MAX_CUSTOM_DATA_LENGTH)(theirs)
}

/** What an element of a kind that is not known says beyond what all elements say: a JSON object, copied. */
export const rest: Check<Properties> = (raw) => (isRecord(raw) ? jsonUpTo(MAX_REST_LENGTH)(raw) : undefined)

/** A plain object as JSON has it, copied; undefined when it is longer, nests deeper than `MAX_DEPTH`, or is no JSON. */
function jsonUpTo(most: number): (raw: Properties) => Properties | undefined {
  return (raw) => {
    if (isDeeperThan(MAX_DEPTH, raw)) return undefined
    try {
      const json = JSON.stringify(raw)
      if (json.length > most) return undefined
      return JSON.parse(json, (key, value: unknown) => (key === '__proto__' ? undefined : value)) as Properties
    } catch {
      // A cycle, a bigint, or nested too deep: no JSON.
      return undefined
    }
  }
}

function isDeeperThan(left: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return left === 0 || Object.values(value).some((child) => isDeeperThan(left - 1, child))
}

/** Whether a value is a plain object: no array, no bytes, no shared type. */
export function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && [Object.prototype, null].includes(Object.getPrototypeOf(raw))
}
