import * as Y from 'yjs'
import type { BoardElements } from './board-elements.ts'
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
  /** How many more that are new or changed in it are deleted if the mark names what they come to, which is not looked at. */
  readonly unproven: { readonly deleted: ReadonlySet<Y.Map<unknown>>; readonly stillborn: number }
}

/** What is looked at on the board to tell what marks say, and whether there is time for more. */
export interface Looking {
  readonly board: BoardElements
  readonly hasTime: () => boolean
}

/**
 * Finds what an update marks and removes. `structs` are those of it that are new, each with its place; the document does not
 * have them yet.
 */
export function marksOf(
  { deleted: ranges }: ReadUpdate,
  structs: readonly ReadStruct[],
  { view, board, hasTime }: Looking & { readonly view: DocumentView },
): Marks {
  const said = new Map<object, unknown>()
  const changed = new Set<object>()
  for (const struct of structs) {
    const { shelf, slot, home, kind } = struct
    if (shelf === 'words' || shelf === 'ink') changed.add(holderOf(home as object))
    if (shelf !== 'element') continue
    if (slot !== 'isDeleted' || kind !== KIND.any) changed.add(home as object)
    // What does not go behind the newest mark is put before it by Yjs, and says nothing.
    else if (isNewest(struct, said.has(home as object), view))
      said.set(home as object, (struct.content as unknown[]).at(-1))
  }
  const [deleted, restored, unproven] = [
    new Set<Y.Map<unknown>>(),
    new Set<Y.Map<unknown>>(),
    new Set<Y.Map<unknown>>(),
  ]
  let [stillborn, unprovenStillborn] = [0, 0]
  for (const [home, mark] of said) {
    if (!(home instanceof Y.Map)) {
      if (mark === true) stillborn += 1
      else if (typeof mark === 'string') unprovenStillborn += 1
    } else if (mark === true) deleted.add(home)
    else if (typeof mark !== 'string') restored.add(home)
    else {
      const isHidden = changed.has(home) ? undefined : board.isHiddenBy(mark, home, hasTime)
      if (isHidden === undefined) unproven.add(home)
      else (isHidden ? deleted : restored).add(home)
    }
  }
  for (const { client, clock, length } of ranges) {
    const known = Math.min(length, view.reach(client) - clock)
    if (known > 0) for (const element of view.elementsIn({ client, clock }, known)) deleted.add(element)
  }
  return { deleted, restored, stillborn, unproven: { deleted: unproven, stillborn: unprovenStillborn } }
}

/** The element that has a text or a stroke of the document. */
function holderOf(home: object): object {
  return (home instanceof Y.AbstractType && home.parent) || home
}

/** Whether a mark is put behind all others of its element; `isAgain`: the same update has one already. */
function isNewest({ origin, home }: ReadStruct, isAgain: boolean, view: DocumentView): boolean {
  if (isAgain) return origin !== null && origin.clock >= view.reach(origin.client)
  const entry = view.entryOf(home, 'isDeleted')
  return entry === undefined || isSameId(entry.lastId, origin)
}
