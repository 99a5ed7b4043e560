import type { ElementValues } from './codec.ts'
import type { ElementPoint } from './element.ts'
import { placesOfLine, sizeOfPoints } from './line-keys.ts'

/** Pixels between a shape's edge and its label. Source of all of a label's geometry: Excalidraw 0.18. */
const PADDING = 5
/** The part of an arrow's width that its label may take, and the least, in widths of its font's size. */
const PART_OF_ARROW = 0.7
const LEAST_OF_ARROW = 11

/** Where something is, and how large. */
export type Box = readonly [left: number, top: number, width: number, height: number]

/** An element's box, before it is turned. */
export function boxOf({ type, keys }: ElementValues): Box {
  if (type === 'arrow' || type === 'line') {
    const places = placesOfLine(keys)
    const [width, height] = sizeOfPoints(places)
    return [Math.min(...places.map(([x]) => x)), Math.min(...places.map(([, y]) => y)), width, height]
  }
  const [x, y] = keys.xy as ElementPoint
  if (type === 'freedraw') return [x, y, 0, 0]
  const [width, height] = (keys.wh ?? keys.fit) as ElementPoint
  return [x, y, (keys.wrapWidth as number | null | undefined) ?? width, height]
}

/** How wide the lines of a container's label may be. */
export function labelRoom(container: ElementValues, fontSize: number): number {
  const [, , width] = boxOf(container)
  if (container.type !== 'arrow') return innerLength(container, width)
  return Math.max(PART_OF_ARROW * width, LEAST_OF_ARROW * fontSize)
}

/** How long a label may be in a shape of this length: its lines by the shape's width, all of it by its height. */
export function innerLength({ type }: ElementValues, length: number): number {
  if (type === 'ellipse') return Math.round((length / 2) * Math.SQRT2) - 2 * PADDING
  return (type === 'diamond' ? Math.round(length / 2) : length) - 2 * PADDING
}

/** How far into a shape of this length its label may begin. */
export function inset({ type }: ElementValues, length: number): number {
  if (type === 'ellipse') return PADDING + (length / 2) * (1 - Math.SQRT2 / 2)
  return type === 'diamond' ? PADDING + length / 4 : PADDING
}
