import { applyEdits, joinEdits, type WordEdit } from '@sketchroom/shared/scene/word-edits'

/** More steps than this are not put together: what happened is guessed from the words then. */
const MAX_STEPS = 100

interface Step {
  readonly before: string
  readonly edits: readonly WordEdit[]
  readonly after: string
}

/**
 * What has happened to some words, step by step. Two texts tell only in how far they differ: where one word stands for
 * another, the letters that both have seem to have stayed, and somebody else's word would come between them.
 */
export class EditLog {
  #steps: Step[] = []

  /** Takes note of a step. One that does not begin where the last has ended makes what was before it useless. */
  note(before: string, edits: readonly WordEdit[], after: string): void {
    if (this.#steps.at(-1)?.after !== before) this.#steps = []
    if (applyEdits(before, edits) === after) this.#steps.push({ before, edits, after })
    if (this.#steps.length > MAX_STEPS) this.#steps.shift()
  }

  /** The way from some words to what they have become at last; undefined when it is not known. Forgets what was before. */
  between(before: string, after: string): readonly WordEdit[] | undefined {
    if (before === after) return []
    const first = this.#steps.findLastIndex((step) => step.before === before)
    if (first < 0 || this.#steps.at(-1)?.after !== after) return undefined
    this.#steps = this.#steps.slice(first)
    return this.#steps.reduce<readonly WordEdit[]>((edits, step) => joinEdits(edits, step.edits), [])
  }
}
