import type { ElementId } from '../ids.ts'
import { withKeys, type ElementValues } from './codec.ts'
import type { ElementPoint } from './element.ts'
import { boxOf, innerLength, inset } from './label-room.ts'
import type { Fit } from './text-keys.ts'

/** Pixels between a shape and the further texts below it. */
const GAP = 10

/**
 * The texts of one shape as they are shown; `texts` in the order of their ids, each with a fit. The first is its label:
 * where that stands follows from the shape and from its own size, so that a shape which one person moves while another
 * writes in it keeps its words. A shape has one label, so the others, made by people who labelled it at the same time,
 * are shown below it as texts of their own: nobody's words are hidden. The label of an arrow stands where it is stored.
 */
export function showLabels(
  shape: ElementValues,
  texts: readonly (readonly [ElementId, ElementValues])[],
): Map<ElementId, ElementValues> {
  const shown = new Map<ElementId, ElementValues>()
  const [left, top, width, height] = boxOf(shape)
  let below = top + height + GAP
  for (const [id, text] of texts) {
    const [textWidth, textHeight] = text.keys.fit as Fit
    if (shown.size === 0) {
      shown.set(id, shape.type === 'arrow' ? text : placeInside(shape, text))
    } else {
      const place = [left + (width - textWidth) / 2, below]
      shown.set(id, withKeys(text, new Map<string, unknown>(Object.entries({ containerId: null, xy: place }))))
      below += textHeight + GAP
    }
  }
  return shown
}

function placeInside(shape: ElementValues, text: ElementValues): ElementValues {
  const [left, top, width, height] = boxOf(shape)
  const [textWidth, textHeight] = text.keys.fit as Fit
  const place = [
    left + inset(shape, width) + share(text.keys.textAlign) * (innerLength(shape, width) - textWidth),
    top + inset(shape, height) + share(text.keys.verticalAlign) * (innerLength(shape, height) - textHeight),
  ]
  const stored = text.keys.xy as ElementPoint
  // Editors round on the way: what is as good as there stays where it is.
  const isThere = place.every((at, axis) => Math.abs(at - (stored[axis] ?? 0)) < 1)
  return withKeys(text, new Map(Object.entries({ xy: isThere ? stored : place, angle: shape.keys.angle })))
}

/** How much of the room that is left lies before the text. */
function share(align: unknown): number {
  if (align === 'left' || align === 'top') return 0
  return align === 'right' || align === 'bottom' ? 1 : 1 / 2
}
