import * as Y from 'yjs'
import type { DocumentView } from './document-view.ts'
import { KIND } from './read-content.ts'
import { isSameId, type ReadStruct, type ReadUpdate } from './read-update.ts'

/** Which elements an update deletes or brings back. */
export interface Marks {
  /** Those of the document that it deletes, whether they are deleted already or not. */
  readonly deleted: ReadonlySet<Y.Map<unknown>>
  /** Those of the document that are there again afterwards, or still. */
  readonly restored: ReadonlySet<Y.Map<unknown>>
  /** How many of its new elements are deleted in it, too. */
  readonly stillborn: number
}

/**
 * Finds what an update marks and removes. `structs` are those of it that are new, each with its place; the document does not
 * have them yet.
 */
export function marksOf({ deleted: ranges }: ReadUpdate, structs: readonly ReadStruct[], view: DocumentView): Marks {
  const [deleted, restored] = [new Set<Y.Map<unknown>>(), new Set<Y.Map<unknown>>()]
  const stillborn = new Set<object>()
  const marked = new Set<object>()
  for (const struct of structs) {
    if (struct.shelf !== 'element' || struct.slot !== 'isDeleted' || struct.kind !== KIND.any) continue
    const home = struct.home as object
    // What does not go behind the newest mark is put before it by Yjs, and says nothing.
    if (!isNewest(struct, marked.has(home), view)) continue
    marked.add(home)
    const isGone = (struct.content as unknown[]).at(-1) !== false
    if (!(home instanceof Y.Map)) {
      if (isGone) stillborn.add(home)
      else stillborn.delete(home)
      continue
    }
    const [into, outOf] = isGone ? [deleted, restored] : [restored, deleted]
    into.add(home)
    outOf.delete(home)
  }
  for (const { client, clock, length } of ranges) {
    const known = Math.min(length, view.reach(client) - clock)
    if (known > 0) for (const element of view.elementsIn({ client, clock }, known)) deleted.add(element)
  }
  return { deleted, restored, stillborn: stillborn.size }
}

/** Whether a mark is put behind all others of its element; `isAgain`: the same update has one already. */
function isNewest({ origin, home }: ReadStruct, isAgain: boolean, view: DocumentView): boolean {
  if (isAgain) return origin !== null && origin.clock >= view.reach(origin.client)
  const entry = view.entryOf(home, 'isDeleted')
  return entry === undefined || isSameId(entry.lastId, origin)
}
