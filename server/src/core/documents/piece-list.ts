import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

/** The largest message that a drawing is sent in, and stored as: on a line of 60 KB/s it takes a second. */
export const PIECE_BYTES: number = 64 * 1024

/** An update that says nothing, with more behind it: Yjs writes no such update. */
const LIST_MARK = Uint8Array.of(0, 0)

/**
 * The bytes of a snapshot: one Yjs update, or, of a drawing that goes out in pieces, a list of updates of which each
 * needs only those before it. So a board that is opened is sent as it is stored: to cut it takes as long as to build it.
 */
export function joinPieces(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array
  const encoder = encoding.createEncoder()
  encoding.writeUint8Array(encoder, LIST_MARK)
  for (const piece of pieces) encoding.writeVarUint8Array(encoder, piece)
  return encoding.toUint8Array(encoder)
}

/** The updates that a snapshot consists of, in order, without a copy; throws when a list is broken off. */
export function piecesOf(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length <= LIST_MARK.length || LIST_MARK.some((byte, index) => bytes[index] !== byte)) return [bytes]
  const decoder = decoding.createDecoder(bytes)
  decoder.pos = LIST_MARK.length
  const pieces: Uint8Array[] = []
  while (decoding.hasContent(decoder)) pieces.push(decoding.readVarUint8Array(decoder))
  return pieces
}

/** What a snapshot says, as one update; throws when that cannot be read. */
export function mergePieces(bytes: Uint8Array): Uint8Array {
  const [first, ...others] = piecesOf(bytes)
  return first && others.length === 0 ? first : Y.mergeUpdates(piecesOf(bytes))
}
