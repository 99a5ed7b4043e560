import type * as Y from 'yjs'
import type { ElementId } from '../ids.ts'
import { withKeys, type ElementValues } from './codec.ts'
import { findContainer, findElement } from './document.ts'
import type { ArrowBinding, BoundElement } from './element.ts'
import { showLabels } from './labels.ts'
import { boxOf } from './label-room.ts'
import { followShape, routeFor, type LineEnd, type Route } from './line-keys.ts'
import { canBeLabelled, canBeTiedTo, References } from './references.ts'
import { isFitFresh, UNTRUSTED, type Fit } from './text-keys.ts'

/** What a text takes up, as an editor measures it; undefined when there is nobody to measure it now. */
export type Measure = (text: ElementValues, container: ElementValues | undefined) => Fit | undefined

/** A shape, and all texts that name it, as they are shown. */
interface ShapeTexts {
  readonly shape: ElementValues
  readonly shown: ReadonlyMap<ElementId, ElementValues>
}

/** The ends of an arrow, and what each is tied by. */
const ENDS = [
  ['from', 'startBinding'],
  ['to', 'endBinding'],
] as const
/** How wide a letter is on average, in parts of the font's size, where nobody can measure. */
const LETTER_WIDTH = 0.55

/**
 * Reads elements from a document as they are to be shown: labels where their shapes are, texts as large as their words,
 * and what refers to something that makes no sense as standing by itself. Nothing of that is written for its own sake.
 */
export class SceneReader {
  readonly #doc: Y.Doc
  readonly #measure: Measure
  readonly #references = new References()
  /** What others may be part of, or label: the kinds of those that are there. */
  readonly #kinds = new Map<ElementId, string>()
  /** Texts that were measured without their font, here or by who wrote them last. */
  readonly #unmeasured = new Set<ElementId>()
  /** While things are read together: the texts of each shape as they are shown. */
  #texts: Map<ElementId, ShapeTexts> | undefined

  /** `note` has to be told every element of the document, and again whenever one changes. */
  constructor(doc: Y.Doc, measure: Measure = () => undefined) {
    this.#doc = doc
    this.#measure = measure
  }

