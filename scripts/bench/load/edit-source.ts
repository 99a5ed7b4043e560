import { createElement, writeKeys } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'
import { rectangle } from './board.ts'

/** The edits of one writer, who draws a rectangle and then drags it without end. Each edit is one tick of Yjs's clock. */
export class EditSource {
  readonly client: number
  /** The update that draws the rectangle; it comes before all edits. */
  readonly opening: Uint8Array
  /** How many ticks the opening has: the clock of the first edit. */
  readonly openingTicks: number
  readonly #doc = new Y.Doc()
  readonly #id: string
  readonly #edits: Uint8Array[] = []

  constructor(client: number) {
    this.client = client
    this.#id = `writer-${client}`
    this.#doc.clientID = client
    createElement(this.#doc, this.#id, rectangle(client, 'a0'))
    this.opening = Y.encodeStateAsUpdate(this.#doc)
    this.openingTicks = Y.getState(this.#doc.store, client)
    this.#doc.on('update', (update: Uint8Array) => this.#edits.push(update))
  }

  /** The update of the n-th edit, from 0. Made once: the measured time is for sending. */
  edit(index: number): Uint8Array {
    while (this.#edits.length <= index) {
      const step = this.#edits.length
      writeKeys(this.#doc, this.#id, new Map([['xy', [step % 4096, (step * 7) % 4096]]]))
    }
    return this.#edits[index] as Uint8Array
  }
}

const sources: EditSource[] = []

/** The first `count` writers' edits. The same for every room, so that they are made only once. */
export function editSources(count: number): EditSource[] {
  while (sources.length < count) sources.push(new EditSource(1000 + sources.length))
  return sources.slice(0, count)
}
