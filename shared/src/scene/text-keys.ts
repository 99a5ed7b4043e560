import * as Y from 'yjs'
import { coordinate, fitCoordinate, fitProse, nullable, prose, stringUpTo } from './checks.ts'
import type { ElementValues } from './codec.ts'
import { Digest } from './digest.ts'
import { bundle, type KeySpec, type Properties } from './key-spec.ts'
import { labelRoom } from './label-room.ts'

const TEXT = ['text'] as const
const MAX_NAME_LENGTH = 32

/** Says of a fit that it was measured while the font was not there: it fits nothing, and everybody measures anew. */
export const UNTRUSTED = '?'

/** What a text says. Stored as a `Y.Text`, so that two people who write in one text both stay; see `words.ts`. */
export const words: KeySpec<string> = bundle<string>({
  name: 'words',
  types: TEXT,
  fallback: '',
  // Two who write at the same time may go past the limit together: then the end is not shown, and stays.
  parse: (raw) => (raw instanceof Y.Text ? fitProse(raw.toJSON()) : prose(raw)),
  fit: fitProse,
  read: (element) => element.originalText,
  write: () => {},
})

/** A text's measured size, its words with the line breaks that made them fit (or null), and what that was measured for. */
export type Fit = readonly [width: number, height: number, wrapped: string | null, measuredFor: string]

/** See `Fit`. A hint: it follows from the words, their looks and the room that they have. */
export const fit: KeySpec<Fit> = bundle<Fit>({
  name: 'fit',
  types: TEXT,
  fallback: [0, 0, null, ''],
  parse: (raw) => {
    if (!Array.isArray(raw)) return undefined
    const [width, height] = [coordinate(raw[0]), coordinate(raw[1])]
    if (width === undefined || height === undefined) return undefined
    return [width, height, nullable(prose)(raw[2]) ?? null, stringUpTo(MAX_NAME_LENGTH)(raw[3]) ?? '']
  },
  fit: (raw) =>
    Array.isArray(raw)
      ? fit.parse([fitCoordinate(raw[0]), fitCoordinate(raw[1]), nullable(fitProse)(raw[2]), raw[3]])
      : undefined,
  equals: (a, b) => a[0] === b[0] && a[1] === b[1] && a[2] === b[2],
  read: (element) => [element.width, element.height, element.text === element.originalText ? null : element.text, ''],
  write: () => {},
})

/** The width to which a person wants the lines broken; null: each line is as long as it is written. */
export const wrapWidth: KeySpec<number | null> = bundle<number | null>({
  name: 'wrapWidth',
  types: TEXT,
  fallback: null,
  parse: nullable(coordinate),
  fit: nullable(fitCoordinate),
  read: (element) => (element.autoResize === false ? element.width : null),
  write: () => {},
})

/** The name of what a text's fit is measured for: words, font and the room that they have, in its container or by choice. */
export function fitFor({ keys }: ElementValues, container: ElementValues | undefined): string {
  const room = container ? labelRoom(container, keys.fontSize as number) : keys.wrapWidth
  const looks = `${String(keys.fontSize)} ${String(keys.fontFamily)} ${String(keys.lineHeight)} ${String(room)} `
  return new Digest()
    .text(looks)
    .text(keys.words as string)
    .name()
}

/** Whether a text's fit is one for what it says now; a size of nothing means that nobody has measured. */
export function isFitFresh(text: ElementValues, container: ElementValues | undefined): boolean {
  const [width, height, , measuredFor] = text.keys.fit as Fit
  return width > 0 && height > 0 && measuredFor === fitFor(text, container)
}

/** Gives a text's element its words and its size. */
export function writeText(keys: Properties, element: Record<string, unknown>): void {
  const [width, height, wrapped] = keys.fit as Fit
  const chosen = keys.wrapWidth as number | null
  element.originalText = keys.words
  element.text = wrapped ?? keys.words
  element.width = chosen ?? width
  element.height = height
  element.autoResize = chosen === null
}
