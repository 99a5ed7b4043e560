import { shiftCaret } from '@sketchroom/shared/scene/words'

/** The box that Excalidraw opens to write a text in: a plain text area, of which the editor has no call. */
export class OpenTextArea {
  readonly #getContainer: () => HTMLElement | null
  /** Whether an input method is in the middle of a word. */
  isComposing = false

  constructor(getContainer: () => HTMLElement | null) {
    this.#getContainer = getContainer
  }

  /** How many letters stand before the caret; undefined while none is open. */
  get caret(): number | undefined {
    return this.#find()?.selectionEnd
  }

  /** Makes it say this, with the same letters selected as before; false when it is in the middle of a word. */
  change(words: string): boolean {
    const area = this.#find()
    if (!area || this.isComposing) return false
    const { value: before, selectionStart, selectionEnd, selectionDirection } = area
    area.value = words
    const [start, end] = [shiftCaret(selectionStart, before, words), shiftCaret(selectionEnd, before, words)]
    area.setSelectionRange(start, end, selectionDirection)
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
