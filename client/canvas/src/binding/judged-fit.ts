import { type ElementValues, withKeys } from '@sketchroom/shared/scene/codec'
import type { Measure } from '@sketchroom/shared/scene/scene-reader'
import { type Fit, UNTRUSTED } from '@sketchroom/shared/scene/text-keys'

/** A size that is off by more than a pixel, and by more than a hundredth, was measured with another font. */
const LEAST_MISFIT_PX = 1
const LEAST_MISFIT = 0.01
/** Of a text of more letters, only the beginning is measured: all of it takes up to a twentieth of a second, at each letter. */
const LONG_TEXT = 2_000

/**
 * The fit of a text as it is to be written, marked as untrusted when the editor has measured it without its font;
 * undefined when it is sound, or nobody can tell.
 */
export function judgedFit(
  text: ElementValues,
  container: ElementValues | undefined,
  [width, height, wrapped]: Fit,
  measure: Measure,
): Fit | undefined {
  const words = text.keys.words as string
  const isLong = words.length > LONG_TEXT
  const sample = isLong ? withKeys(text, new Map([['words', words.slice(0, LONG_TEXT)]])) : text
  const measured = measure(sample, container)
  if (!measured) return undefined
  const isSound = isLong || (isNear(width, measured[0]) && isNear(height, measured[1]))
  return isSound && measured[3] !== UNTRUSTED ? undefined : [width, height, wrapped, UNTRUSTED]
}

function isNear(length: number, measured: number): boolean {
  return Math.abs(length - measured) <= Math.max(LEAST_MISFIT_PX, LEAST_MISFIT * measured)
}
