import type { BoundElement, SceneElement } from '@sketchroom/shared/scene/element'
import type { ViewElement } from './scene-view.ts'

/** An element as a new object for the view, one version after the one that it replaces. */
export function nextVersion(element: SceneElement, replaced: ViewElement | undefined): ViewElement {
  return {
    ...element,
    version: (replaced?.version ?? 0) + 1,
    versionNonce: Math.floor(Math.random() * 2 ** 31),
    updated: Date.now(),
  }
}

/** Whether there is anything to see of an element. Editors make it at pointer-down, and drop it when nothing comes. */
export function isVisible(element: SceneElement): boolean {
  if (element.isDeleted) return false
  switch (element.type) {
    case 'text':
      return /\S/.test(element.originalText)
    case 'freedraw':
      return element.points.length > 0
    case 'line':
    case 'arrow':
      return element.points.some(([x, y]) => x !== 0 || y !== 0)
    default:
      return element.width !== 0 || element.height !== 0
  }
}

/** Whether two lists name the same bound elements, in any order. */
export function sameBound(a: readonly BoundElement[] | null, b: readonly BoundElement[] | null): boolean {
  const ids = new Set(a?.map((bound) => bound.id))
  return ids.size === (b?.length ?? 0) && (b ?? []).every((bound) => ids.has(bound.id))
}
