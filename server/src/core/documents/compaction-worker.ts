import { crc32 } from 'node:zlib'
import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import * as Y from 'yjs'
import { messageOf } from '../../errors.ts'
import { encodeRanges, extentOf, rangesOfDocument, rangesOfUpdate, type Extent } from './clock-ranges.ts'
import { findLongDeleted, type LongDeleted } from './deleted-elements.ts'
import { DAMAGED } from './load-room.ts'
import { joinPieces, PIECE_BYTES, piecesOf } from './piece-list.ts'

/** Where it is said which record is being applied, and how many steps were done. */
export const RECORD = 0
export const STEPS = 1

const NOTHING = Y.encodeStateVector(new Map())

/** A stored record, and the CRC-32 of what was written. */
export interface CompactedRecord {
  readonly kind: 'update' | 'snapshot'
  readonly bytes: Uint8Array
  readonly crc: number
}

/** What a room's records come to: the whole as a snapshot's bytes, or which of them cannot be read, and why. */
export type Compacted =
  | { readonly kind: 'snapshot'; readonly bytes: Uint8Array; readonly ranges: Uint8Array }
  | { readonly kind: 'unreadable'; readonly index: number; readonly reason: string }

/** A drawing in pieces; `ranges` is what these insert and delete. */
export interface Cut {
  readonly pieces: readonly Uint8Array[]
  readonly ranges: Uint8Array
}

/** What every task comes with: which record it is at, and how many steps were done. See `RECORD` and `STEPS`. */
interface Watched {
  readonly progress: Int32Array
}

/**
 * Builds a room's document from its records and encodes it, in a thread of its own: a large board takes seconds, which
 * must not be everybody's. `encodesEach`: also what each record says, so that one which cannot be encoded is found.
 */
export default function compact({
  records,
  encodesEach,
  progress,
}: { records: readonly CompactedRecord[]; encodesEach: boolean } & Watched): Compacted {
  const whole = encodeWhole(records, encodesEach, progress)
  if (whole.kind === 'unreadable') return whole
  const { bytes, ranges } = whole
  if (bytes.length <= PIECE_BYTES) return whole
  return { kind: 'snapshot', bytes: joinPieces(cutUpdate(bytes, NOTHING, PIECE_BYTES)), ranges }
}

/** The document is let go before its bytes are read again to be cut: a large board would be in memory twice. */
function encodeWhole(records: readonly CompactedRecord[], encodesEach: boolean, progress: Int32Array): Compacted {
  const document = new Y.Doc()
  // Yjs encodes what was applied when somebody listens.
  if (encodesEach) document.on('update', () => undefined)
  for (const [index, record] of records.entries()) {
    Atomics.store(progress, RECORD, index)
    // A snapshot would give what a disk has spoilt a checksum of its own.
    if (isDamaged(record)) return { kind: 'unreadable', index, reason: DAMAGED }
    try {
      apply(document, record, progress)
    } catch (error) {
      return { kind: 'unreadable', index, reason: messageOf(error) }
    }
  }
  Atomics.store(progress, RECORD, records.length)
  step(progress)
  return { kind: 'snapshot', bytes: Y.encodeStateAsUpdate(document), ranges: encodeRanges(rangesOfDocument(document)) }
}

/** What these updates say, as updates that each need only those before; what refers to a hole in them comes last. */
export function cut({ updates, progress }: { updates: readonly Uint8Array[] } & Watched): Cut {
  const whole = mergeInDocument(updates, progress)
  return {
    pieces: cutUpdate(whole, NOTHING, PIECE_BYTES),
    // Not those of the document: what waits in it is in the pieces, too.
    ranges: encodeRanges(rangesOfUpdate(Y.decodeUpdate(whole))),
  }
}

function mergeInDocument(updates: readonly Uint8Array[], progress: Int32Array): Uint8Array {
  const document = new Y.Doc()
  document.transact(() => {
    for (const update of updates) {
      step(progress)
      Y.applyUpdate(document, update)
    }
  })
  step(progress)
  return Y.encodeStateAsUpdate(document)
}

/** How far each of these pieces speaks of whom. */
export function measure({ pieces, progress }: { pieces: readonly Uint8Array[] } & Watched): Extent[] {
  return pieces.map((piece) => {
    step(progress)
    return extentOf(rangesOfUpdate(Y.decodeUpdate(piece)))
  })
}

/** Looks for what may be taken out of a room's drawing for good. Throws when a record cannot be read. */
export function findDeleted({
  longAgo,
  present,
  progress,
}: {
  longAgo: CompactedRecord
  present: readonly CompactedRecord[]
} & Watched): LongDeleted {
  const [then, now] = [build([longAgo], progress), build(present, progress)]
  step(progress)
  return findLongDeleted(then, now)
}

function build(records: readonly CompactedRecord[], progress: Int32Array): Y.Doc {
  const document = new Y.Doc()
  for (const record of records) {
    if (isDamaged(record)) throw new Error(DAMAGED)
    apply(document, record, progress)
  }
  return document
}

function isDamaged({ bytes, crc }: CompactedRecord): boolean {
  return crc32(bytes) !== crc
}

function apply(document: Y.Doc, { kind, bytes }: CompactedRecord, progress: Int32Array): void {
  for (const update of kind === 'snapshot' ? piecesOf(bytes) : [bytes]) {
    step(progress)
    Y.applyUpdate(document, update)
  }
}

/** To be called before whatever may take long. */
function step(progress: Int32Array): void {
  Atomics.add(progress, STEPS, 1)
}
