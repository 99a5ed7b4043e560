import * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import type { Motion } from '@sketchroom/shared/presence'
import { changedKeys, elementOf, valuesOf } from '@sketchroom/shared/scene/codec'
import { createElement, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import type { SceneElement } from '@sketchroom/shared/scene/element'
import { orderKeysBetween } from '@sketchroom/shared/scene/fractional-index'
import { SceneBinding } from '../scene-binding.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryView } from './memory-view.ts'

/** One person at a board: a document, a view and the binding between them, with time in the test's hand. */
export class Board {
  readonly doc = new Y.Doc()
  readonly clock = new ManualClock()
  readonly view = new MemoryView()
  readonly motions: Readonly<Record<ElementId, Motion>>[] = []
  /** What the binding has said of whether the view holds something that is not written. */
  readonly unwritten: boolean[] = []
  /** The sizes in bytes of the updates that the person's edits made. */
  readonly updates: number[] = []
  readonly binding: SceneBinding

  constructor(...elements: readonly (Readonly<Record<string, unknown>> & { readonly id: ElementId })[]) {
    const keys = orderKeysBetween(null, null, elements.length)
    this.doc.transact(() => {
      for (const [i, element] of elements.entries()) {
        createElement(
          this.doc,
          element.id,
          valuesOf({ type: 'rectangle', x: 0, y: 0, width: 100, height: 50, index: keys[i], ...element })!,
        )
      }
    })
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === this.binding) this.updates.push(update.length)
    })
    this.binding = new SceneBinding({
      doc: this.doc,
      view: this.view,
      clock: this.clock,
      onMotion: (motion) => this.motions.push(motion),
      onUnwritten: (hasUnwritten) => this.unwritten.push(hasUnwritten),
    })
    this.view.onChange = () => this.binding.noteChange()
    this.clock.advance(10_000)
  }

  /** What the document says of an element. */
  stored(id: ElementId): SceneElement | undefined {
    const values = findElement(this.doc, id)
    return values && elementOf(id, values)
  }

  /** Somebody else's edit arrives. */
  remoteEdit(id: ElementId, changes: Readonly<Record<string, unknown>>): void {
    const before = findElement(this.doc, id)!
    const after = valuesOf({ ...elementOf(id, before), ...changes })!
    this.doc.transact(() => writeKeys(this.doc, id, changedKeys(before, after)), 'network')
  }
}
