import { isElementId, type ArrowBinding, type ElementPoint } from './element.ts'

/** Turns an untrusted value into a valid one; undefined when it is not valid. Never throws. */
export type Check<V> = (raw: unknown) => V | undefined

/** The largest coordinate or length, in pixels; beyond it canvases draw nothing and sums lose their digits. */
const MAX_COORDINATE = 1e7
const MAX_LINE_POINTS = 10_000
const MAX_TEXT_LENGTH = 100_000
const MAX_GROUPS = 64
const MAX_CUSTOM_DATA_LENGTH = 4_096

/** A finite number within the range, ends included. There is no −0: JSON would lose it on the way. */
export function numberBetween(least: number, most: number): Check<number> {
  return (raw) => (typeof raw === 'number' && raw >= least && raw <= most ? raw + 0 : undefined)
}

/** A coordinate or a length in pixels. */
export const coordinate = numberBetween(-MAX_COORDINATE, MAX_COORDINATE)

/** True or false. */
export const flag: Check<boolean> = (raw) => (typeof raw === 'boolean' ? raw : undefined)

/** A string of the given length at most, in UTF-16 units. */
export function stringUpTo(most: number): Check<string> {
  return (raw) => (typeof raw === 'string' && raw.length <= most ? raw : undefined)
}

/** The beginning of a string, of the given length at most, with no half of a surrogate pair at its end. */
export function cutTo(most: number): Check<string> {
  return (raw) => (typeof raw === 'string' ? raw.slice(0, most).replace(/[\uD800-\uDBFF]$/, '') : undefined)
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

/** A coordinate or a length, drawn back to the edge of the plane. */
export const fitCoordinate: Check<number> = (raw) =>
  typeof raw === 'number' ? coordinate(Math.max(-MAX_COORDINATE, Math.min(MAX_COORDINATE, raw))) : undefined

/** Two coordinates, each drawn back to the edge of the plane. */
export const fitPair: Check<ElementPoint> = (raw) =>
  Array.isArray(raw) ? pair([fitCoordinate(raw[0]), fitCoordinate(raw[1])]) : undefined

/** The points of a line: at least two. */
export const linePoints: Check<ElementPoint[]> = (raw) => {
  if (!Array.isArray(raw) || raw.length < 2 || raw.length > MAX_LINE_POINTS) return undefined
  const points: ElementPoint[] = []
  for (const rawPoint of raw) {
    const point = pair(rawPoint)
    if (!point) return undefined
    points.push(point)
  }
  return points
}

/** As many points of a line as it may have. */
export const fitLinePoints: Check<ElementPoint[]> = (raw) =>
  Array.isArray(raw) ? linePoints(raw.slice(0, MAX_LINE_POINTS).map(fitPair)) : undefined

/** The end of an arrow on a shape. */
export const arrowBinding: Check<ArrowBinding> = (raw) => {
  if (!isRecord(raw) || !isElementId(raw.elementId)) return undefined
  const focus = coordinate(raw.focus)
  const gap = coordinate(raw.gap)
  if (focus === undefined || gap === undefined) return undefined
  const fixedPoint = pair(raw.fixedPoint)
  return { elementId: raw.elementId, focus, gap, ...(fixedPoint && { fixedPoint }) }
}

/** The segments of an elbow arrow that somebody fixed. */
export const fixedSegments: Check<readonly { start: ElementPoint; end: ElementPoint; index: number }[]> = (raw) => {
  if (!Array.isArray(raw) || raw.length > MAX_LINE_POINTS) return undefined
  const segments = []
  for (const segment of raw) {
    if (!isRecord(segment)) return undefined
    const start = pair(segment.start)
    const end = pair(segment.end)
    const index = numberBetween(0, MAX_LINE_POINTS)(segment.index)
    if (!start || !end || index === undefined) return undefined
    segments.push({ start, end, index })
  }
  return segments
}

/** What an application keeps with an element: a small JSON object, copied. */
export const customData: Check<Readonly<Record<string, unknown>>> = (raw) => {
  if (!isRecord(raw)) return undefined
  try {
    const json = JSON.stringify(raw)
    if (json.length > MAX_CUSTOM_DATA_LENGTH) return undefined
    return JSON.parse(json, (key, value: unknown) => (key === '__proto__' ? undefined : value)) as Record<
      string,
      unknown
    >
  } catch {
    // A cycle, a bigint, or nested too deep: no JSON.
    return undefined
  }
}

/** Whether a value is a plain object: no array, no bytes, no shared type. */
export function isRecord(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && [Object.prototype, null].includes(Object.getPrototypeOf(raw))
}
