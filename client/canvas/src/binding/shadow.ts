import type { ElementId } from '@sketchroom/shared/ids'
import { changedKeys, type ElementValues, valuesOf, withKeys } from '@sketchroom/shared/scene/codec'
import { areOfMoved } from './told-change.ts'
import type { ViewElement } from './scene-view.ts'
import { isVisible } from './view-element.ts'

const NO_CHANGES: ReadonlyMap<string, unknown> = new Map()

/** What the view and the document last agreed an element to be. */
export interface ShadowEntry {
  /** As it was stored when the view was last shown it, and as it has been written here since. */
  readonly stored: ElementValues
  /** The same as it is to be shown: labels where their shapes are, and so on. */
  readonly values: ElementValues
  /** As the view was given it: the same object, or one with somebody's motion over it. */
  readonly shown: ElementValues
  /** The view's version that agrees; a view element of another version has been changed since. */
  readonly version: number | undefined
  readonly versionNonce: number | undefined
}

/** What an element of the view says, as long as it stays as it is. */
interface Reading {
  readonly version: number
  readonly versionNonce: number
  readonly values: ElementValues | undefined
  /** What it was last compared with, and what came out. */
  entry?: ShadowEntry
  changes?: ReadonlyMap<string, unknown>
}

/**
 * What the view last agreed to. Local changes are told against this and never against the document, because the
 * document may hold a remote change that the view has not been shown yet, which would look like a local one
 * undoing it. Others' motion is part of what is shown, never of what is agreed.
 */
export class Shadow {
  readonly #entries = new Map<ElementId, ShadowEntry>()
  /** Each change is asked about several times at each update of the editor, and some stay for long. */
  readonly #readings = new WeakMap<ViewElement, Reading>()
  /** What has been written for the person since the view was last given it. */
  readonly #own = new Set<ElementId>()

  get(id: ElementId): ShadowEntry | undefined {
    return this.#entries.get(id)
  }

  /**
   * Whether the view has changed an element since the two agreed, or has one to show that is new. What editors leave
   * behind of what came to nothing is no change.
   */
  isDirty(element: ViewElement): boolean {
    const entry = this.#entries.get(element.id)
    if (!entry) return isVisible(element)
    return entry.version !== element.version || entry.versionNonce !== element.versionNonce
  }

  /** Whether the view has an element that nobody can see and that was never written. */
  isNothing(element: ViewElement): boolean {
    return !this.#entries.has(element.id) && !element.isDeleted && !isVisible(element)
  }

  /** Whether a person has changed an element, or is making it. Its place in the stack may have been repaired by us. */
  isChanged(element: ViewElement): boolean {
    if (!this.#entries.has(element.id)) return isVisible(element)
    for (const key of this.localChanges(element).keys()) if (key !== 'index') return true
    return false
  }

  /** The keys that the view has changed in an element since the two agreed. */
  localChanges(element: ViewElement): ReadonlyMap<string, unknown> {
    const entry = this.#entries.get(element.id)
    if (!entry || !this.isDirty(element)) return NO_CHANGES
    const reading = this.#read(element)
    if (reading.entry !== entry || !reading.changes) {
      const { values } = reading
      reading.entry = entry
      reading.changes = values?.type === entry.shown.type ? changedKeys(entry.shown, values) : NO_CHANGES
    }
    return reading.changes
  }

  /** What an element of the view says; undefined when it is no element of the format. */
  valuesOf(element: ViewElement): ElementValues | undefined {
    return this.#read(element).values
  }

  /** Whether the view has changed in an element what another's motion is shown over. */
  isTaken(element: ViewElement): boolean {
    const entry = this.#entries.get(element.id)
    return entry !== undefined && areOfMoved(entry, this.localChanges(element))
  }

  /** Notes that the two agree on an element. Without `element` the view still has changes to tell. */
  agree(id: ElementId, agreed: Pick<ShadowEntry, 'stored' | 'values' | 'shown'>, element?: ViewElement): void {
    this.#entries.set(id, { ...agreed, version: element?.version, versionNonce: element?.versionNonce })
  }

  /** Notes that a change of the person's was written, which the view's history need not have taken yet. */
  noteOwn(id: ElementId): void {
    this.#own.add(id)
  }

  /** Whether the person has changed an element since the view was last given it. */
  hasOwn(element: ViewElement): boolean {
    return this.#own.has(element.id) || this.localChanges(element).size > 0
  }

  /** Notes that the view has been given an element anew. */
  given(id: ElementId): void {
    this.#own.delete(id)
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
    const now = element && this.valuesOf(element)
    if (!entry || !now) return
    const { words, fit, xy } = now.keys
    const ofWords = new Map(Object.entries({ words, fit, xy }))
    const values = withKeys(entry.values, ofWords)
    const shown = entry.shown === entry.values ? values : withKeys(entry.shown, ofWords)
    const stored = withKeys(entry.stored, new Map([['words', words]]))
    this.agree(element.id, { stored, values, shown }, changedKeys(shown, now).size === 0 ? element : undefined)
  }

  forget(id: ElementId): void {
    this.#entries.delete(id)
    this.#own.delete(id)
  }

  #read(element: ViewElement): Reading {
    const { version, versionNonce } = element
    const known = this.#readings.get(element)
    if (known?.version === version && known.versionNonce === versionNonce) return known
    const reading = { version, versionNonce, values: valuesOf(element) }
    this.#readings.set(element, reading)
    return reading
  }
}
