import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import { changedKeys, type ElementValues, unkeptKeys, valuesOf, withKeys } from '@sketchroom/shared/scene/codec'
import { createElement, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import { prepareForWriting } from '@sketchroom/shared/scene/migrations'
import type { SceneReader } from '@sketchroom/shared/scene/scene-reader'
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
  readonly #reader: SceneReader
  #toShow = new Set<ElementId>()

  constructor(doc: Y.Doc, view: SceneView, shadow: Shadow, reader: SceneReader, origin: object) {
    this.#doc = doc
    this.#view = view
    this.#shadow = shadow
    this.#origin = origin
    this.#reader = reader
  }

  /** What the view may show otherwise than it was written: labels and their shapes, and what is not kept. Told once. */
  takeToShow(): ReadonlySet<ElementId> {
    const toShow = this.#toShow
    if (toShow.size > 0) this.#toShow = new Set()
    return toShow
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

  /** Takes note of what a gesture has let go: what was written of it while it was held may not be all it shows. */
  noteReleased(ids: readonly ElementId[]): void {
    for (const element of this.#view.getElements()) {
      if (!ids.includes(element.id) || this.#shadow.isDirty(element)) continue
      const values = valuesOf(element)
      if (values) this.#noteUnkept(element, values)
    }
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
    const stored = entry?.values ?? this.#reader.read(id)
    if (!stored || stored.type !== values.type) {
      if (!isVisible(element)) return undefined
      writes.push(() => this.#create(element, values))
      if (!held) this.#noteUnkept(element, values)
      return undefined
    }
    const shown = entry?.shown ?? stored
    const changes = changedKeys(shown, values)
    const pace = !held ? 'soon' : changes.size === 1 && changes.has('ink') ? 'ink' : 'gesture'
    if (!isDue(pace)) return pace
    writes.push(() => this.#change(id, stored, shown, changes, element))
    if (!held) this.#noteUnkept(element, values)
    return undefined
  }

  #tell(id: ElementId, entry: Pick<ShadowEntry, 'values' | 'shown'>, changes: ReadonlyMap<string, unknown>) {
    return entry.values === entry.shown ? changes : toldAgainst(this.#reader.read(id) ?? entry.values, entry, changes)
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
    this.#bind(element.id, values)
  }

  #change(
    id: ElementId,
    stored: ElementValues,
    shown: ElementValues,
    changes: ReadonlyMap<string, unknown>,
    element?: ViewElement,
  ): void {
    const told = this.#tell(id, { values: stored, shown }, changes)
    // What the editor tidies up in a deleted element must not bring it back.
    const stays = element?.isDeleted === true && told.size > 0 ? new Map([['isDeleted', true]]) : told
    if (told.size > 0) writeKeys(this.#doc, id, new Map([...this.#settled(id), ...told, ...stays]), { shown })
    const values = withKeys(stored, told)
    this.#shadow.agree(id, values, stored === shown ? values : withKeys(shown, changes), element)
    this.#bind(id, findElement(this.#doc, id))
  }

  #bind(id: ElementId, values: ElementValues | undefined): void {
    for (const other of this.#reader.note(id, values)) this.#toShow.add(other)
    // A label stands where its shape puts it, and as one of the texts there are.
    const container = values?.keys.containerId
    if (typeof container === 'string') for (const text of this.#reader.labelsOf(container)) this.#toShow.add(text)
  }

  /** The keys in which an element is shown otherwise than it is stored: who changes it settles them for all. */
  #settled(id: ElementId): ReadonlyMap<string, unknown> {
    const [stored, shown] = [findElement(this.#doc, id), this.#reader.read(id)]
    return stored && shown && stored.type === shown.type ? changedKeys(stored, shown) : new Map()
  }

  #noteUnkept(element: ViewElement, values: ElementValues): void {
    const keys = unkeptKeys(element)
    if (keys.length === 0) return
    this.#toShow.add(element.id)
    // A link without its `https://` is only made whole.
    const lost = keys.filter((key) => key !== 'link' || values.keys.link === null)
    if (lost.length > 0) this.#view.tellNotKept(lost)
  }
}
