import { crc32 } from 'node:zlib'
import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import * as Y from 'yjs'
import { encodeRanges, rangesOfDocument } from './clock-ranges.ts'
import { DAMAGED } from './load-room.ts'

/** Integrating so much takes Yjs a few milliseconds. */
const SLICE_BYTES = 64 * 1024

/** A stored record: an update or a snapshot, and the CRC-32 of what was written. */
export interface CompactedRecord {
  readonly bytes: Uint8Array
  readonly crc: number
}

/** What a room's records come to: the whole as one update, or which of them cannot be read, and why. */
export type Compacted =
  | { readonly kind: 'snapshot'; readonly bytes: Uint8Array; readonly ranges: Uint8Array }
  | { readonly kind: 'unreadable'; readonly index: number; readonly reason: string }

/**
 * Builds a room's document from its records and encodes it, in a thread of its own: a large board takes seconds, which
 * must not be everybody's.
 */
export default function compact(records: readonly CompactedRecord[]): Compacted {
  const document = new Y.Doc()
  for (const [index, { bytes, crc }] of records.entries()) {
    // A snapshot would give what a disk has spoilt a checksum of its own.
    if (crc32(bytes) !== crc) return { kind: 'unreadable', index, reason: DAMAGED }
    try {
      Y.applyUpdate(document, bytes)
    } catch (error) {
      return { kind: 'unreadable', index, reason: error instanceof Error ? error.message : String(error) }
    }
  }
  const bytes = Y.encodeStateAsUpdate(document)
  return { kind: 'snapshot', bytes, ranges: encodeRanges(rangesOfDocument(document)) }
}

/** A room's records as updates that each need only those before; what refers to a hole in them comes last. */
export function slice(records: readonly Uint8Array[]): Uint8Array[] {
  const document = new Y.Doc()
  document.transact(() => {
    for (const bytes of records) Y.applyUpdate(document, bytes)
  })
  return cutUpdate(Y.encodeStateAsUpdate(document), Y.encodeStateVector(new Map()), SLICE_BYTES)
}
