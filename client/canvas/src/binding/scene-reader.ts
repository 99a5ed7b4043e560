import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import type { BoundElements } from '@sketchroom/shared/scene/bound-elements'
import type { ElementValues } from '@sketchroom/shared/scene/codec'
import { findElement } from '@sketchroom/shared/scene/document'
import { showLabels } from '@sketchroom/shared/scene/labels'

const SHAPES: ReadonlySet<string> = new Set(['rectangle', 'diamond', 'ellipse', 'arrow'])

/** Reads elements from the document as they are to be shown: with labels where their shapes are. */
export class SceneReader {
  readonly #doc: Y.Doc
  readonly #bound: BoundElements

  /** `bound` has to know the texts of the shapes that are read. */
  constructor(doc: Y.Doc, bound: BoundElements) {
    this.#doc = doc
    this.#bound = bound
  }

  /** An element's values as they are to be shown; undefined when the document has no such element. */
  read(id: ElementId): ElementValues | undefined {
    const values = findElement(this.#doc, id)
    const shapeId = values?.type === 'text' ? (values.keys.containerId as ElementId | null) : null
    const shape = shapeId === null ? undefined : findElement(this.#doc, shapeId)
    if (!values || !shape || shapeId === null || !SHAPES.has(shape.type) || shape.keys.isDeleted === true) return values
    const texts = this.#bound.textsOf(shapeId).flatMap((textId) => {
      const text = findElement(this.#doc, textId)
      return text ? [[textId, text] as const] : []
    })
    return showLabels(shape, texts).get(id) ?? values
  }
}
