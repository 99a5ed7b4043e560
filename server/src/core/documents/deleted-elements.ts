import type { ElementId } from '@sketchroom/shared/ids'
import { elementsOf, findElement, readElements } from '@sketchroom/shared/scene/document'
import { References } from '@sketchroom/shared/scene/references'
import * as Y from 'yjs'

/** How long an element stays in the document after it was deleted: whoever was away for less finds it, and their edit. */
export const COLLECT_AFTER_MS: number = 30 * 24 * 60 * 60 * 1000

/** What may be taken out of a drawing for good. */
export interface LongDeleted {
  /** Each with what it said when it had been deleted long enough. */
  readonly elements: ReadonlyArray<{ readonly id: ElementId; readonly said: string }>
  /** State vectors: of the document that had them as deleted, and of the one that was looked through. */
  readonly longAgo: Uint8Array
  readonly looked: Uint8Array
}

/**
 * The elements that a document of long ago has as deleted, that nobody has touched since, and that nothing which is still
 * there refers to: a label whose shape is deleted stands where the shape had put it.
 */
export function findLongDeleted(longAgo: Y.Doc, present: Y.Doc): LongDeleted {
  const isWhole = [longAgo, present].every(({ store }) => store.pendingStructs === null && store.pendingDs === null)
  const known = stateOf(longAgo)
  const references = new References()
  for (const [id, values] of readElements(present)) references.update(id, values)
  const elements = []
  for (const [id, { keys }] of isWhole ? readElements(longAgo) : []) {
    if (keys.isDeleted !== true || isReferredTo(references, id)) continue
    const said = wordsOf(elementsOf(longAgo).get(id))
    if (isUntouched(present, id, { known, said })) elements.push({ id, said })
  }
  return { elements, longAgo: Y.encodeStateVector(longAgo), looked: Y.encodeStateVector(present) }
}

/**
 * Takes these elements out of the document, but those that somebody has changed or referred to in the meantime; answers
 * how many it took.
 */
export function removeLongDeleted(document: Y.Doc, { elements, longAgo, looked }: LongDeleted): number {
  const [known, seen] = [Y.decodeStateVector(longAgo), Y.decodeStateVector(looked)]
  const root = elementsOf(document)
  const references = new References()
  for (const id of root.keys()) {
    if (!isKnown(document, id, seen)) references.update(id, findElement(document, id))
  }
  let removed = 0
  document.transact(() => {
    for (const { id, said } of elements) {
      if (isReferredTo(references, id) || !isUntouched(document, id, { known, said })) continue
      root.delete(id)
      removed += 1
    }
  })
  return removed
}

function isReferredTo(references: References, id: ElementId): boolean {
  return [...references.referrersOf(id)].length > 0
}

/** What was deleted of an element leaves its words alone, and no other trace. */
function isUntouched(
  document: Y.Doc,
  id: ElementId,
  { known, said }: { known: ReadonlyMap<number, number>; said: string },
): boolean {
  return isKnown(document, id, known) && wordsOf(elementsOf(document).get(id)) === said
}

/** Everything that is said below a value, as text that is the same for the same. */
function wordsOf(value: unknown): string {
  if (value instanceof Y.Map) {
    const entries = [...value.entries()].map(([key, each]) => [key, wordsOf(each)] as const)
    return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  if (value instanceof Y.Array) return JSON.stringify(value.toArray().map(wordsOf))
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return JSON.stringify(value) ?? ''
}

function stateOf(document: Y.Doc): ReadonlyMap<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(document))
}

/* oxlint-disable no-underscore-dangle -- Yjs has no other way to who wrote what */

/** Whether all that was ever written of an element, also what lost against something else, is of what was known. */
function isKnown(document: Y.Doc, id: ElementId, known: ReadonlyMap<number, number>): boolean {
  const item = elementsOf(document)._map.get(id)
  return item !== undefined && areKnown(item, known)
}

/** A key's present value, and to the left of it all that it has been. */
function areKnown(last: Y.Item, known: ReadonlyMap<number, number>): boolean {
  for (let item: Y.Item | null = last; item; item = item.left) if (!isItemKnown(item, known)) return false
  return true
}

function isItemKnown({ lastId, content }: Y.Item, known: ReadonlyMap<number, number>): boolean {
  if (lastId.clock >= (known.get(lastId.client) ?? 0)) return false
  if (!(content instanceof Y.ContentType)) return true
  for (const last of content.type._map.values()) if (!areKnown(last, known)) return false
  for (let item = content.type._start; item; item = item.right) if (!isItemKnown(item, known)) return false
  return true
}
