import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import { findElement, storedWords, writeKeys } from '@sketchroom/shared/scene/document'
import { mergeWords } from '@sketchroom/shared/scene/words'

/** A text that was a plain string, and has become a shared one by what this person wrote. */
interface FirstChange {
  /** The string that it was. */
  readonly base: string
  /** What it has become. */
  readonly text: Y.Text
}

/**
 * Keeps what was written into a text that a client of ten lines had made of a plain string. The first change makes a
 * shared text of it; of two people who make theirs at the same time, one replaces the other's, words and all. Whoever
 * finds their own replaced writes their words into the other: nobody else does, so nothing is there twice.
 */
export class FirstWords {
  readonly #doc: Y.Doc
  readonly #made = new Map<ElementId, FirstChange>()

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  /** Lets `write` change a text's words, and takes note if it was their first change. */
  watch(id: ElementId, write: () => void): void {
    const before = storedWords(this.#doc, id)
    write()
    const text = storedWords(this.#doc, id)
    if (typeof before === 'string' && typeof text === 'object') this.#made.set(id, { base: before, text })
  }

  /**
   * What writes a person's words again, if their text was replaced; `mine` is what they had made of it. To be called once.
   */
  rescue(id: ElementId, mine: string | undefined): (() => void)[] {
    const made = this.#made.get(id)
    const text = made && storedWords(this.#doc, id)
    if (!made || text === made.text) return []
    this.#made.delete(id)
    const theirs = findElement(this.#doc, id)?.keys.words
    if (typeof theirs !== 'string' || mine === undefined) return []
    return [() => writeKeys(this.#doc, id, new Map([['words', mergeWords(made.base, mine, theirs)]]))]
  }
}
