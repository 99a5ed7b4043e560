import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

/** Yjs deletes and collects what is inside of a type by recursion; so deep, the stack ends first. */
const DEPTH = 10_000

/**
 * Two updates of which each decodes, and the second does not integrate: the first builds maps within maps, one by one,
 * and the second deletes the outermost. With both, a document is left half changed.
 */
export function createBreakingUpdates(): { harmless: Uint8Array; breaking: Uint8Array } {
  const document = new Y.Doc()
  document.transact(() => {
    let inner = document.getMap('nest')
    for (let n = 0; n < DEPTH; n++) {
      const next = new Y.Map()
      inner.set('in', next)
      inner = next
    }
  })
  const deletion = encoding.createEncoder()
  // No structs, one client, one range of one id: the outermost map.
  for (const part of [0, 1, document.clientID, 1, 0, 1]) encoding.writeVarUint(deletion, part)
  return { harmless: Y.encodeStateAsUpdate(document), breaking: encoding.toUint8Array(deletion) }
}
