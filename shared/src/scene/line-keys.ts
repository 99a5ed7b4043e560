import * as check from './checks.ts'
import {
  fitPair,
  fitPointsBetween,
  flag,
  isRecord,
  nullable,
  pair,
  place,
  pointsBetween,
  type FixedSegment,
} from './checks.ts'
import { Digest } from './digest.ts'
import { isElementId, type ElementPoint } from './element.ts'
import { bundle, type KeySpec, type Properties } from './key-spec.ts'

const LINEAR = ['line', 'arrow'] as const
const MAX_NAME_LENGTH = 32

/** The box of a shape, and whose it is. */
export type ShapeBox = readonly [elementId: string, left: number, top: number, width: number, height: number]

/**
 * An end of a line: a place in the drawing, before the line is turned. `against` is a hint: the box, when the end was put
 * there, of the shape that it is tied to. If the shape has another now, the end has gone with it: see `followShape`.
 */
export type LineEnd = readonly [x: number, y: number, against?: ShapeBox]

/** Where a line begins. */
export const from: KeySpec<LineEnd> = end('from', [0, 0], 0)

/** Where a line ends. Each end is a key of its own: of two people who move a shape each, none moves the other's back. */
export const to: KeySpec<LineEnd> = end('to', [100, 0], -1)

/** Where an end is now that its shape has this box: at the same place of it. */
export function followShape([x, y, against]: LineEnd, [id, ...box]: ShapeBox): ElementPoint {
  if (against?.[0] !== id) return [x, y]
  const [, left, top, width, height] = against
  const followed = [follow(x, [left, width], [box[0], box[2]]), follow(y, [top, height], [box[1], box[3]])]
  return place(followed) ?? [x, y]
}

function follow(at: number, before: readonly [number, number], now: readonly [number, number]): number {
  if (before[0] === now[0] && before[1] === now[1]) return at
  const beyond = before[0] + before[1]
  // Beside the shape it keeps its distance, within its bounds its part of the length.
  if (at <= before[0] || before[1] <= 0) return at + now[0] - before[0]
  if (at >= beyond) return at + now[0] + now[1] - beyond
  return now[0] + ((at - before[0]) / before[1]) * now[1]
}

/** The points between, which somebody has bent; none of an elbow arrow. */
export const via: KeySpec<readonly ElementPoint[]> = bundle<readonly ElementPoint[]>({
  name: 'via',
  types: LINEAR,
  fallback: [],
  parse: pointsBetween,
  fit: fitPointsBetween,
  read: (element) => (element.elbowed === true ? [] : placesOf(element)?.slice(1, -1)),
  write: () => {},
})

/** What somebody has said of an elbow arrow's route, and null of any other. */
export interface Elbow {
  readonly fixedSegments: readonly FixedSegment[] | null
  readonly startIsSpecial: boolean | null
  readonly endIsSpecial: boolean | null
}

/** See `Elbow`. */
export const elbow: KeySpec<Elbow | null> = bundle<Elbow | null>({
  name: 'elbow',
  types: ['arrow'],
  fallback: null,
  parse: (raw) => {
    if (raw === null || !isRecord(raw)) return raw === null ? null : undefined
    return {
      fixedSegments: nullable(check.fixedSegments)(raw.fixedSegments) ?? null,
      startIsSpecial: nullable(flag)(raw.startIsSpecial) ?? null,
      endIsSpecial: nullable(flag)(raw.endIsSpecial) ?? null,
    }
  },
  read: (element) => {
    if (element.elbowed !== true) return null
    const { startIsSpecial = null, endIsSpecial = null } = element
    return { fixedSegments: moveSegments(element.fixedSegments, positionOf(element)), startIsSpecial, endIsSpecial }
  },
  write: () => {},
})

/** The points between an elbow arrow's ends, and the name of what they were found for; see `routeFor`. */
export type Route = readonly [between: readonly ElementPoint[], routedFor: string]

