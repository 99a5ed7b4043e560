import type { RoomId } from '@sketchroom/shared/ids'
import * as Y from 'yjs'
import { SketchRoomError } from '../../errors.ts'
import type { DocumentStore, StoredDocument } from '../../ports/document-store.ts'
import type { Journal } from './journal.ts'

/** Where a loaded document stands in its room's sequence. */
export interface LoadedPosition {
  /** The number of the last update it holds. */
  readonly head: number
  /** The number up to which the stored snapshot goes. */
  readonly snapshotSeq: number
}

/** A record that could not be read, told to the operator. `seq` 0 is the snapshot. */
export type ReportCorrupt = (record: { roomId: RoomId; seq: number; error: unknown }) => void

/**
 * Fills an empty document with what the store has: the snapshot and the updates after it. Throws
 * `store_unavailable` when the room cannot be read: it is never opened empty instead. A record that does
 * not decode is quarantined and reported; since the document may be half filled by then, this load fails
 * and the next one opens the room with the rest.
 */
export async function loadDocument(
  roomId: RoomId,
  document: Y.Doc,
  parts: { store: DocumentStore; journal: Journal; reportCorrupt: ReportCorrupt },
): Promise<LoadedPosition> {
  let stored: StoredDocument
  try {
    // What an earlier life of this room has appended must be in the store before it is read back.
    await parts.journal.flush(roomId)
    stored = await parts.store.load(roomId)
  } catch (error) {
    throw new SketchRoomError('store_unavailable', 'the room could not be read from the store', { cause: error })
  }
  if (stored.head > 0 && !stored.snapshot && stored.tail.length === 0) {
    throw new SketchRoomError('store_unavailable', 'no record of the room can be read; it is not opened empty')
  }
  try {
    document.transact(() => {
      if (stored.snapshot) Y.applyUpdate(document, stored.snapshot)
      for (const { update } of stored.tail) Y.applyUpdate(document, update)
    })
  } catch (error) {
    const found = await quarantineCorrupt(roomId, stored, parts)
    const detail = found > 0 ? `${found} unreadable records were set aside; open the room again` : 'unreadable'
    throw new SketchRoomError('store_unavailable', detail, { cause: error })
  }
  return { head: stored.head, snapshotSeq: stored.snapshotSeq }
}

/** Sets aside every record that throws when it is applied; answers how many. */
async function quarantineCorrupt(
  roomId: RoomId,
  stored: StoredDocument,
  { store, reportCorrupt }: { store: DocumentStore; reportCorrupt: ReportCorrupt },
): Promise<number> {
  const records = [...(stored.snapshot ? [{ seq: 0, update: stored.snapshot }] : []), ...stored.tail]
  const sound: Uint8Array[] = []
  let document = new Y.Doc()
  for (const { seq, update } of records) {
    try {
      Y.applyUpdate(document, update)
      sound.push(update)
    } catch (error) {
      reportCorrupt({ roomId, seq, error })
      await store.quarantine(roomId, seq, error instanceof Error ? error.message : String(error))
      // The failed record may have left the document half changed: go on from a clean one.
      document = new Y.Doc()
      for (const good of sound) Y.applyUpdate(document, good)
    }
  }
  return records.length - sound.length
}
