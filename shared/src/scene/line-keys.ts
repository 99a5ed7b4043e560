import * as check from './checks.ts'
import {
  fitPair,
  fitPointsBetween,
  flag,
  isRecord,
  nullable,
  place,
  pointsBetween,
  type FixedSegment,
} from './checks.ts'
import { Digest } from './digest.ts'
import type { ElementPoint } from './element.ts'
import { bundle, type KeySpec, type Properties } from './key-spec.ts'

const LINEAR = ['line', 'arrow'] as const
const MAX_NAME_LENGTH = 32

/** Where a line begins. Places of a line are those of the drawing, before it is turned. */
export const from: KeySpec<ElementPoint> = end('from', [0, 0], 0)

/** Where a line ends. Each end is a key of its own: whoever moves the shape at one of them leaves the other alone. */
export const to: KeySpec<ElementPoint> = end('to', [100, 0], -1)

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
  const { from: start, to: stop, elbow: fixed, startBinding, endBinding } = keys
  return new Digest().text(JSON.stringify([start, stop, fixed, startBinding, endBinding])).name()
}

/** Whether a line's points are what its keys say. Only an elbow arrow's can be out of date. */
export function isRouteFresh(keys: Properties): boolean {
  return !keys.elbow || (keys.route as Route)[1] === routeFor(keys)
}

/** A line's places, one after the other. */
export function placesOfLine(keys: Properties): ElementPoint[] {
  const between = keys.elbow ? (keys.route as Route)[0] : (keys.via as readonly ElementPoint[])
  return [keys.from as ElementPoint, ...between, keys.to as ElementPoint]
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
  const [x, y] = keys.from as ElementPoint
  const points = placesOfLine(keys).map(([px, py]) => [px - x, py - y] as const)
  const [width, height] = sizeOfPoints(points)
  Object.assign(element, { x, y, width, height, points, lastCommittedPoint: null })
  if (element.type !== 'arrow') return
  const fixed = keys.elbow as Elbow | null
  Object.assign(element, { elbowed: fixed !== null })
  if (fixed) Object.assign(element, fixed, { fixedSegments: moveSegments(fixed.fixedSegments, [-x, -y]) })
}

function end(name: 'from' | 'to', fallback: ElementPoint, at: 0 | -1): KeySpec<ElementPoint> {
  return bundle<ElementPoint>({
    name,
    types: LINEAR,
    fallback,
    parse: place,
    fit: (raw) => place(fitPair(raw)),
    read: (element) => placesOf(element)?.at(at),
    write: () => {},
  })
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
