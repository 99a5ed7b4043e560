import type { SceneElement } from '@sketchroom/shared/scene/element'

type Point = readonly [x: number, y: number]

/** How much of the scene the window shows. */
export interface WindowSize {
  readonly width: number
  readonly height: number
}

/** What is asked of an element to find a place from where it is seen. */
export type PlacedElement = Pick<SceneElement, 'x' | 'y' | 'width' | 'height'> & {
  readonly points?: readonly Point[] | undefined
}

type Extent = readonly [left: number, top: number, right: number, bottom: number]

/** Where an element is: the places where there is something to see of it, and all that it takes up. */
interface Placed {
  readonly marks: readonly Point[]
  readonly extent: Extent
}

/** Each time more comes into the window than before; a drawing through which it would wander is not crossed. */
const MOST_STEPS = 8

/**
 * The middle of a window onto a drawing that is larger than the window, so that there is something in it: the
 * middle of a drawing may be empty. It begins with what is nearest to where most elements are, so that one element
 * far away counts for no more than one, and takes in as much around that as it can. Along an axis on which all of the
 * drawing fits, it is the drawing's middle. Undefined when nothing is drawn.
 */
export function openingPoint(elements: readonly PlacedElement[], window: WindowSize): Point | undefined {
  const placed = elements.map((element) => placedOf(element, window))
  const crowd: Point = [
    median(elements.map(({ x, width }) => x + width / 2)),
    median(elements.map(({ y, height }) => y + height / 2)),
  ]
  const anchor = nearest(
    placed.flatMap(({ marks }) => marks),
    crowd,
    window,
  )
  if (!anchor) return undefined
  const whole = around(placed.map(({ extent }) => extent))
  const [fitsWidth, fitsHeight] = [whole[2] - whole[0] <= window.width, whole[3] - whole[1] <= window.height]
  const [centerX, centerY] = middleOf(whole)
  const centered = ([x, y]: Point): Point => [fitsWidth ? centerX : x, fitsHeight ? centerY : y]

  let point = centered(anchor)
  let seen = seenFrom(placed, point, window)
  for (let step = 0; step < MOST_STEPS; step += 1) {
    // The middle of what is seen brings more of it into the window; where it brings less, it stays as it was.
    const next = centered(middleOf(around(seen)))
    const then = seenFrom(placed, next, window)
    if (then.length < seen.length) break
    ;[point, seen] = [next, then]
  }
  return point
}

/** Of an element that is larger than the window, only the outline is to be seen. */
function placedOf({ x, y, width, height, points }: PlacedElement, window: WindowSize): Placed {
  if (points && points.length > 0) {
    const marks = points.map(([dx, dy]) => [x + dx, y + dy] as const)
    return { marks, extent: around(marks.map(extentOf)) }
  }
  const extent: Extent = [x, y, x + width, y + height]
  const [centerX, centerY] = middleOf(extent)
  if (fits(extent, window)) return { marks: [[centerX, centerY]], extent }
  const [left, top, right, bottom] = extent
  const outline: Point[] = [
    [centerX, top],
    [right, centerY],
    [centerX, bottom],
    [left, centerY],
  ]
  return { marks: outline, extent }
}

/** The mark that is fewest windows away. */
function nearest(marks: readonly Point[], [x, y]: Point, window: WindowSize): Point | undefined {
  const away = (mark: Point) => Math.hypot((mark[0] - x) / window.width, (mark[1] - y) / window.height)
  let best: Point | undefined
  for (const mark of marks) if (!best || away(mark) < away(best)) best = mark
  return best
}

/** Of each element that is seen in a window around a point, what it takes up; of a larger one, the place where it is seen. */
function seenFrom(placed: readonly Placed[], [x, y]: Point, window: WindowSize): Extent[] {
  const isIn = (mark: Point) => Math.abs(mark[0] - x) <= window.width / 2 && Math.abs(mark[1] - y) <= window.height / 2
  return placed.flatMap(({ marks, extent }) => {
    const mark = marks.find(isIn)
    return mark ? [fits(extent, window) ? extent : extentOf(mark)] : []
  })
}

function extentOf([x, y]: Point): Extent {
  return [x, y, x, y]
}

function fits([left, top, right, bottom]: Extent, window: WindowSize): boolean {
  return right - left <= window.width && bottom - top <= window.height
}

function middleOf([left, top, right, bottom]: Extent): Point {
  return [(left + right) / 2, (top + bottom) / 2]
}

/** The lower of the middle two, so that of two equal crowds it lies in one and not between. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0
}

/** The smallest that all of these are in. */
function around(extents: readonly Extent[]): Extent {
  let [left, top, right, bottom] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]
  for (const extent of extents) {
    ;[left, top] = [Math.min(left, extent[0]), Math.min(top, extent[1])]
    ;[right, bottom] = [Math.max(right, extent[2]), Math.max(bottom, extent[3])]
  }
  return [left, top, right, bottom]
}