/** An elbow arrow's route: a hint. It follows from all else, so whoever moves one end need not know the other's move. */
export const route: KeySpec<Route> = bundle<Route>({
  name: 'route',
  types: ['arrow'],
  fallback: [[], ''],
  parse: (raw) => {
    const [rawPoints, name] = (Array.isArray(raw) ? raw : []) as readonly unknown[]
    const between = pointsBetween(rawPoints)
    return between && [between, check.stringUpTo(MAX_NAME_LENGTH)(name) ?? '']
  },
  equals: ([a], [b]) => via.equals(a, b),
  read: (element) => [element.elbowed === true ? (placesOf(element)?.slice(1, -1) ?? []) : [], ''],
  write: () => {},
})

/** The name of what an elbow arrow's route is found for: its ends, what they are tied to, and what somebody has fixed. */
export function routeFor(keys: Properties): string {
  const { elbow: fixed, startBinding, endBinding } = keys
  const ends = [keys.from, keys.to].map((at) => (at as LineEnd).slice(0, 2))
  return new Digest().text(JSON.stringify([...ends, fixed, startBinding, endBinding])).name()
}

/** A line's places, one after the other. */
export function placesOfLine(keys: Properties): ElementPoint[] {
  const between = keys.elbow ? (keys.route as Route)[0] : (keys.via as readonly ElementPoint[])
  const [[startX, startY], [endX, endY]] = [keys.from as LineEnd, keys.to as LineEnd]
  return [[startX, startY], ...between, [endX, endY]]
}

/** How wide and how high points lie apart. */
export function sizeOfPoints(points: readonly ElementPoint[]): [width: number, height: number] {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const [x, y] of points) {
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return [right - left, bottom - top]
}

/** Gives an element of a line's kind its position, size and points: an editor has them from its first point. */
export function writeLine(keys: Properties, element: Record<string, unknown>): void {
  const [x, y] = keys.from as LineEnd
  const points = placesOfLine(keys).map(([px, py]) => [px - x, py - y] as const)
  const [width, height] = sizeOfPoints(points)
  Object.assign(element, { x, y, width, height, points, lastCommittedPoint: null })
  if (element.type !== 'arrow') return
  const fixed = keys.elbow as Elbow | null
  Object.assign(element, { elbowed: fixed !== null })
  if (fixed) Object.assign(element, fixed, { fixedSegments: moveSegments(fixed.fixedSegments, [-x, -y]) })
}

function end(name: 'from' | 'to', fallback: LineEnd, at: 0 | -1): KeySpec<LineEnd> {
  return bundle<LineEnd>({
    name,
    types: LINEAR,
    fallback,
    parse: (raw) => {
      if (!Array.isArray(raw)) return undefined
      const [x, y, against] = raw as readonly unknown[]
      const checked = place([x, y])
      const box = shapeBox(against)
      return checked && box ? [...checked, box] : checked
    },
    fit: (raw) => place(fitPair(raw)),
    equals: (a, b) => a[0] === b[0] && a[1] === b[1],
    read: (element) => placesOf(element)?.at(at),
    write: () => {},
  })
}

function shapeBox(raw: unknown): ShapeBox | undefined {
  if (!Array.isArray(raw) || !isElementId(raw[0])) return undefined
  const [corner, size] = [pair(raw.slice(1, 3)), pair(raw.slice(3, 5))]
  return corner && size && [raw[0], ...corner, ...size]
}

function positionOf({ x = 0, y = 0 }: Properties): ElementPoint {
  return [Number(x), Number(y)]
}

/** What an editor has as points from the element's position, as places; what is no list of points, as undefined. */
function placesOf(element: Properties): unknown[] | undefined {
  const { points } = element
  if (!Array.isArray(points) || points.length < 2) return undefined
  const [x, y] = positionOf(element)
  return points.map((point: unknown) => (Array.isArray(point) ? [Number(point[0]) + x, Number(point[1]) + y] : point))
}

function moveSegments(raw: unknown, [dx, dy]: ElementPoint): FixedSegment[] | null {
  const move = ([x, y]: ElementPoint) => [x + dx, y + dy] as const
  const segments = check.fixedSegments(raw)
  return segments?.map(({ start, end: stop, index }) => ({ start: move(start), end: move(stop), index })) ?? null
}
