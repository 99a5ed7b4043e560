import * as Y from 'yjs'
import { Refusal } from '../core/gate/refusal.ts'
import { readUpdate, type ReadUpdate } from '../core/gate/read-update.ts'

/** What Yjs keeps aside in a document, until something comes that was lost. */
export class WaitingEdits {
  readonly #document: Y.Doc

  constructor(document: Y.Doc) {
    this.#document = document
  }

  /** How many bytes they are; 0 when there are none. */
  get bytes(): number {
    const { pendingStructs, pendingDs } = this.#document.store
    return (pendingStructs?.update.length ?? 0) + (pendingDs?.length ?? 0)
  }

  /** Says whether they are others than now. */
  watch(): () => boolean {
    const { store } = this.#document
    const [structs, deletions] = [store.pendingStructs?.update, store.pendingDs]
    return () => !isSame(structs, store.pendingStructs?.update) || !isSame(deletions, store.pendingDs)
  }

  /**
   * An update together with all that waits, when it brings what that waits for: Yjs puts both in their places then. Undefined
   * when it does not, or together they are more than can be read as one.
   */
  releasedBy({ bytes, clients }: ReadUpdate): ReadUpdate | undefined {
    const { pendingStructs } = this.#document.store
    const isBrought = clients.some(({ client, structs }) => {
      const [missing, last] = [pendingStructs?.missing.get(client), structs.at(-1)]
      return missing !== undefined && last !== undefined && last.clock + last.length > missing
    })
    if (!isBrought || !pendingStructs) return undefined
    try {
      return readUpdate(Y.mergeUpdates([bytes, Y.convertUpdateFormatV2ToV1(pendingStructs.update)]))
    } catch (error) {
      // Each part of it was read when it came.
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  /** Forgets them; in the room's records they stay. */
  forget(): void {
    const { store } = this.#document
    store.pendingStructs = null
    store.pendingDs = null
  }
}

function isSame(a: Uint8Array | null | undefined, b: Uint8Array | null | undefined): boolean {
  return a && b ? Buffer.compare(a, b) === 0 : a === b
}
