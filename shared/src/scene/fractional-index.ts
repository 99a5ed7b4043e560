const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SMALLEST_INTEGER = `A${'0'.repeat(26)}`

/**
 * Whether a value is an order key: a head letter that tells how many digits the whole part has (`a` 1, `b` 2 …
 * upwards, `Z` 1, `Y` 2 … downwards), then the fraction, in base 62, without a trailing 0.
 * It is the scheme of the `fractional-indexing` package, which Excalidraw uses.
 */
export function isOrderKey(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 256 || !/^[A-Za-z][0-9A-Za-z]*$/.test(value)) return false
  const length = integerLength(value)
  return value.length >= length && value !== SMALLEST_INTEGER && !value.slice(length).endsWith('0')
}

/** `count` order keys, rising, between two others; null is an open end. Expects valid keys, `after` < `before`. */
export function orderKeysBetween(after: string | null, before: string | null, count: number): string[] {
  if (count <= 0) return []
  if (before === null || after === null) {
    const keys: string[] = []
    for (let i = 0; i < count; i++) {
      if (before === null) keys.push(orderKeyBetween(keys.at(-1) ?? after, null))
      else keys.unshift(orderKeyBetween(null, keys[0] ?? before))
    }
    return keys
  }
  const half = Math.floor(count / 2)
  const middle = orderKeyBetween(after, before)
  return [...orderKeysBetween(after, middle, half), middle, ...orderKeysBetween(middle, before, count - half - 1)]
}

/** One order key between two others; null is an open end. */
export function orderKeyBetween(after: string | null, before: string | null): string {
  if (after === null && before === null) return 'a0'
  if (after === null) return keyBefore(before as string)
  if (before === null) {
    const whole = integerPart(after)
    return incremented(whole) ?? whole + fractionBetween(after.slice(whole.length), null)
  }
  const whole = integerPart(after)
  if (whole === integerPart(before)) {
    return whole + fractionBetween(after.slice(whole.length), before.slice(whole.length))
  }
  const next = incremented(whole)
  return next !== undefined && next < before ? next : whole + fractionBetween(after.slice(whole.length), null)
}

function keyBefore(key: string): string {
  const whole = integerPart(key)
  const fraction = key.slice(whole.length)
  if (whole === SMALLEST_INTEGER) return whole + fractionBetween('', fraction)
  // A whole part alone is smaller than the same with a fraction.
  if (whole < key) return whole
  const previous = decremented(whole)
  return previous === SMALLEST_INTEGER ? previous + fractionBetween('', null) : previous
}

/** A fraction between two others, read as digits after the point; null is 1. */
function fractionBetween(after: string, before: string | null): string {
  if (before !== null) {
    let same = 0
    while (before[same] !== undefined && (after[same] ?? '0') === before[same]) same++
    if (same > 0) return before.slice(0, same) + fractionBetween(after.slice(same), before.slice(same))
  }
  const low = after === '' ? 0 : digitAt(after, 0)
  const high = before === null ? DIGITS.length : digitAt(before, 0)
  if (high - low > 1) return digit(Math.round((low + high) / 2))
  if (before !== null && before.length > 1) return before.slice(0, 1)
  return digit(low) + fractionBetween(after.slice(1), null)
}

function integerLength(key: string): number {
  const head = key.charCodeAt(0)
  return head >= 97 ? head - 97 + 2 : 90 - head + 2
}

function integerPart(key: string): string {
  return key.slice(0, integerLength(key))
}

/** The next whole part; undefined past the greatest. */
function incremented(whole: string): string | undefined {
  const digits = whole.slice(1).split('')
  for (let i = digits.length - 1; i >= 0; i--) {
    const value = digitAt(whole, i + 1) + 1
    if (value < DIGITS.length) {
      digits[i] = digit(value)
      return whole.charAt(0) + digits.join('')
    }
    digits[i] = '0'
  }
  const head = whole.charAt(0)
  if (head === 'z') return undefined
  if (head === 'Z') return 'a0'
  const next = String.fromCharCode(whole.charCodeAt(0) + 1)
  return next + (next > 'a' ? `${digits.join('')}0` : digits.slice(1).join(''))
}

/** The previous whole part. Expects one that is not the smallest. */
function decremented(whole: string): string {
  const digits = whole.slice(1).split('')
  for (let i = digits.length - 1; i >= 0; i--) {
    const value = digitAt(whole, i + 1) - 1
    if (value >= 0) {
      digits[i] = digit(value)
      return whole.charAt(0) + digits.join('')
    }
    digits[i] = 'z'
  }
  const head = whole.charAt(0)
  if (head === 'a') return 'Zz'
  const next = String.fromCharCode(whole.charCodeAt(0) - 1)
  return next + (next < 'Z' ? `${digits.join('')}z` : digits.slice(1).join(''))
}

function digit(value: number): string {
  return DIGITS.charAt(value)
}

function digitAt(text: string, position: number): number {
  return DIGITS.indexOf(text.charAt(position))
}
