import type { ElementId } from '@sketchroom/shared/ids'
import { isRecord } from '@sketchroom/shared/scene/checks'
import { elementOf, type ElementValues } from '@sketchroom/shared/scene/codec'
import { isElementId, type SceneElement } from '@sketchroom/shared/scene/element'

/**
 * The element that an editor shows for values that were made lighter. It says whose it is: a copy of it, which the editor
 * makes of what it has, is to become a copy of all that is stored.
 */
export function lightenedOf(id: ElementId, values: ElementValues): SceneElement {
  const element = elementOf(id, values)
  // The empty object of an application would be taken for nothing, and that for a change.
  if (element.customData && Object.keys(element.customData).length === 0) return element
  return { ...element, customData: { ...element.customData, sketchroom: { lightened: id } } }
}

/** The element that a lightened one shows, or that it was copied from; undefined of any other. */
export function findLightened({ customData }: SceneElement): ElementId | undefined {
  const ours = customData?.sketchroom
  return isRecord(ours) && isElementId(ours.lightened) ? ours.lightened : undefined
}
