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
  readonly #ballastBytes: number

  /** Each edit takes so many bytes more than it needs: then it is a picture that is changed, and not a place. */
  constructor(client: number, ballastBytes = 0) {
    this.client = client
    this.#ballastBytes = ballastBytes
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
      const change: [string, unknown] =
        this.#ballastBytes > 0
          ? ['picture', new Uint8Array(this.#ballastBytes).fill(step)]
          : ['xy', [step % 4096, (step * 7) % 4096]]
      writeKeys(this.#doc, this.#id, new Map([change]))
    }
    return this.#edits[index] as Uint8Array
  }
}

const sources = new Map<number, EditSource[]>()

/** The first `count` writers' edits. The same for every room, so that they are made only once. */
export function editSources(count: number, ballastBytes = 0): EditSource[] {
  const ofSize = sources.get(ballastBytes) ?? []
  sources.set(ballastBytes, ofSize)
  while (ofSize.length < count) ofSize.push(new EditSource(1000 + ofSize.length, ballastBytes))
  return ofSize.slice(0, count)
}
