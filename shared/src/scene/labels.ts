import type { ElementId } from '../ids.ts'
import { withKeys, type ElementValues } from './codec.ts'

/** Pixels between a shape's edge and its label. Source of all of a label's geometry: Excalidraw 0.18. */
const PADDING = 5
/** Pixels between a shape and the further texts below it. */
const GAP = 10

type Numbers = readonly number[]

/**
 * The texts of one shape as they are shown; `texts` in the order of their ids. The first is its label: where that
 * stands follows from the shape and from its own size, so that a shape which one person moves while another writes
 * in it keeps its words. A shape has one label, so the others, made by people who labelled it at the same time, are
 * shown below it as texts of their own: nobody's words are hidden. The label of an arrow stands where it is stored.
 */
export function showLabels(
  shape: ElementValues,
  texts: readonly (readonly [ElementId, ElementValues])[],
): Map<ElementId, ElementValues> {
  const shown = new Map<ElementId, ElementValues>()
  const [left, top, width, height] = boxOf(shape)
  let below = top + height + GAP
  for (const [id, text] of texts) {
    const [, textWidth = 0, textHeight = 0] = text.keys.text as Numbers
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
  const [, textWidth = 0, textHeight = 0] = text.keys.text as Numbers
  const place = [
    left + inset(shape, width) + share(text.keys.textAlign) * (room(shape, width) - textWidth),
    top + inset(shape, height) + share(text.keys.verticalAlign) * (room(shape, height) - textHeight),
  ]
  const stored = text.keys.xy as Numbers
  // Editors round on the way: what is as good as there stays where it is.
  const isThere = place.every((at, axis) => Math.abs(at - (stored[axis] ?? 0)) < 1)
  return withKeys(text, new Map(Object.entries({ xy: isThere ? stored : place, angle: shape.keys.angle })))
}

/** How much of the room that is left lies before the text. */
function share(align: unknown): number {
  if (align === 'left' || align === 'top') return 0
  return align === 'right' || align === 'bottom' ? 1 : 1 / 2
}

/** How far into the shape its label may begin. */
function inset({ type }: ElementValues, length: number): number {
  if (type === 'ellipse') return PADDING + (length / 2) * (1 - Math.SQRT2 / 2)
  return type === 'diamond' ? PADDING + length / 4 : PADDING
}

/** How long the label may be. */
function room({ type }: ElementValues, length: number): number {
  if (type === 'ellipse') return Math.round((length / 2) * Math.SQRT2) - 2 * PADDING
  return (type === 'diamond' ? Math.round(length / 2) : length) - 2 * PADDING
}

function boxOf({ type, keys }: ElementValues): readonly [number, number, number, number] {
  if (type === 'arrow' || type === 'line') return (keys.line as Numbers).slice(0, 4) as [number, number, number, number]
  const [[x = 0, y = 0], [width = 0, height = 0]] = [keys.xy as Numbers, keys.wh as Numbers]
  return [x, y, width, height]
}
