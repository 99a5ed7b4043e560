import type { ElementPoint } from './element.ts'
import { inkFromPoints, pointsOfInk, pressuresOfInk, type Ink } from './ink.ts'

/** Fewer do not tell where the others are: see `carry`. */
const LEAST_POINTS = 4
/** How far off an editor may put a point of those that it moves together, in pixels. */
const TOLERANCE = 1

/** At most so many of these points, evenly chosen, the first and the last among them. */
export function thin(points: readonly ElementPoint[], most: number): readonly ElementPoint[] {
  const chosen = chooseEvenly(points.length, most)
  return chosen ? chosen.map((i) => points[i] as ElementPoint) : points
}

/** A stroke of at most so many points. */
export function thinInk(ink: Ink, most: number): Ink {
  const chosen = chooseEvenly(ink.steps.length / 2, most)
  if (!chosen) return ink
  const steps = Int32Array.from(chosen.flatMap((i) => [ink.steps[i * 2] as number, ink.steps[i * 2 + 1] as number]))
  const hasPressures = ink.pressures.length > 0
  return { steps, pressures: Uint8Array.from(hasPressures ? chosen.map((i) => ink.pressures[i] as number) : []) }
}

/** Which of so many; undefined: all of them. */
function chooseEvenly(count: number, most: number): number[] | undefined {
  const kept = Math.max(LEAST_POINTS, Math.floor(most))
  if (count <= kept) return undefined
  return Array.from({ length: kept }, (_, i) => Math.round((i * (count - 1)) / (kept - 1)))
}

/**
 * Where points are after what somebody did to some of them, thinned out: moved, sized or mirrored all of them together.
 * Undefined when they did something else, such as a bend, of which nobody can say what it means for the others.
 */
export function carry(
  points: readonly ElementPoint[],
  before: readonly ElementPoint[],
  after: readonly ElementPoint[],
): ElementPoint[] | undefined {
  if (before.length !== after.length) return undefined
  const [x, y] = [0, 1].map((axis) =>
    stretch(
      before.map((point) => point[axis] as number),
      after.map((point) => point[axis] as number),
    ),
  )
  return x && y && points.map((point) => [x(point[0]), y(point[1])])
}

/** The same of a stroke. */
export function carryInk(ink: Ink, before: Ink, after: Ink): Ink | undefined {
  const [points, from, to] = [ink, before, after].map(pointsOfInk)
  const carried = points && from && to && carry(points, from, to)
  return carried && inkFromPoints(carried, pressuresOfInk(ink))
}

/** How each of the first has become its second, if it is the same way for all. */
function stretch(before: readonly number[], after: readonly number[]): ((at: number) => number) | undefined {
  let [least, most] = [0, 0]
  for (const [i, at] of before.entries()) {
    if (at < (before[least] as number)) least = i
    if (at > (before[most] as number)) most = i
  }
  const [from, to] = [before[least] as number, after[least] as number]
  const length = (before[most] as number) - from
  const scale = length === 0 ? 1 : ((after[most] as number) - to) / length
  const way = (at: number) => to + (at - from) * scale
  return before.every((at, i) => Math.abs(way(at) - (after[i] as number)) <= TOLERANCE) ? way : undefined
}