  /** Takes note of how elements are stored now; tells which may be shown otherwise because of that. */
  note(elements: Iterable<readonly [ElementId, ElementValues | undefined]>): Set<ElementId> {
    const noted: ElementId[] = []
    const shapes = new Set<ElementId>()
    const others = new Set<ElementId>()
    for (const [id, values] of elements) {
      noted.push(id)
      if (!values) this.#unmeasured.delete(id)
      if (values?.type === 'text' && (values.keys.fit as Fit)[3] === UNTRUSTED) this.#unmeasured.add(id)
      // Labels stand where their shape is, and as one of the texts that it has.
      shapes.add(id)
      if (typeof values?.keys.containerId === 'string') shapes.add(values.keys.containerId)
      for (const target of this.#references.update(id, values)) {
        shapes.add(target)
        others.add(target)
      }
      // Whoever is part of a frame, say, stands by itself without it; moving the frame concerns none of them.
      if (this.#noteKind(id, values)) for (const referrer of this.#references.referrersOf(id)) others.add(referrer)
    }
    for (const shape of shapes) for (const label of this.labelsOf(shape)) others.add(label)
    // Arrows end where their shape is.
    for (const id of noted) for (const bound of this.boundTo(id) ?? []) others.add(bound.id)
    return others
  }

  /** What an editor takes for bound to an element: its label and the arrows at it; null when nothing is. */
  boundTo(id: ElementId): BoundElement[] | null {
    const kind = this.#kinds.get(id)
    if (kind === undefined) return null
    const bound = this.#references.boundTo(id)
    const sensible = bound?.filter(({ type }) => (type === 'text' ? canBeLabelled(kind) : canBeTiedTo(kind)))
    return sensible && sensible.length > 0 ? sensible : null
  }

  /** The texts that name an element as their container. */
  labelsOf(id: ElementId): ElementId[] {
    return this.#references.labelsOf(id)
  }

  /** What kind of element there is by this id; undefined when there is none, or it is deleted. */
  kindOf(id: ElementId): string | undefined {
    return this.#kinds.get(id)
  }

  /** The texts whose size nobody has measured with their font. */
  unmeasured(): ElementId[] {
    return [...this.#unmeasured]
  }

  /** An element's values as they are to be shown; undefined when the document has no such element. */
  read(id: ElementId, values = findElement(this.#doc, id)): ElementValues | undefined {
    if (!values) return undefined
    if (values.type === 'text') return this.#readText(id, values)
    return values.keys.frameId === null && values.type !== 'arrow' ? values : this.#withSense(id, values)
  }

  /**
   * Reads many elements. Where each text of a shape stands is worked out once for all of them, as it was when the first
   * of them was read: a hundred texts may name one shape.
   */
  together<T>(read: () => T): T {
    this.#texts = new Map()
    try {
      return read()
    } finally {
      this.#texts = undefined
    }
  }

  /** Whether an elbow arrow's route was found for where its ends are now. */
  isRouteFresh(id: ElementId): boolean {
    const stored = findElement(this.#doc, id)
    if (!stored?.keys.elbow) return true
    const shown = this.read(id) ?? stored
    return (stored.keys.route as Route)[1] === routeFor(shown.keys)
  }

  #readText(id: ElementId, values: ElementValues): ElementValues {
    const { containerId } = values.keys
    const texts = typeof containerId === 'string' ? this.#textsOf(containerId, values) : undefined
    if (!texts) {
      const fitted = this.#fitted(id, values, undefined)
      return this.#withSense(id, containerId === null ? fitted : freed(fitted))
    }
    const shown = texts.shown.get(id) ?? this.#fitted(id, values, texts.shape)
    // Its shape is deleted, and it is not: it stays where it stood.
    return this.#withSense(id, texts.shape.keys.isDeleted === true ? freed(shown) : shown)
  }

  /** The texts of the shape that a text names; undefined when what it names has none. */
  #textsOf(shapeId: ElementId, text: ElementValues): ShapeTexts | undefined {
    const known = this.#texts?.get(shapeId)
    if (known) return known
    const shape = findContainer(this.#doc, text)
    if (!shape) return undefined
    const texts = this.labelsOf(shapeId).flatMap((id) => {
      const each = findElement(this.#doc, id)
      return each ? [[id, this.#fitted(id, each, shape)] as const] : []
    })
    const found = { shape, shown: showLabels(shape, texts) }
    this.#texts?.set(shapeId, found)
    return found
  }

  /** A text is as large, and stands where, it is shown; a shape is as it is stored. */
  #asSeen(id: ElementId, shape: ElementValues): ElementValues {
    return shape.type === 'text' ? this.#readText(id, shape) : shape
  }

  #fitted(id: ElementId, text: ElementValues, container: ElementValues | undefined): ElementValues {
    const stored = isFitFresh(text, container) ? (text.keys.fit as Fit) : undefined
    const measured = stored ?? this.#measure(text, container)
    if (measured && measured[3] !== UNTRUSTED) this.#unmeasured.delete(id)
    else this.#unmeasured.add(id)
    const [width, height, wrapped] = measured ?? roughFit(text)
    // What it was measured for is the document's affair; what is shown is a size.
    return withKeys(text, new Map([['fit', [width, height, wrapped, '']]]))
  }

  /** The values without what refers to something that it cannot refer to. */
  #withSense(id: ElementId, values: ElementValues): ElementValues {
    const without = new Map<string, unknown>()
    const { frameId } = values.keys
    if (typeof frameId === 'string' && (values.type === 'frame' || !this.#isFrame(frameId)))
      without.set('frameId', null)
    return values.type === 'arrow' ? this.#tied(id, withKeys(values, without)) : withKeys(values, without)
  }

  /** An arrow whose ends have gone with the shapes that they are tied to. */
  #tied(id: ElementId, values: ElementValues): ElementValues {
    const shown = new Map<string, unknown>()
    for (const [key, bindingKey] of ENDS) {
      const [x, y, against] = values.keys[key] as LineEnd
      const binding = values.keys[bindingKey] as ArrowBinding | null
      const shape = binding && binding.elementId !== id ? findElement(this.#doc, binding.elementId) : undefined
      // What an arrow is tied to may still be on its way.
      if (binding && (binding.elementId === id || (shape && !canBeTiedTo(shape.type)))) shown.set(bindingKey, null)
      if (against && binding && shape)
        shown.set(
          key,
          followShape([x, y, against], [binding.elementId, ...boxOf(this.#asSeen(binding.elementId, shape))]),
        )
      else if (against) shown.set(key, [x, y])
    }
    if (values.keys.elbow) shown.set('route', [(values.keys.route as Route)[0], ''])
    return withKeys(values, shown)
  }

  /** Takes note of an element's kind, if it is there; says whether that is news. */
  #noteKind(id: ElementId, values: ElementValues | undefined): boolean {
    const kind = values && values.keys.isDeleted !== true ? values.type : undefined
    const isNews = kind !== this.#kinds.get(id)
    if (kind === undefined) this.#kinds.delete(id)
    else this.#kinds.set(id, kind)
    return isNews
  }

  #isFrame(id: ElementId): boolean {
    return this.#kinds.get(id) === 'frame'
  }
}

function freed(text: ElementValues): ElementValues {
  return withKeys(text, new Map([['containerId', null]]))
}

/** A size for a text that nobody can measure: too small, it could not be seen or picked up. */
function roughFit({ keys }: ElementValues): Fit {
  const [width, height, wrapped] = keys.fit as Fit
  if (width > 0 && height > 0) return [width, height, wrapped, '']
  const [fontSize, lineHeight] = [keys.fontSize as number, keys.lineHeight as number]
  const lines = (keys.words as string).split('\n')
  const longest = lines.reduce((most, line) => Math.max(most, line.length), 1)
  return [longest * fontSize * LETTER_WIDTH, lines.length * fontSize * lineHeight, null, '']
}
