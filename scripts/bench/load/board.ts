import { valuesOf, type ElementValues } from '@sketchroom/shared/scene/codec'
import { createElement, elementsOf } from '@sketchroom/shared/scene/document'
import { orderKeysBetween } from '@sketchroom/shared/scene/fractional-index'
import * as Y from 'yjs'

const AUTHORS = 20

/** The values of a rectangle somewhere on the board that differs from the defaults as drawn ones do. */
export function rectangle(seed: number, index: string): ElementValues {
  const position = { x: (seed * 37) % 8000, y: (seed * 91) % 6000, width: 40 + (seed % 200), height: 30 + (seed % 120) }
  const values = valuesOf({ type: 'rectangle', ...position, seed: seed * 7919, index, strokeColor: '#1971c2' })
  if (!values) throw new Error('the scene knows no rectangle')
  return values
}

/** A board of sparse elements by twenty authors, as updates of up to a hundred elements each, in order. */
export function boardUpdates(elements: number): Uint8Array[] {
  const indexes = orderKeysBetween(null, null, elements)
  const perAuthor = Math.ceil(elements / AUTHORS)
  const updates: Uint8Array[] = []
  for (let first = 0; first < elements; first += perAuthor) {
    const doc = new Y.Doc()
    doc.clientID = 1 + first
    doc.on('update', (update: Uint8Array) => updates.push(update))
    const last = Math.min(elements, first + perAuthor)
    for (let from = first; from < last; from += 100) {
      doc.transact(() => {
        for (let n = from; n < Math.min(last, from + 100); n++) {
          createElement(doc, `element-${n}`, rectangle(n, indexes[n] as string))
        }
      })
    }
  }
  return updates
}

/** How many elements updates hold together, for the check that a client got the whole board. */
export function countElements(updates: readonly Uint8Array[]): number {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return elementsOf(doc).size
}
