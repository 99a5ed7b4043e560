/**
 * An id that Excalidraw draws in the colour's hue. It offers no colour, but hashes the id to one of 37 hues ten
 * degrees apart, and hashes a single character to its code.
 */
export function hueId(color: string): string {
  return String.fromCharCode(37 * 2 + Math.round(hueOf(color) / 10))
}

function hueOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) || 0)
  const most = Math.max(red, green, blue)
  const range = most - Math.min(red, green, blue)
  if (range === 0) return 0
  const sixth =
    most === red
      ? ((green - blue) / range + 6) % 6
      : most === green
        ? (blue - red) / range + 2
        : (red - green) / range + 4
  return sixth * 60
}
