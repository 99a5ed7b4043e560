import type { RoomId } from '@sketchroom/shared/ids'

/** One Yjs update (v1 encoding) on its way into the journal. */
export interface JournalEntry {
  readonly update: Uint8Array
  /** The user who sent it; null when the server made it. */
  readonly actor: string | null
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number
}

/** What one room adds to the journal in one commit, oldest first. */
export interface RoomAppend {
  readonly roomId: RoomId
  readonly entries: readonly JournalEntry[]
}

/** A stored update with its place in the room's sequence (1, 2, 3 … without gaps). */
export interface StoredUpdate {
  readonly seq: number
  readonly update: Uint8Array
}

/** A room's document as stored: the snapshot, and the updates that came after it. */
export interface StoredDocument {
  /** The room as one Yjs update; null when there is none yet. */
  readonly snapshot: Uint8Array | null
  /** The last update that the snapshot holds; 0 without a snapshot. */
  readonly snapshotSeq: number
  /** The number of the last update of the room; 0 when it has none. */
  readonly head: number
  /** The updates after `snapshotSeq`, in order, without the quarantined ones. */
  readonly tail: readonly StoredUpdate[]
}

/**
 * Where documents live. Every method either has done its whole work durably when it resolves, or
 * rejects and has changed nothing. The rules [DS1] to [DS6] are tested by
 * `document-store.contract.ts` on every implementation.
 */
export interface DocumentStore {
  /**
   * [DS1] Appends to several rooms in one transaction, durable when it resolves; resolves with the new
   * head of each room. [DS2] Numbers have no gaps and are in order of arrival within a room.
   */
  append(batch: readonly RoomAppend[]): Promise<Map<RoomId, number>>
  /** [DS3] The room as stored; a room nobody wrote to is empty with head 0. */
  load(roomId: RoomId): Promise<StoredDocument>
  /**
   * [DS4] Replaces the snapshot by one that holds everything up to `seq`, only if the stored snapshot is
   * still the one at `basedOn`; resolves false, changing nothing, when it is not. The updates stay.
   */
  saveSnapshot(roomId: RoomId, snapshot: Uint8Array, seq: number, basedOn: number): Promise<boolean>
  /** [DS5] Sets a record aside: loads leave it out from now on, and it is never deleted. `seq` 0 is the snapshot. */
  quarantine(roomId: RoomId, seq: number, reason: string): Promise<void>
  /** [DS6] Resolves when the store can write; rejects when it cannot. For readiness. */
  ping(): Promise<void>
}
