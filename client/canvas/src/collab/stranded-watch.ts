import type { EditId } from '../offline/edit-id.ts'

/** The longest wait between two comparisons, in checks. */
const LONGEST_WAIT_CHECKS = 16

/**
 * Decides when to compare documents with the server again, because edits lie in this one that nobody is sending:
 * the tab that made them is gone, or the server could not apply them. Asked at a steady pace.
 */
export class StrandedWatch {
  #before = new Set<EditId>()
  #wait = 1
  #checksLeft = 0

  /** Whether to compare now. An edit counts from the second check that finds it stranded; the waits double. */
  check(stranded: readonly EditId[]): boolean {
    const stayed = stranded.some((edit) => this.#before.has(edit))
    this.#before = new Set(stranded)
    if (!stayed) {
      this.#wait = 1
      this.#checksLeft = 0
      return false
    }
    if (this.#checksLeft > 0) {
      this.#checksLeft -= 1
      return false
    }
    this.#checksLeft = this.#wait
    this.#wait = Math.min(LONGEST_WAIT_CHECKS, this.#wait * 2)
    return true
  }
}
