import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'

const MAX_KEY_LENGTH = 256
const SMALLEST_INTEGER = `A${'0'.repeat(26)}`

/**
 * Whether a value is an order key: a head letter that tells how many digits the whole part has (`a` 1, `b` 2 …
 * upwards, `Z` 1, `Y` 2 … downwards), then the fraction, in base 62, without a trailing 0. The package, which Excalidraw
 * uses too, throws at anything else, and has no question for it.
 */
export function isOrderKey(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_KEY_LENGTH || !/^[A-Za-z][0-9A-Za-z]*$/.test(value)) return false
  const head = value.charCodeAt(0)
  const wholeLength = head >= 97 ? head - 97 + 2 : 90 - head + 2
  return value.length >= wholeLength && value !== SMALLEST_INTEGER && !value.slice(wholeLength).endsWith('0')
}

/** `count` order keys, rising, between two others; null is an open end. Expects valid keys, `after` < `before`. */
export function orderKeysBetween(after: string | null, before: string | null, count: number): string[] {
  return count > 0 ? generateNKeysBetween(after, before, count) : []
}

/** One order key between two others; null is an open end. */
export function orderKeyBetween(after: string | null, before: string | null): string {
  return generateKeyBetween(after, before)
}
