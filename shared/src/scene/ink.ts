import type { ElementPoint } from './element.ts'

/** How many steps of the stored grid make a pixel. */
export const STEPS_PER_PIXEL = 16
const MAX_STEPS = 2 ** 30
/** A stroke longer than this is cut when it is read; nobody draws one, only hostile data says so. */
export const MAX_INK_POINTS = 100_000

const WIDE = 1
const WITH_PRESSURES = 2

/** A freehand stroke on the stored grid: x and y in turn, in 1/16 px from the element's `x`, `y`. */
export interface Ink {
  readonly steps: Int32Array
  /** One value from 0 to 255 for each point, or empty when pressure is simulated. */
  readonly pressures: Uint8Array
}

/** What a stroke without chunks is: a dot at the element's own position. */
export const DOT: Ink = { steps: Int32Array.of(0, 0), pressures: new Uint8Array(0) }

/** Puts a stroke on the stored grid. Each point is rounded by itself, so that errors do not add up. */
export function inkFromPoints(points: readonly ElementPoint[], pressures: readonly number[]): Ink {
  const count = Math.min(points.length, MAX_INK_POINTS)
  const steps = new Int32Array(count * 2)
  for (let i = 0; i < count; i++) {
    steps[i * 2] = toSteps(points[i]?.[0])
    steps[i * 2 + 1] = toSteps(points[i]?.[1])
  }
  const withPressures = count > 0 && pressures.length >= count
  const bytes = new Uint8Array(withPressures ? count : 0)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(clamp(pressures[i] ?? 0, 0, 1) * 255)
  return { steps, pressures: bytes }
}

/** The points of a stroke, in pixels from the element's `x`, `y`. */
export function pointsOfInk(ink: Ink): ElementPoint[] {
  const points: ElementPoint[] = []
  for (let i = 0; i < ink.steps.length; i += 2) {
    points.push([(ink.steps[i] as number) / STEPS_PER_PIXEL, (ink.steps[i + 1] as number) / STEPS_PER_PIXEL])
  }
  return points
}

/** The pressures of a stroke, from 0 to 1; empty when they are simulated. */
export function pressuresOfInk(ink: Ink): number[] {
  return Array.from(ink.pressures, (value) => value / 255)
}

/** The size of a stroke in pixels: derived, because it would be one more key to write at each chunk. */
export function sizeOfInk(ink: Ink): [width: number, height: number] {
  let [left, right, top, bottom] = [0, 0, 0, 0]
  for (let i = 0; i < ink.steps.length; i += 2) {
    const x = ink.steps[i] as number
    const y = ink.steps[i + 1] as number
    if (x < left) left = x
    else if (x > right) right = x
    if (y < top) top = y
    else if (y > bottom) bottom = y
  }
  return [(right - left) / STEPS_PER_PIXEL, (bottom - top) / STEPS_PER_PIXEL]
}

/** Whether a stroke is another with more points at its end (or the same). */
export function inkExtends(ink: Ink, start: Ink): boolean {
  return (
    ink.steps.length >= start.steps.length &&
    (start.steps.length === 0 || ink.pressures.length > 0 === start.pressures.length > 0) &&
    start.steps.every((value, i) => value === ink.steps[i]) &&
    start.pressures.every((value, i) => value === ink.pressures[i])
  )
}

/** Whether two strokes are the same on the stored grid. */
export function inkEquals(a: Ink, b: Ink): boolean {
  return a.steps.length === b.steps.length && a.pressures.length === b.pressures.length && inkExtends(a, b)
}

/**
 * Packs the points from `from` on into one chunk: a byte of flags, then dx and dy of each point against the one
 * before it as little-endian int16 (int32 when one of them is too far), then a byte of pressure for each.
 */
export function inkChunk(ink: Ink, from: number): Uint8Array<ArrayBuffer> {
  const { steps, pressures } = ink
  const count = steps.length / 2 - from
  const deltas: number[] = []
  for (let i = from * 2; i < steps.length; i++)
    deltas.push((steps[i] as number) - (i < 2 ? 0 : (steps[i - 2] as number)))
  const wide = deltas.some((delta) => delta < -32_768 || delta > 32_767)
  const width = wide ? 4 : 2
  const chunk = new Uint8Array(1 + deltas.length * width + (pressures.length > 0 ? count : 0))
  const view = new DataView(chunk.buffer)
  chunk[0] = (wide ? WIDE : 0) | (pressures.length > 0 ? WITH_PRESSURES : 0)
  for (const [i, delta] of deltas.entries()) {
    if (wide) view.setInt32(1 + i * 4, delta, true)
    else view.setInt16(1 + i * 2, delta, true)
  }
  if (pressures.length > 0) chunk.set(pressures.subarray(from), 1 + deltas.length * width)
  return chunk
}

/** Reads a stroke from its chunks. What is no chunk is passed over, so that it never throws. */
export function inkFromChunks(chunks: Iterable<unknown>): Ink {
  const steps: number[] = []
  const pressures: number[] = []
  let [x, y] = [0, 0]
  for (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array) || chunk.length === 0) continue
    const flags = chunk[0] as number
    const width = flags & WIDE ? 4 : 2
    const withPressures = (flags & WITH_PRESSURES) !== 0
    const bytesPerPoint = width * 2 + (withPressures ? 1 : 0)
    const count = Math.min(Math.floor((chunk.length - 1) / bytesPerPoint), MAX_INK_POINTS - steps.length / 2)
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const pressuresAt = chunk.length - Math.floor((chunk.length - 1) / bytesPerPoint)
    for (let i = 0; i < count; i++) {
      const at = 1 + i * width * 2
      x = clamp(x + (width === 4 ? view.getInt32(at, true) : view.getInt16(at, true)), -MAX_STEPS, MAX_STEPS)
      y = clamp(y + (width === 4 ? view.getInt32(at + 4, true) : view.getInt16(at + 2, true)), -MAX_STEPS, MAX_STEPS)
      steps.push(x, y)
      if (withPressures) pressures.push(chunk[pressuresAt + i] as number)
    }
  }
  // Pressures that do not cover every point mean nothing: two people wrote the stroke at once.
  const whole = pressures.length * 2 === steps.length
  return { steps: Int32Array.from(steps), pressures: Uint8Array.from(whole ? pressures : []) }
}

function toSteps(pixels: number | undefined): number {
  const steps = Math.round((pixels ?? 0) * STEPS_PER_PIXEL)
  return Number.isFinite(steps) ? clamp(steps, -MAX_STEPS, MAX_STEPS) : 0
}

function clamp(value: number, least: number, most: number): number {
  return value < least ? least : value > most ? most : value
}
