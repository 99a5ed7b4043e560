import * as check from './checks.ts'
import {
  coordinate,
  fitCoordinate,
  fitLinePoints,
  fitPair,
  fitProse,
  flag,
  isRecord,
  nullable,
  pair,
  prose,
} from './checks.ts'
import { ELEMENT_TYPES, type ElementPoint } from './element.ts'
import {
  DOT,
  inkEquals,
  inkFromChunks,
  inkFromPoints,
  pointsOfInk,
  pressuresOfInk,
  sizeOfInk,
  type Ink,
} from './ink.ts'
import { bundle, copyJson, type KeySpec } from './key-spec.ts'

/** Where an element is: its top left corner. Lines have it in `line`, because their points hang on it. */
export const xy = bundle<readonly [number, number]>({
  name: 'xy',
  types: ['rectangle', 'diamond', 'ellipse', 'frame', 'text', 'freedraw'],
  fallback: [0, 0],
  parse: pair,
  fit: fitPair,
  read: (from) => [from.x, from.y],
  write: (value, to) => {
    to.x = value[0]
    to.y = value[1]
  },
})

/** How large an element is. Of texts, lines and strokes the size follows from something else. */
export const wh = bundle<readonly [number, number]>({
  name: 'wh',
  types: ['rectangle', 'diamond', 'ellipse', 'frame'],
  fallback: [100, 100],
  parse: pair,
  fit: fitPair,
  read: (from) => [from.width, from.height],
  write: (value, to) => {
    to.width = value[0]
    to.height = value[1]
  },
})

/** What only elbow arrows have. */
interface Elbow {
  readonly fixedSegments: ReturnType<typeof check.fixedSegments> | null
  readonly startIsSpecial: boolean | null
  readonly endIsSpecial: boolean | null
}

type Line = readonly [number, number, number, number, readonly ElementPoint[], Elbow?]

/** A line's position, size and points; and for an elbow arrow what its route was made from. */
export const line: KeySpec<Line> = bundle<Line>({
  name: 'line',
  types: ['line', 'arrow'],
  fallback: [
    0,
    0,
    100,
    0,
    [
      [0, 0],
      [100, 0],
    ],
  ],
  parse: (raw) => {
    if (!Array.isArray(raw)) return undefined
    const position = pair(raw.slice(0, 2))
    const size = pair(raw.slice(2, 4))
    const points = check.linePoints(raw[4])
    if (!position || !size || !points) return undefined
    const elbow = parseElbow(raw[5])
    return elbow ? [...position, ...size, points, elbow] : [...position, ...size, points]
  },
  fit: (raw) =>
    Array.isArray(raw) ? line.parse([...raw.slice(0, 4).map(fitCoordinate), fitLinePoints(raw[4]), raw[5]]) : undefined,
  read: (from) => [from.x, from.y, from.width, from.height, from.points, from.elbowed === true ? from : undefined],
  write: ([x, y, width, height, points, elbow], to) => {
    const copies = points.map(([px, py]) => [px, py])
    Object.assign(to, { x, y, width, height, points: copies, lastCommittedPoint: null })
    if (to.type === 'arrow') Object.assign(to, { elbowed: elbow !== undefined }, copyJson(elbow))
  },
})

function parseElbow(raw: unknown): Elbow | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  const from = raw as Readonly<Record<keyof Elbow, unknown>>
  return {
    fixedSegments: nullable(check.fixedSegments)(from.fixedSegments) ?? null,
    startIsSpecial: nullable(flag)(from.startIsSpecial) ?? null,
    endIsSpecial: nullable(flag)(from.endIsSpecial) ?? null,
  }
}

type Words = readonly [originalText: string, width: number, height: number, wrapped?: string]

/** What a text says and the size that it was measured to have; `wrapped` when its lines were broken to fit. */
export const text: KeySpec<Words> = bundle<Words>({
  name: 'text',
  types: ['text'],
  fallback: ['', 0, 0],
  parse: (raw) => {
    if (!Array.isArray(raw)) return undefined
    const originalText = prose(raw[0])
    const width = coordinate(raw[1])
    const height = coordinate(raw[2])
    if (originalText === undefined || width === undefined || height === undefined) return undefined
    const wrapped = prose(raw[3])
    return wrapped === undefined || wrapped === originalText
      ? [originalText, width, height]
      : [originalText, width, height, wrapped]
  },
  fit: (raw) =>
    Array.isArray(raw)
      ? text.parse([fitProse(raw[0]), fitCoordinate(raw[1]), fitCoordinate(raw[2]), fitProse(raw[3])])
      : undefined,
  read: (from) => [from.originalText, from.width, from.height, from.text],
  write: ([originalText, width, height, wrapped], to) => {
    Object.assign(to, { originalText, width, height, text: wrapped ?? originalText })
  },
})

/** A freehand stroke's points and pressures. Stored as chunks that are only ever appended. */
export const ink = bundle<Ink>({
  name: 'ink',
  types: ['freedraw'],
  fallback: DOT,
  parse: parseInk,
  equals: inkEquals,
  read: (from) => inkFromPoints(listOf(from.points), listOf(from.pressures)),
  write: (value, to) => {
    const [width, height] = sizeOfInk(value)
    Object.assign(to, { width, height, points: pointsOfInk(value), pressures: pressuresOfInk(value) })
    to.lastCommittedPoint = null
  },
})

/** What an application keeps with an element. Editors leave the property out when there is nothing. */
export const customData = bundle<Readonly<Record<string, unknown>> | null>({
  name: 'customData',
  types: ELEMENT_TYPES,
  fallback: null,
  parse: nullable(check.customData),
  read: (from) => from.customData ?? null,
  write: (value, to) => {
    if (value) to.customData = copyJson(value)
  },
})

/** Takes a stroke that is on the grid already, or the chunks of one in whatever holds them. */
function parseInk(raw: unknown): Ink | undefined {
  if (isRecord(raw) && raw.steps instanceof Int32Array && raw.pressures instanceof Uint8Array) {
    return raw.steps.length > 0 ? { steps: raw.steps, pressures: raw.pressures } : undefined
  }
  if (typeof raw !== 'object' || raw === null || !(Symbol.iterator in raw)) return undefined
  const stored = inkFromChunks(raw as Iterable<unknown>)
  return stored.steps.length > 0 ? stored : undefined
}

/** An editor's list of pairs or numbers; what is in it is checked where it is put on the grid. */
function listOf(raw: unknown): readonly never[] {
  return Array.isArray(raw) ? (raw as never[]) : []
}
