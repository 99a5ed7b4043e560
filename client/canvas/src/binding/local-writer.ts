import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import { changedKeys, type ElementValues, valuesOf, withKeys } from '@sketchroom/shared/scene/codec'
import { createElement, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import { prepareForWriting } from '@sketchroom/shared/scene/migrations'
import type { SceneView, ViewElement } from './scene-view.ts'
import type { Shadow, ShadowEntry } from './shadow.ts'
import { toldAgainst } from './told-change.ts'
import { isVisible } from './view-element.ts'

/**
 * How soon a change is due: `soon` at the next flush, `ink` for a stroke that grows (appending costs only what
 * is new), `gesture` for anything else that is still in hand, because every step of it would stay in the document.
 */
export type Pace = 'soon' | 'ink' | 'gesture'

/** Writes the view's changes into the document, in one transaction per flush. */
export class LocalWriter {
  readonly #doc: Y.Doc
  readonly #view: SceneView
  readonly #shadow: Shadow
  readonly #origin: object

  constructor(doc: Y.Doc, view: SceneView, shadow: Shadow, origin: object) {
    this.#doc = doc
    this.#view = view
    this.#shadow = shadow
    this.#origin = origin
  }

  /**
   * Writes every change whose pace is due; tells the paces of those that were left for later. `inHand` says
   * whether an element is under a gesture.
   */
  flush(isDue: (pace: Pace) => boolean, inHand: (id: ElementId) => boolean): Set<Pace> {
    const later = new Set<Pace>()
    const writes: (() => void)[] = []
    for (const element of this.#view.getElements()) {
      if (!this.#shadow.isDirty(element)) continue
      const held = inHand(element.id)
      if (held && element.type !== 'freedraw' && this.#shadow.get(element.id) && !isDue('gesture')) {
        later.add('gesture')
        continue
      }
      const pace = this.#plan(element, held, isDue, writes)
      if (pace) later.add(pace)
    }
    this.#write(writes)
    return later
  }

  /** What the document will say of an element when the view's changes are written; undefined before it knows it. */
  told(element: ViewElement): ElementValues | undefined {
    const entry = this.#shadow.get(element.id)
    return entry && withKeys(entry.values, this.#tell(element.id, entry, this.#shadow.localChanges(element)))
  }

  /** Marks as deleted what the editor has dropped without a word: shapes that a gesture left without a size. */
  deleteVanished(ids: Iterable<ElementId>): void {
    const present = new Set(this.#view.getElements().map((element) => element.id))
    const writes: (() => void)[] = []
    for (const id of ids) {
      const entry = this.#shadow.get(id)
      if (!entry || present.has(id) || entry.values.keys.isDeleted === true) continue
      writes.push(() => this.#change(id, entry.values, entry.shown, new Map([['isDeleted', true]])))
    }
    this.#write(writes)
  }

  /** Adds what is to be written for a changed element; the pace of what it has to wait for. */
  #plan(element: ViewElement, held: boolean, isDue: (pace: Pace) => boolean, writes: (() => void)[]): Pace | undefined {
    const { id } = element
    const values = valuesOf(element)
    if (!values) return undefined
    const entry = this.#shadow.get(id)
    // Not in the shadow, but perhaps in the document: a deleted one that the view was never given.
    const stored = entry?.values ?? findElement(this.#doc, id)
    if (!stored || stored.type !== values.type) {
      if (isVisible(element)) writes.push(() => this.#create(element, values))
      return undefined
    }
    const shown = entry?.shown ?? stored
    const changes = changedKeys(shown, values)
    const pace = !held ? 'soon' : changes.size === 1 && changes.has('ink') ? 'ink' : 'gesture'
    if (!isDue(pace)) return pace
    writes.push(() => this.#change(id, stored, shown, changes, element))
    return undefined
  }

  #tell(id: ElementId, entry: Pick<ShadowEntry, 'values' | 'shown'>, changes: ReadonlyMap<string, unknown>) {
    return entry.values === entry.shown
      ? changes
      : toldAgainst(findElement(this.#doc, id) ?? entry.values, entry, changes)
  }

  #write(writes: readonly (() => void)[]): void {
    // A migration is nobody's change: outside our transaction, so that the view is shown what it did.
    if (writes.length === 0 || !prepareForWriting(this.#doc)) return
    this.#doc.transact(() => {
      for (const write of writes) write()
    }, this.#origin)
  }

  #create(element: ViewElement, values: ElementValues): void {
    createElement(this.#doc, element.id, values)
    this.#shadow.agree(element.id, values, values, element)
    this.#shadow.bound.update(element.id, values)
  }

  #change(
    id: ElementId,
    stored: ElementValues,
    shown: ElementValues,
    changes: ReadonlyMap<string, unknown>,
    element?: ViewElement,
  ): void {
    const told = this.#tell(id, { values: stored, shown }, changes)
    writeKeys(this.#doc, id, told)
    const values = withKeys(stored, told)
    this.#shadow.agree(id, values, stored === shown ? values : withKeys(shown, changes), element)
    this.#shadow.bound.update(id, values)
  }
}
