import { mutateElement } from '@excalidraw/excalidraw'
import type { ExcalidrawElbowArrowElement } from '@excalidraw/excalidraw/element/types'
import { type ElementValues, valuesOf } from '@sketchroom/shared/scene/codec'

type Point = ExcalidrawElbowArrowElement['points'][number]

/**
 * The values of an elbow arrow of the scene with the way that Excalidraw's router finds between its shapes. The arrow
 * itself stays as it is: what the router would change in place, the person's undo would take for theirs.
 */
export function routeElbow(arrow: ExcalidrawElbowArrowElement): ElementValues | undefined {
  const [first, last] = [arrow.points[0], arrow.points.at(-1)]
  if (!first || !last) return undefined
  const before = { ...arrow }
  try {
    if (!holdsSegments(arrow)) Object.assign(arrow, throughSegments(arrow))
    mutateElement(arrow, { points: [first, last] }, false)
    return valuesOf(arrow)
  } catch {
    // The router asserts what it is given; fixed segments that two people have moved may not fit each other.
    return undefined
  } finally {
    Object.assign(arrow, before)
  }
}

/** Whether the parts of the way that somebody has fixed are parts of it: one may have fixed them while another moved a shape. */
function holdsSegments({ points, fixedSegments }: ExcalidrawElbowArrowElement): boolean {
  const isAt = (at: number, [x, y]: Point) => points[at]?.[0] === x && points[at]?.[1] === y
  return (fixedSegments ?? []).every(({ start, end, index }) => isAt(index - 1, start) && isAt(index, end))
}

/** A way from end to end through the fixed parts; the router puts right what lies between. */
function throughSegments({ points, fixedSegments }: ExcalidrawElbowArrowElement): object {
  const way: Point[] = points.slice(0, 1)
  const segments = (fixedSegments ?? []).map((segment) => {
    const last = way.at(-1)
    if (last?.[0] !== segment.start[0] || last[1] !== segment.start[1]) way.push(segment.start)
    way.push(segment.end)
    return { ...segment, index: way.length - 1 }
  })
  way.push(...points.slice(-1))
  return { points: way, fixedSegments: segments, startIsSpecial: false, endIsSpecial: false }
}
