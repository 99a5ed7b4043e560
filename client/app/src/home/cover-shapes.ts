/** One stroke of a cover. `tone` picks one of three ink colours. */
export interface CoverShape {
  readonly d: string
  readonly tone: 0 | 1 | 2
  readonly filled: boolean
}

/** The size of a cover in its own units. */
export const COVER_SIZE = { width: 320, height: 150 } as const

/** Draws a little sketch from a board's id, the same on every device, so that boards are told apart at a glance. */
export function coverShapes(id: string): CoverShape[] {
  const random = createRandom(id)
  const between = (low: number, high: number) => low + random() * (high - low)
  const makers = [box, circle, wave, arrow]
  const first = Math.floor(random() * makers.length)
  return [0, 1, 2].map((slot) => {
    const make = makers[(first + slot * (random() < 0.5 ? 1 : 3)) % makers.length] ?? box
    const x = 62 + slot * 98 + between(-14, 14)
    const y = between(58, 92)
    const size = between(30, 44)
    return {
      d: make(x, y, size, between),
      tone: ((first + slot) % 3) as 0 | 1 | 2,
      filled: make === box || make === circle,
    }
  })
}

type Between = (low: number, high: number) => number
type Point = readonly [x: number, y: number]

function box(x: number, y: number, r: number, between: Between): string {
  const near = (px: number, py: number): Point => [px + between(-3, 3), py + between(-3, 3)]
  const h = r * 0.7
  return `M${path(near(x - r, y - h))}L${path(near(x + r, y - h), near(x + r, y + h), near(x - r, y + h))}Z`
}

function circle(x: number, y: number, r: number, between: Between): string {
  const rx = r + between(-3, 3)
  const ry = 0.78 * r + between(-3, 3)
  const upper = path([x - rx, y - ry * 1.3], [x + rx, y - ry * 1.35], [x + rx, y])
  // The line does not quite meet itself, as when a hand draws.
  const lower = path([x + rx, y + ry * 1.35], [x - rx, y + ry * 1.3], [x - rx + 3, y - 4])
  return `M${path([x - rx, y])}C${upper}C${lower}`
}

function wave(x: number, y: number, r: number, between: Between): string {
  const h = r * between(0.5, 0.9)
  const first = path([x - r * 0.6, y - h * 1.4], [x - r * 0.2, y - h], [x - r * 0.1, y])
  const second = path([x + r * 0.4, y + h], [x + r * 0.5, y - h * 0.2])
  const third = path([x + r * 0.9, y - h], [x + r * 1.1, y - h * 0.1])
  return `M${path([x - r, y + h * 0.4])}C${first}S${second}S${third}`
}

function arrow(x: number, y: number, r: number, between: Between): string {
  const bend = between(-24, 24)
  const [tipX, tipY] = [x + r, y - bend * 0.2]
  const shaft = `M${path([x - r, y + bend * 0.3])}Q${path([x, y - bend], [tipX, tipY])}`
  return `${shaft}M${path([tipX - 13, tipY - 9])}L${path([tipX, tipY], [tipX - 11, tipY + 11])}`
}

function path(...points: readonly Point[]): string {
  return points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join(' ')
}

/** A small generator of numbers in [0, 1) that depend on nothing but the seed (mulberry32). */
function createRandom(seed: string): () => number {
  let state = 0
  for (const char of seed) state = (Math.imul(state, 31) + (char.codePointAt(0) ?? 0)) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
