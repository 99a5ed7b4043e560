import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import { findElement, storedWords } from '@sketchroom/shared/scene/document'
import { applyEdits, editsBetween, moveEdits, type WordEdit } from '@sketchroom/shared/scene/word-edits'
import type { WordsOptions } from '@sketchroom/shared/scene/words'
import { EditLog } from './edit-log.ts'
import type { SceneView, ViewElement } from './scene-view.ts'
import type { Shadow } from './shadow.ts'

/**
 * The words of the text that a person has open: what they type, and what others write in it meanwhile. Both are
 * followed letter by letter.
 */
export class OpenWords {
  readonly #doc: Y.Doc
  readonly #view: SceneView
  readonly #shadow: Shadow
  #text: Y.Text | undefined
  #stored = ''
  #log = new EditLog()

  constructor(doc: Y.Doc, view: SceneView, shadow: Shadow) {
    this.#doc = doc
    this.#view = view
    this.#shadow = shadow
  }

  /** Follows what happens to the words of this text from now on; undefined follows none. */
  follow(id: ElementId | undefined): void {
    const words = id === undefined ? undefined : storedWords(this.#doc, id)
    const text = typeof words === 'object' ? words : undefined
    if (text === this.#text) return
    this.#text?.unobserve(this.#observe)
    this.#text = text
    this.#log = new EditLog()
    this.#stored = text?.toJSON() ?? ''
    text?.observe(this.#observe)
  }

  /** What the person and others have done to the words on which both agreed last, where it is known. */
  since(id: ElementId, typed: string): Pick<WordsOptions, 'mine' | 'theirs'> {
    const shown = this.#shadow.get(id)?.shown.keys.words as string | undefined
    if (shown === undefined) return {}
    return { mine: this.#view.typedBetween(shown, typed), theirs: this.#log.between(shown, this.#stored) }
  }

  /**
   * Brings what others have written in the open text into the editor. First `writeOwn` writes what the person has typed:
   * then the document says all that the text should say.
   */
  take(id: ElementId, writeOwn: () => void): void {
    const element = this.#find(id)
    const typed = element ? ((this.#shadow.valuesOf(element)?.keys.words as string | undefined) ?? '') : ''
    const { mine, theirs } = this.since(id, typed)
    writeOwn()
    const words = findElement(this.#doc, id)?.keys.words
    if (typeof words !== 'string' || this.#shadow.says(id, words)) return
    const come = mine && theirs && moveEdits(theirs, mine, 'after')
    const isKnown = come !== undefined && applyEdits(typed, come) === words
    if (!this.#view.changeOpenText(words, isKnown ? come : editsBetween(typed, words))) return
    this.#shadow.agreeOnWords(this.#find(id))
  }

  #find(id: ElementId): ViewElement | undefined {
    return this.#view.getElements().find((element) => element.id === id)
  }

  readonly #observe = ({ delta }: Y.YTextEvent): void => {
    const before = this.#stored
    this.#stored = this.#text?.toJSON() ?? ''
    this.#log.note(before, editsOf(delta), this.#stored)
  }
}

function editsOf(delta: Y.YTextEvent['delta']): WordEdit[] {
  const edits: WordEdit[] = []
  let at = 0
  for (const { retain, insert, delete: deleted = 0 } of delta) {
    at += retain ?? 0
    if (typeof insert === 'string') edits.push({ at, deleted: 0, inserted: insert })
    else if (deleted > 0) edits.push({ at, deleted, inserted: '' })
    at += deleted
  }
  return edits
}
