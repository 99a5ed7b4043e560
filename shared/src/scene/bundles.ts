import * as check from './checks.ts'
import { fitPair, isRecord, nullable, pair } from './checks.ts'
import { ELEMENT_TYPES } from './element.ts'
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
import { bundle, copyJson } from './key-spec.ts'

/** Where an element is: its top left corner. Lines have their ends instead. */
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
  read: (from) => theirsOf(from.customData),
  write: (value, to) => {
    if (value) to.customData = copyJson(value)
  },
})

/** What an application keeps, without what our own editors note for themselves. */
function theirsOf(raw: unknown): unknown {
  if (!isRecord(raw) || !('sketchroom' in raw)) return raw ?? null
  const { sketchroom: _ours, ...theirs } = raw
  return Object.keys(theirs).length > 0 ? theirs : null
}

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
