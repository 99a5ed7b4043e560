import type * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'
import { type ElementValues, withKeys } from '@sketchroom/shared/scene/codec'
import { isMarkedDeleted, storedWords, type WriteOptions, writeKeys } from '@sketchroom/shared/scene/document'
import { OpenWords } from './open-words.ts'
import type { SceneView } from './scene-view.ts'
import type { Shadow } from './shadow.ts'
import { WordsHistory } from './words-history.ts'

/** A change of an element in which there are words: as the person saw it, and who else was seen. */
type WordsChange = Pick<WriteOptions, 'known' | 'seen'> & { readonly shown: ElementValues }

/** The text that is open. */
interface OpenedText {
  readonly id: ElementId
  /** What it said when it was opened. */
  readonly words: string | undefined
  /** Whether anything was written in it since. */
  isBegun: boolean
}

/** Writes words: as they are typed in the text that is open, or as the editor's history puts them back in another. */
export class WordsWriter {
  readonly #doc: Y.Doc
  readonly #shadow: Shadow
  readonly #history: WordsHistory
  readonly #openWords: OpenWords
  #opened: OpenedText | undefined

  /** What is written is in transactions of `origin`. */
  constructor(doc: Y.Doc, view: SceneView, shadow: Shadow, origin: object) {
    this.#doc = doc
    this.#shadow = shadow
    this.#openWords = new OpenWords(doc, view, shadow)
    this.#history = new WordsHistory(origin)
  }

  /** Stops for good. */
  destroy(): void {
    this.#openWords.follow(undefined)
    this.#history.destroy()
  }

  /** Takes note of which text is open: what is written in it until it is closed is one step of its history. */
  noteOpen(id: ElementId | undefined): void {
    this.#openWords.follow(id)
    if (id === this.#opened?.id) return
    this.#opened = id === undefined ? undefined : { id, words: wordsOf(this.#shadow.get(id)?.shown), isBegun: false }
  }

  /** Brings what others have written in the open text into the editor, when `writeOwn` has written what is typed. */
  take(id: ElementId, writeOwn: () => void): void {
    if (this.#shadow.get(id)) this.#openWords.take(id, writeOwn)
  }

  /** Writes what was typed, with all else that has changed. `caret` is how many letters stand before it. */
  writeTyped(id: ElementId, changes: ReadonlyMap<string, unknown>, change: WordsChange, caret: number): void {
    const open = this.#opened?.id === id ? this.#opened : undefined
    if (open && !open.isBegun) this.#begin(id, open.words)
    if (open) open.isBegun = true
    const ways = open ? this.#openWords.since(id, changes.get('words') as string) : {}
    writeKeys(this.#doc, id, changes, { ...change, caret, ...ways })
  }

  /** Writes words that the editor has put back as a whole, with all else, so that only the person's own come or go. */
  writeUndone(id: ElementId, changes: ReadonlyMap<string, unknown>, change: WordsChange): void {
    const text = storedWords(this.#doc, id)
    const [before, target] = [wordsOf(change.shown) ?? '', changes.get('words') as string]
    if (typeof text !== 'object' || !this.#history.takeBack(id, text, target, before)) {
      this.#begin(id, before)
      return writeKeys(this.#doc, id, changes, { ...change, ownOnly: true })
    }
    const rest = new Map(changes)
    rest.delete('words')
    // A step that only deletes leaves nothing by which it can be acknowledged.
    if (!rest.has('fit')) rest.set('fit', change.shown.keys.fit)
    if (isMarkedDeleted(this.#doc, id) && !rest.has('isDeleted')) rest.set('isDeleted', false)
    // The size that the editor found is that of the words as it has them.
    writeKeys(this.#doc, id, rest, { ...change, shown: withKeys(change.shown, new Map([['words', target]])) })
  }

  /** Takes out the words that the person has written in a text, of which the editor knows `words`. */
  takeOutOwn(id: ElementId, words: string | undefined): void {
    this.#begin(id, words)
    writeKeys(this.#doc, id, new Map([['words', '']]), { ownOnly: true })
  }

  #begin(id: ElementId, target: string | undefined): void {
    const text = storedWords(this.#doc, id)
    if (typeof text === 'object') this.#history.begin(id, text, target)
  }
}

function wordsOf(values: ElementValues | undefined): string | undefined {
  return values?.keys.words as string | undefined
}
