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

/**
 * The middle of a window onto a drawing that is larger than the window, so that there is something in it: the
 * middle of a drawing may be empty. It begins with what is nearest to where most elements are, so that one element
 * far away counts for no more than one, and takes in as much around that as it can. Undefined when nothing is drawn.
 */
export function openingPoint(elements: readonly PlacedElement[], window: WindowSize): Point | undefined {
  const marks = elements.map((element) => marksOf(element, window))
  const crowd: Point = [
    median(elements.map(({ x, width }) => x + width / 2)),
    median(elements.map(({ y, height }) => y + height / 2)),
  ]
  const anchor = nearest(marks.flat(), crowd, window)
  if (!anchor) return undefined
  const seen = seenFrom(marks, anchor, window)
  // The middle of what is seen brings more of it into the window; where it brings less, it stays as it was.
  const around: Point = [middle(seen.map(([x]) => x)), middle(seen.map(([, y]) => y))]
  return seenFrom(marks, around, window).length >= seen.length ? around : anchor
}

/** Places where there is something to see of an element: of one that is larger than the window, only its outline. */
function marksOf({ x, y, width, height, points }: PlacedElement, window: WindowSize): readonly Point[] {
  if (points && points.length > 0) return points.map(([dx, dy]) => [x + dx, y + dy] as const)
  const [right, bottom, centerX, centerY] = [x + width, y + height, x + width / 2, y + height / 2]
  if (width <= window.width && height <= window.height) return [[centerX, centerY]]
  return [
    [centerX, y],
    [right, centerY],
    [centerX, bottom],
    [x, centerY],
  ]
}

/** The mark that is fewest windows away. */
function nearest(marks: readonly Point[], [x, y]: Point, window: WindowSize): Point | undefined {
  const away = (mark: Point) => Math.hypot((mark[0] - x) / window.width, (mark[1] - y) / window.height)
  let best: Point | undefined
  for (const mark of marks) if (!best || away(mark) < away(best)) best = mark
  return best
}

/** For each element that is seen in a window around a point, where it is seen. */
function seenFrom(marks: readonly (readonly Point[])[], [x, y]: Point, window: WindowSize): Point[] {
  const isIn = (mark: Point) => Math.abs(mark[0] - x) < window.width / 2 && Math.abs(mark[1] - y) < window.height / 2
  return marks.map((ofOne) => ofOne.find(isIn)).filter((mark) => mark !== undefined)
}

/** The lower of the middle two, so that of two equal crowds it lies in one and not between. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0
}

function middle(values: readonly number[]): number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)]
  return (least + most) / 2
}
