import type { Edit, UnsentEdits } from './edits.ts'

/** The longest wait between two comparisons, in checks. */
const LONGEST_WAIT_CHECKS = 16

/** A look at what is unsent, and how many writes there were then. */
interface Look {
  readonly edits: readonly Edit[]
  readonly writes: number
}

/** The writes of a connection. */
export interface Writes {
  /** All that the document held at some moment is durable. */
  readonly caughtUp: boolean
  readonly writes: number
  hasAnswered(writes: number): boolean
}

/**
 * Decides when to compare documents with the server again: because edits lie in this one that nobody is sending (the tab
 * that made them is gone, or the server could not apply them), or because the server refused the end of a comparison,
 * which may have had no edit in it. Asked at a steady pace.
 */
export class StrandedWatch {
  #before: Look | undefined
  #wait = 1
  #checksLeft = 0

  /**
   * Whether to compare now. An edit is stranded when it was there at an earlier check, and all that had been sent by then is
   * answered; a comparison, when all is answered and the server still has not caught up. The waits double. Without a
   * connection, nothing can be sent now.
   */
  check(unsent: UnsentEdits, connection: Writes | undefined): boolean {
    if (connection && this.#before && !connection.hasAnswered(this.#before.writes)) return false
    const stayed = connection && this.#before?.edits.some((edit) => unsent.has(edit))
    const isBehind = connection && !connection.caughtUp
    this.#before = connection && { edits: [...unsent], writes: connection.writes }
    // Its end is on the way: that it was refused before still counts.
    if (isBehind && !connection.hasAnswered(connection.writes)) return false
    if (!stayed && !isBehind) {
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
