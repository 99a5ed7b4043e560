import type { ElementId } from '@sketchroom/shared/ids'

/** More steps than this nobody takes back. */
const MAX_STEPS = 200

/** If the editor makes a text say `target` again, the person goes from `base` to there. */
interface Step {
  readonly target: string
  readonly base: string
}

/**
 * Tells what an undo or a redo of words means. The editor's history knows a text only as a whole, with what others
 * have written in it at that time; put back as it is, it would bring back what they have deleted since.
 */
export class WordsHistory {
  readonly #steps = new Map<ElementId, Step[]>()

  /** Takes note that a person has gone from some words to others, with which others may have had to do. */
  note(id: ElementId, { target, base }: Step): void {
    if (target === base) return
    const steps = this.#steps.get(id) ?? []
    steps.push({ target, base })
    if (steps.length > MAX_STEPS) steps.shift()
    this.#steps.set(id, steps)
  }

  /** The words from which the person goes, when the editor makes a text say `target` again; undefined if unknown. */
  takeBase(id: ElementId, target: string): string | undefined {
    const steps = this.#steps.get(id) ?? []
    const at = steps.findLastIndex((step) => step.target === target)
    return at < 0 ? undefined : steps.splice(at, 1)[0]?.base
  }
}
