import type { Motion } from '@sketchroom/shared/presence'
import { type ElementValues, withKeys } from '@sketchroom/shared/scene/codec'
import type { ElementPoint } from '@sketchroom/shared/scene/element'

/** An arrow with more points than this moves in the document's steps: presence is small. */
const MAX_MOVING_POINTS = 12

/** The value of the key `line`: position, size, points, and what only elbow arrows have. */
export type LineValue = readonly [number, number, number, number, readonly ElementPoint[], ...unknown[]]

/**
 * Where an element is now, for others to see at once; undefined when it cannot be told so briefly (a long line
 * that was reshaped since the document was told). Texts' and strokes' sizes are left to the document.
 */
export function motionOf(values: ElementValues, agreed: ElementValues): Motion | undefined {
  const { xy, wh, line, angle } = values.keys
  if (line) {
    const [x, y, , , points] = line as LineValue
    const place = { xy: roundPair([x, y]), angle: angle as number }
    if (points.length <= MAX_MOVING_POINTS) return { ...place, points: points.map(roundPair) }
    const before = (agreed.keys.line as LineValue | undefined)?.[4]
    return JSON.stringify(points) === JSON.stringify(before) ? place : undefined
  }
  const place = { xy: roundPair(xy), angle: angle as number }
  return wh ? { ...place, wh: roundPair(wh) } : place
}

/**
 * The values with somebody's motion drawn over them. The motion came from a peer: what is not a sound number is
 * passed over.
 */
export function withMotion(values: ElementValues, motion: Motion): ElementValues {
  const over = new Map<string, unknown>()
  if (isSound(motion.angle)) over.set('angle', motion.angle)
  if (isSoundPair(motion.wh) && 'wh' in values.keys) over.set('wh', [...motion.wh])
  if (isSoundPair(motion.xy)) {
    const line = values.keys.line as LineValue | undefined
    if (line) over.set('line', movedLine(line, motion.xy, motion.points))
    else over.set('xy', [...motion.xy])
  }
  return withKeys(values, over)
}

/** Whether two motions say the same. */
export function sameMotion(a: Motion, b: Motion): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function movedLine(line: LineValue, [x, y]: readonly [number, number], points: Motion['points']): LineValue {
  const [, , width, height, present, ...elbow] = line
  if (!Array.isArray(points) || points.length < 2 || points.length > MAX_MOVING_POINTS || !points.every(isSoundPair)) {
    return [x, y, width, height, present, ...elbow]
  }
  return [x, y, ...sizeOfPoints(points), points.map(([px, py]) => [px, py] as const), ...elbow]
}

/** How wide and how high a line's points lie apart. */
export function sizeOfPoints(points: readonly ElementPoint[]): readonly [number, number] {
  const spread = (axis: 0 | 1) => {
    const places = points.map((point) => point[axis])
    return Math.max(...places) - Math.min(...places)
  }
  return [spread(0), spread(1)]
}

function roundPair(pair: unknown): readonly [number, number] {
  const [first, second] = pair as ElementPoint
  return [round(first), round(second)]
}

/** Hundredths of a pixel: nobody sees finer, and presence is sent twenty times a second. */
function round(value: number): number {
  return Math.round(value * 100) / 100
}

function isSound(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 1e7
}

function isSoundPair(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isSound)
}
