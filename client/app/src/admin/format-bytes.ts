const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** A size as people read it: "812 bytes", "1.5 MB", "38 GB". */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${UNITS[unit]}`
}

/** A number with its thousands apart. */
export function formatCount(count: number): string {
  return count.toLocaleString('en')
}
