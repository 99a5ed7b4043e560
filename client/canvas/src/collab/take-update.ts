import { cutUpdate } from '@sketchroom/shared/protocol/pieces'
import * as Y from 'yjs'

/** Small, so that what cannot be read takes little along; not so small that a large board takes for ever. */
const PIECE_BYTES = 4 * 1024

/**
 * Puts an update into a document, and tells whether all of it could be read. Of one at which Yjs throws, a damaged board or
 * a hostile one, everything that can be read is taken, piece by piece: what was drawn beside the damage stays to be seen.
 */
export function takeUpdate(doc: Y.Doc, update: Uint8Array, origin: unknown): boolean {
  const before = countStructs(doc)
  const fault = faultOf(() => Y.applyUpdate(doc, update, origin))
  const [taken, lost] = fault === undefined ? [1, 0] : takePieces(doc, update, origin)
  const empty = dropEmptyStructs(doc, before)
  if (fault === undefined && empty === 0) return true
  // The person can do nothing about it; who looks into it finds here what it was.
  // oxlint-disable-next-line no-console
  console.error(`SketchRoom: an update cannot be read. Pieces taken: ${taken}, lost: ${lost}, empty: ${empty}.`, fault)
  return false
}

function faultOf(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error ?? new Error('without a reason')
  }
}

function takePieces(doc: Y.Doc, update: Uint8Array, origin: unknown): [taken: number, lost: number] {
  const count: [number, number] = [0, 0]
  for (const piece of piecesOf(doc, update)) {
    // One that cannot be read is the damaged one, or needs what was in it.
    count[faultOf(() => Y.applyUpdate(doc, piece, origin)) === undefined ? 0 : 1] += 1
  }
  return count
}

function piecesOf(doc: Y.Doc, update: Uint8Array): Uint8Array[] {
  try {
    return cutUpdate(update, Y.encodeStateVector(doc), PIECE_BYTES)
  } catch {
    // It is no update at all.
    return []
  }
}

function countStructs(doc: Y.Doc): Map<number, number> {
  return new Map([...doc.store.clients].map(([client, structs]) => [client, structs.length]))
}

/**
 * Takes out what is new and has no length; returns how much that was. Only a hostile client makes such structs. Yjs takes
 * them in without a word, and then writes, of all that this person draws, updates that nobody can read.
 */
function dropEmptyStructs(doc: Y.Doc, before: ReadonlyMap<number, number>): number {
  let dropped = 0
  for (const [client, structs] of doc.store.clients) {
    if (structs.length === before.get(client)) continue
    const sound = structs.filter(({ length }) => length > 0)
    if (sound.length === structs.length) continue
    dropped += structs.length - sound.length
    if (sound.length > 0) doc.store.clients.set(client, sound)
    else doc.store.clients.delete(client)
  }
  return dropped
}
