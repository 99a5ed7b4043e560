import * as Y from 'yjs'
import { STORED } from '../device/room-rows.ts'
import { SIBLING } from '../device/sibling-tabs.ts'
import { FROM_SERVER } from './document-exchange.ts'
import type { Clocks, Edit } from './edits.ts'

/** Transaction origin of what gives a name to a deletion: nobody's undo takes it back. */
const NAMING = Symbol('names a deletion')

/** Something that was drawn here, in one transaction. */
export interface LocalEdit {
  readonly update: Uint8Array
  /** Its name; several where it brings in what other Yjs clients have made, such as a copied board. */
  readonly names: readonly [Edit, ...Edit[]]
  /** What the document had before it. */
  readonly before: Clocks
}

/** Whom the document's changes are told. */
export interface LocalEditsListener {
  readonly onEdit: (edit: LocalEdit) => void
  /** The server sent it. */
  readonly onRemote: (update: Uint8Array) => void
}

/**
 * Tells what is drawn here from what came from elsewhere, and names it. Call the returned function to stop.
 *
 * A transaction that only deletes leaves no trace in any clock. It is given an empty struct, which takes a clock and no place,
 * so that it has a name like any other, and a server that acknowledges it says so.
 */
export function watchLocalEdits(doc: Y.Doc, { onEdit, onRemote }: LocalEditsListener): () => void {
  let nameless: Uint8Array[] = []

  function changed(update: Uint8Array, origin: unknown, _: Y.Doc, transaction: Y.Transaction): void {
    if (origin === STORED || origin === SIBLING) return
    if (origin === FROM_SERVER) return onRemote(update)
    const { beforeState: before, afterState } = transaction
    const [first, ...more] = [...afterState]
      .filter(([client, clock]) => clock > (before.get(client) ?? 0))
      .map(([client, clock]): Edit => ({ client, clock }))
    if (!first) {
      nameless.push(update)
      // Not by an update: Yjs would think that somebody else has our client's number, and take another.
      const struct = new Y.GC(Y.createID(doc.clientID, afterState.get(doc.clientID) ?? 0), 1)
      return doc.transact((naming) => struct.integrate(naming, 0), NAMING)
    }
    const whole = nameless.length > 0 ? Y.mergeUpdates([...nameless, update]) : update
    nameless = []
    onEdit({ update: whole, names: [first, ...more], before })
  }

  doc.on('update', changed)
  return () => doc.off('update', changed)
}
