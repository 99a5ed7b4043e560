import { mutateElement } from '@excalidraw/excalidraw'
import type { ExcalidrawArrowElement } from '@excalidraw/excalidraw/element/types'
import { type ElementValues, valuesOf } from '@sketchroom/shared/scene/codec'

/**
 * The values of an elbow arrow of the scene with the way that Excalidraw's router finds between its shapes. The arrow
 * itself stays as it is: what the router would change in place, the person's undo would take for theirs.
 */
export function routeElbow(arrow: ExcalidrawArrowElement): ElementValues | undefined {
  const [first, last] = [arrow.points[0], arrow.points.at(-1)]
  if (!first || !last) return undefined
  const before = { ...arrow }
  try {
    mutateElement(arrow, { points: [first, last] }, false)
    return valuesOf(arrow)
  } catch {
    // The router asserts what it is given; fixed segments that two people have moved may not fit each other.
    return undefined
  } finally {
    Object.assign(arrow, before)
  }
}
