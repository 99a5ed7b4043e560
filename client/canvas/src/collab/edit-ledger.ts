import type { EditId } from '../offline/edit-id.ts'

/** A frame that the server will answer, in order, and what it holds. */
interface SentFrame {
  readonly edits: readonly EditId[]
  readonly everything: boolean
}

/**
 * Which local edits of this device the server has not made durable. The n-th answer on a connection belongs to
 * the n-th frame sent on it; an edit is settled only when a frame that holds it was answered with "durable".
 */
export class EditLedger {
  readonly #unsettled = new Set<EditId>()
  #frames: SentFrame[] = []
  #caughtUp = false

  /** How many edits are not known to be durable. */
  get pending(): number {
    return this.#unsettled.size
  }

  /** Whether, on this connection, the server has made durable all that this document held at some moment. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }

  /** The edits that no unanswered frame holds: nothing that is under way will ever settle them. */
  stranded(): EditId[] {
    const underWay = new Set(this.#frames.flatMap((frame) => frame.edits))
    return this.unsettled().filter((edit) => !underWay.has(edit))
  }

  /** The edits that are not known to be durable. */
  unsettled(): EditId[] {
    return [...this.#unsettled]
  }

  /** An edit was made, here or in another tab, and is in the document. */
  add(edit: EditId): void {
    this.#unsettled.add(edit)
  }

  /** An Update frame went out, which holds one edit, or (undefined) none that is counted. */
  sentUpdate(edit: EditId | undefined): void {
    this.#frames.push({ edits: edit ? [edit] : [], everything: false })
  }

  /** A SyncStep2 frame went out, which holds everything that was in the document. */
  sentEverything(): void {
    this.#frames.push({ edits: this.unsettled(), everything: true })
  }

  /** The server answered the oldest unanswered frame; returns the edits that this settled. */
  answered(durable: boolean): EditId[] {
    const frame = this.#frames.shift()
    if (!frame || !durable) return []
    if (frame.everything) this.#caughtUp = true
    return this.settle(frame.edits)
  }

  /** The connection is gone, and with it every answer that was still to come. */
  dropped(): void {
    this.#frames = []
    this.#caughtUp = false
  }

  /** These edits are durable; returns those for which that is news. */
  settle(edits: readonly EditId[]): EditId[] {
    return edits.filter((edit) => this.#unsettled.delete(edit))
  }
}
