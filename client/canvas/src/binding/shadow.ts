import type { ElementId } from '@sketchroom/shared/ids'
import { changedKeys, type ElementValues, valuesOf, withKeys } from '@sketchroom/shared/scene/codec'
import { areOfMoved } from './told-change.ts'
import type { ViewElement } from './scene-view.ts'

const NO_CHANGES: ReadonlyMap<string, unknown> = new Map()

/** What the view and the document last agreed an element to be. */
export interface ShadowEntry {
  /** As the document has it. */
  readonly values: ElementValues
  /** As the view was given it: the same object, or one with somebody's motion over it. */
  readonly shown: ElementValues
  /** The view's version that agrees; a view element of another version has been changed since. */
  readonly version: number | undefined
  readonly versionNonce: number | undefined
}

/**
 * What the view last agreed to. Local changes are told against this and never against the document, because the
 * document may hold a remote change that the view has not been shown yet, which would look like a local one
 * undoing it. Others' motion is part of what is shown, never of what is agreed.
 */
export class Shadow {
  readonly #entries = new Map<ElementId, ShadowEntry>()

  get(id: ElementId): ShadowEntry | undefined {
    return this.#entries.get(id)
  }

  /** Whether the view has changed an element since the two agreed; also true of one that is only in the view. */
  isDirty(element: ViewElement): boolean {
    const entry = this.#entries.get(element.id)
    return !entry || entry.version !== element.version || entry.versionNonce !== element.versionNonce
  }

  /** The keys that the view has changed in an element since the two agreed. */
  localChanges(element: ViewElement): ReadonlyMap<string, unknown> {
    const entry = this.#entries.get(element.id)
    const values = entry && this.isDirty(element) ? valuesOf(element) : undefined
    return entry && values?.type === entry.shown.type ? changedKeys(entry.shown, values) : NO_CHANGES
  }

  /** Whether the view has changed in an element what another's motion is shown over. */
  isTaken(element: ViewElement): boolean {
    const entry = this.#entries.get(element.id)
    return entry !== undefined && areOfMoved(entry, this.localChanges(element))
  }

  /** Notes that the two agree on an element. Without `element` the view still has changes to tell. */
  agree(id: ElementId, values: ElementValues, shown: ElementValues, element?: ViewElement): void {
    this.#entries.set(id, { values, shown, version: element?.version, versionNonce: element?.versionNonce })
  }

  /** Whether the view, as agreed, has these words. */
  says(id: ElementId, words: string): boolean {
    return this.#entries.get(id)?.shown.keys.words === words
  }

  /**
   * Notes that a text now has words that both agree on, and with them its size. What else the person has changed in it
   * is still to be told.
   */
  agreeOnWords(element: ViewElement | undefined): void {
    const entry = element && this.#entries.get(element.id)
    const now = element && valuesOf(element)
    if (!entry || !now) return
    const { words, fit, xy } = now.keys
    const ofWords = new Map(Object.entries({ words, fit, xy }))
    const values = withKeys(entry.values, ofWords)
    const shown = entry.shown === entry.values ? values : withKeys(entry.shown, ofWords)
    this.agree(element.id, values, shown, changedKeys(shown, now).size === 0 ? element : undefined)
  }

  forget(id: ElementId): void {
    this.#entries.delete(id)
  }
}
