import { crc32 } from 'node:zlib'
import type { RoomId } from '@sketchroom/shared/ids'
import { SketchRoomError } from '../../errors.ts'
import type { DocumentStore, RecordId, StoredDocument } from '../../ports/document-store.ts'
import type { Journal } from './journal.ts'

/** A record that could not be read, told to the operator. */
export type ReportDamaged = (record: RecordId, reason: string) => void

/** Why a record is set aside whose checksum is not that of its bytes. */
export const DAMAGED = 'its bytes are not those that were written'

interface LoadParts {
  readonly store: DocumentStore
  readonly journal: Pick<Journal, 'flush'>
  readonly reportDamaged: ReportDamaged
}

/**
 * Reads a room from the store, as bytes; no document is built. A record whose bytes are not those that were written is
 * set aside and reported, and the room is read again without it. Throws `store_unavailable` when the room cannot be
 * read: it is never opened empty instead.
 */
export async function loadRoom(roomId: RoomId, parts: LoadParts): Promise<StoredDocument> {
  try {
    // What an earlier life of this room has appended must be in the store before it is read back.
    await parts.journal.flush(roomId)
    for (;;) {
      const stored = await parts.store.load(roomId)
      const damaged = damagedIn(roomId, stored)
      for (const record of damaged) await setAside(record, DAMAGED, parts)
      if (damaged.length > 0) continue
      if (stored.head > 0 && !stored.snapshot && stored.tail.length === 0) {
        throw new SketchRoomError('store_unavailable', 'no record of the room can be read; it is not opened empty')
      }
      return stored
    }
  } catch (error) {
    if (error instanceof SketchRoomError) throw error
    throw new SketchRoomError('store_unavailable', 'the room could not be read from the store', { cause: error })
  }
}

function damagedIn(roomId: RoomId, stored: StoredDocument): RecordId[] {
  return recordsOf(roomId, stored)
    .filter(({ bytes, crc }) => crc32(bytes) !== crc)
    .map(({ record }) => record)
}

/** A stored document's records, in the order in which they are applied. */
export function recordsOf(roomId: RoomId, { snapshot, tail }: StoredDocument) {
  const updates = tail.map(({ seq, update, crc }) => ({
    record: { roomId, kind: 'update', seq } satisfies RecordId,
    bytes: update,
    crc,
  }))
  if (!snapshot) return updates
  const { seq, bytes, crc } = snapshot
  return [{ record: { roomId, kind: 'snapshot', seq } satisfies RecordId, bytes, crc }, ...updates]
}

/** Takes a record out of its room, and tells of it. */
export async function setAside(
  record: RecordId,
  reason: string,
  { store, reportDamaged }: Pick<LoadParts, 'store' | 'reportDamaged'>,
): Promise<void> {
  reportDamaged(record, reason)
  await store.quarantine(record, reason)
}
