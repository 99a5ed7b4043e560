import { editsBetween, shiftCaret, type WordEdit } from '@sketchroom/shared/scene/word-edits'
import { EditLog } from '../binding/edit-log.ts'

/** What an open text says, and what is selected in it. */
interface Typing {
  readonly words: string
  readonly start: number
  readonly end: number
}

/** The box that Excalidraw opens to write a text in: a plain text area, of which the editor has no call. */
export class OpenTextArea {
  readonly #getContainer: () => HTMLElement | null
  readonly #log = new EditLog()
  #before: Typing | undefined
  /** Whether an input method is in the middle of a word. */
  isComposing = false

  constructor(getContainer: () => HTMLElement | null) {
    this.#getContainer = getContainer
  }

  /** How many letters stand before the caret; undefined while none is open. */
  get caret(): number | undefined {
    return this.#find()?.selectionEnd
  }

  /** Takes note of what is typed; to be told `beforeinput` and `input` before the editor is. */
  noteInput({ target, type }: Event): void {
    if (!(target instanceof HTMLTextAreaElement) || target !== this.#find()) return
    const now = { words: target.value, start: target.selectionStart, end: target.selectionEnd }
    const before = this.#before
    this.#before = type === 'beforeinput' ? now : undefined
    if (type === 'input' && before) this.#log.note(before.words, typedEdits(before, now), now.words)
  }

  /** What was typed on the way from some words to what it says, letter by letter; undefined when that is not known. */
  typedBetween(before: string, after: string): readonly WordEdit[] | undefined {
    return this.#log.between(before, after)
  }

  /** Makes it say this by others' edits, with the same letters selected as before; false while a word is composed. */
  change(words: string, edits: readonly WordEdit[]): boolean {
    const area = this.#find()
    if (!area || this.isComposing) return false
    const { selectionStart, selectionEnd, selectionDirection } = area
    area.value = words
    area.setSelectionRange(shiftCaret(selectionStart, edits), shiftCaret(selectionEnd, edits), selectionDirection)
    // The editor takes what a person types by this event, too.
    area.dispatchEvent(new Event('input'))
    return true
  }

  /** Closes it, as losing the focus does. */
  close(): void {
    this.#find()?.blur()
  }

  #find(): HTMLTextAreaElement | null {
    return this.#getContainer()?.querySelector<HTMLTextAreaElement>('textarea.excalidraw-wysiwyg') ?? null
  }
}

/**
 * What one step of typing did: what was selected, or was deleted beside the caret, has given way to what stands before
 * the caret now. Anything else (an input method, the browser's own undo) is found by comparing.
 */
function typedEdits(before: Typing, now: Typing): WordEdit[] {
  const at = Math.min(before.start, now.end)
  const end = before.words.length - (now.words.length - now.end)
  const isPlain =
    end >= before.end &&
    before.words.slice(0, at) === now.words.slice(0, at) &&
    before.words.slice(end) === now.words.slice(now.end)
  if (!isPlain) return editsBetween(before.words, now.words, now.end)
  return [{ at, deleted: end - at, inserted: now.words.slice(at, now.end) }]
}
