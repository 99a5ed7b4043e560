import type { RoomId } from '@sketchroom/shared/ids'
import type { DocumentStore, RoomAppend, StoredDocument, StoredUpdate } from '../../ports/document-store.ts'

interface MemoryDocument {
  updates: Array<StoredUpdate & { quarantined?: string }>
  snapshot: Uint8Array | null
  snapshotSeq: number
}

/** Documents for as long as the process lives: for tests, and to measure what durability costs. */
export class MemoryDocumentStore implements DocumentStore {
  readonly #documents = new Map<RoomId, MemoryDocument>()

  async append(batch: readonly RoomAppend[]): Promise<Map<RoomId, number>> {
    const heads = new Map<RoomId, number>()
    for (const { roomId, entries } of batch) {
      if (entries.length === 0) continue
      const document = this.#documents.get(roomId) ?? { updates: [], snapshot: null, snapshotSeq: 0 }
      this.#documents.set(roomId, document)
      for (const { update } of entries) document.updates.push({ seq: document.updates.length + 1, update })
      heads.set(roomId, document.updates.length)
    }
    return heads
  }

  async load(roomId: RoomId): Promise<StoredDocument> {
    const document = this.#documents.get(roomId)
    if (!document) return { snapshot: null, snapshotSeq: 0, head: 0, tail: [] }
    const { updates, snapshot, snapshotSeq } = document
    const tail = updates.filter(({ seq, quarantined }) => seq > snapshotSeq && quarantined === undefined)
    return { snapshot, snapshotSeq, head: updates.length, tail: tail.map(({ seq, update }) => ({ seq, update })) }
  }

  async saveSnapshot(roomId: RoomId, snapshot: Uint8Array, seq: number, basedOn: number): Promise<boolean> {
    const document = this.#documents.get(roomId)
    if (!document || document.snapshotSeq !== basedOn || seq > document.updates.length) return false
    document.snapshot = snapshot
    document.snapshotSeq = seq
    return true
  }

  async quarantine(roomId: RoomId, seq: number, reason: string): Promise<void> {
    const document = this.#documents.get(roomId)
    if (!document) return
    if (seq === 0) {
      document.snapshot = null
      document.snapshotSeq = 0
    } else {
      const update = document.updates[seq - 1]
      if (update) update.quarantined = reason
    }
  }

  async ping(): Promise<void> {}
}
