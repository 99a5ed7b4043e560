import { FONT_FAMILY, restoreElements } from '@excalidraw/excalidraw'
import type { ExcalidrawElement } from '@excalidraw/excalidraw/element/types'
import { elementOf, type ElementValues, withKeys } from '@sketchroom/shared/scene/codec'
import { labelRoom } from '@sketchroom/shared/scene/label-room'
import { type Fit, UNTRUSTED } from '@sketchroom/shared/scene/text-keys'
import { estimateFit } from './estimate-fit.ts'
import { areFontsThere } from './font-faces.ts'

/** The font that the editor takes for letters that the hand-drawn one lacks: Chinese, Japanese and Korean. */
const FALLBACKS: Readonly<Record<number, string>> = { [FONT_FAMILY.Excalifont]: 'Xiaolai' }
/** This one is the system's own, and need not come from anywhere. */
const ALWAYS_THERE = FONT_FAMILY.Helvetica

/** Of a longer text the editor takes a third of a second to measure each line. */
const LONG_TEXT = 20_000
const SAMPLE = 2_000

/** A text's size; of a long one, as its letters are wide on average. See `measureWhole`. */
export function measureText(text: ElementValues, container: ElementValues | undefined): Fit {
  const words = text.keys.words as string
  if (words.length <= LONG_TEXT) return measureWhole(text, container)
  const longest = words.split('\n').reduce((most, line) => (line.length > most.length ? line : most), '')
  const letters = longest.slice(0, SAMPLE)
  const sample = withKeys(text, new Map(Object.entries({ words: letters, wrapWidth: null })))
  const [width, , , mark] = measureWhole(sample, undefined)
  const room = container ? labelRoom(container, text.keys.fontSize as number) : (text.keys.wrapWidth as number | null)
  return estimateFit(text, { letterWidth: width / letters.length, room, mark })
}

/**
 * A text's size as Excalidraw measures it, with its lines broken where its container or its chosen width wants it. Marked
 * as untrusted when the letters' font has not come: the browser then measures another one.
 */
function measureWhole(text: ElementValues, container: ElementValues | undefined): Fit {
  const words = text.keys.words as string
  const [fontSize, lineHeight] = [text.keys.fontSize as number, text.keys.lineHeight as number]
  if (words === '') return [1, fontSize * lineHeight, null, '']
  const present = { isDeleted: false, frameId: null, index: null }
  const shape = container && {
    ...elementOf('container', container),
    ...present,
    boundElements: [{ id: 'text', type: 'text' as const }],
  }
  const element = {
    ...elementOf('text', text),
    ...present,
    text: words,
    containerId: shape ? shape.id : null,
    // Excalidraw drops what has no size before it measures.
    width: (text.keys.wrapWidth as number | null) ?? 1,
    height: 1,
  }
  const elements = [...(shape ? [shape] : []), element] as readonly unknown[] as readonly ExcalidrawElement[]
  const measured = restoreElements(elements, null, { refreshDimensions: true, repairBindings: true }).find(
    ({ id }) => id === element.id,
  ) as unknown as { width: number; height: number; text: string }
  const wrapped = measured.text === words ? null : measured.text
  return [measured.width, measured.height, wrapped, isFontThere(text, words) ? '' : UNTRUSTED]
}

function isFontThere({ keys }: ElementValues, words: string): boolean {
  const family = keys.fontFamily as number
  const name = Object.entries(FONT_FAMILY).find(([, number]) => number === family)?.[0]
  if (name === undefined || family === ALWAYS_THERE) return true
  const names = [name, FALLBACKS[family]].filter((each) => each !== undefined)
  return areFontsThere(`20px ${names.map((each) => JSON.stringify(each)).join(', ')}`, lettersOf(words))
}

/** Each letter once: the browser looks up the fonts of every one that it is asked about, a third of a second for 100,000. */
function lettersOf(words: string): string {
  return [...new Set(words)].join('')
}
