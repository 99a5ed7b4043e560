import type { RoomId } from '@sketchroom/shared/ids'
import * as Y from 'yjs'
import type { DocumentStore } from '../../ports/document-store.ts'
import type { Journal } from './journal.ts'
import type { LoadedPosition } from './load-document.ts'

/** A tail this long makes the next opening slower than it need be. */
const COMPACT_AFTER_UPDATES = 1000
/** A room that is left with less than this is not worth a snapshot of its own. */
const COMPACT_ON_LEAVE_AFTER_UPDATES = 50
/** Encoding a large board takes tens of milliseconds of everybody's time, so a busy room waits at least this long. */
const COMPACT_EVERY_MS = 60_000

interface Position {
  head: number
  snapshotSeq: number
  /** False when another process wrote to the room: this one's document may lack what it did not see. */
  complete: boolean
  lastAt: number
}

/**
 * Folds the journal's tail into the snapshot, so that rooms open fast. A snapshot is written only if the
 * one it started from is still stored, so any number of processes may try and none does harm.
 */
export class Compaction {
  readonly #store: DocumentStore
  readonly #now: () => number
  readonly #positions = new Map<RoomId, Position>()

  constructor(parts: { store: DocumentStore; journal: Journal; now?: () => number }) {
    this.#store = parts.store
    this.#now = parts.now ?? Date.now
    parts.journal.on('committed', (roomId, head, count) => this.#advance(roomId, head, count))
  }

  /** Starts to follow a room that was just loaded. */
  follow(roomId: RoomId, { head, snapshotSeq }: LoadedPosition): void {
    this.#positions.set(roomId, { head, snapshotSeq, complete: true, lastAt: this.#now() })
  }

  /** Stops following a room that is no longer in memory. */
  forget(roomId: RoomId): void {
    this.#positions.delete(roomId)
  }

  /** Whether the room's tail has grown long enough; `leaving`: it is about to be dropped from memory. */
  isDue(roomId: RoomId, leaving: boolean): boolean {
    const position = this.#positions.get(roomId)
    if (!position?.complete) return false
    const tail = position.head - position.snapshotSeq
    if (leaving) return tail >= COMPACT_ON_LEAVE_AFTER_UPDATES
    return tail >= COMPACT_AFTER_UPDATES && this.#now() - position.lastAt >= COMPACT_EVERY_MS
  }

  /** Writes the room's snapshot; false when another process was first. Rejects when the store fails. */
  async compact(roomId: RoomId, document: Y.Doc): Promise<boolean> {
    const position = this.#positions.get(roomId)
    if (!position?.complete) return false
    const { head, snapshotSeq } = position
    position.lastAt = this.#now()
    // Holds at least everything up to `head`; what is newer and not yet committed does no harm in it.
    const snapshot = Y.encodeStateAsUpdate(document)
    const saved = await this.#store.saveSnapshot(roomId, snapshot, head, snapshotSeq)
    if (saved) position.snapshotSeq = head
    else position.complete = false
    return saved
  }

  #advance(roomId: RoomId, head: number, count: number): void {
    const position = this.#positions.get(roomId)
    if (!position) return
    if (head !== position.head + count) position.complete = false
    position.head = head
  }
}
