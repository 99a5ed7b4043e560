import type { Motion } from '@sketchroom/shared/presence'
import { type ElementValues, withKeys } from '@sketchroom/shared/scene/codec'
import { place } from '@sketchroom/shared/scene/checks'
import type { ElementPoint } from '@sketchroom/shared/scene/element'
import { placesOfLine } from '@sketchroom/shared/scene/line-keys'

/** An arrow with more points than this moves in the document's steps: presence is small. */
const MAX_MOVING_POINTS = 12

/**
 * Where an element is now, for others to see at once; undefined when it cannot be told so briefly (a long line
 * that was reshaped since the document was told). Texts' and strokes' sizes are left to the document.
 */
export function motionOf(values: ElementValues, agreed: ElementValues): Motion | undefined {
  const { xy, wh, from, angle } = values.keys
  if (from) {
    const places = placesOfLine(values.keys)
    const [x, y] = from as ElementPoint
    const where = { xy: roundPair(from), angle: angle as number }
    const points = places.map(([px, py]) => roundPair([px - x, py - y]))
    if (points.length <= MAX_MOVING_POINTS) return { ...where, points }
    const [fromX, fromY] = agreed.keys.from as ElementPoint
    const before = placesOfLine(agreed.keys).map(([px, py]) => roundPair([px - fromX, py - fromY]))
    return JSON.stringify(points) === JSON.stringify(before) ? where : undefined
  }
  const where = { xy: roundPair(xy), angle: angle as number }
  return wh ? { ...where, wh: roundPair(wh) } : where
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
    if ('xy' in values.keys) over.set('xy', [...motion.xy])
    else for (const [key, value] of movedLine(values, motion.xy, motion.points)) over.set(key, value)
  }
  return withKeys(values, over)
}

/** Whether two motions say the same. */
export function sameMotion(a: Motion, b: Motion): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The keys of a line whose points somebody moves; without points of their own it moves as it is. */
function movedLine({ keys }: ElementValues, [x, y]: ElementPoint, points: Motion['points']): Map<string, unknown> {
  const [fromX, fromY] = keys.from as ElementPoint
  const isReshaped =
    Array.isArray(points) && points.length >= 2 && points.length <= MAX_MOVING_POINTS && points.every(isSoundPair)
  const places: (ElementPoint | undefined)[] = isReshaped
    ? points.map(([px, py]) => place([px + x, py + y]))
    : placesOfLine(keys).map(([px, py]) => place([px - fromX + x, py - fromY + y]))
  const moved = new Map<string, unknown>()
  if (!places.every((each) => each !== undefined)) return moved
  const between = places.slice(1, -1)
  moved.set('from', places[0]).set('to', places.at(-1))
  if (keys.elbow) moved.set('route', [between, ''])
  else moved.set('via', between)
  return moved
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
