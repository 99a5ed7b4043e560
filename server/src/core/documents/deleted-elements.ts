import type { ElementId } from '@sketchroom/shared/ids'
import type { ElementValues } from '@sketchroom/shared/scene/codec'
import { elementsOf, findElement, readElements } from '@sketchroom/shared/scene/document'
import { References } from '@sketchroom/shared/scene/references'
import * as Y from 'yjs'

/** How long an element stays in the document after it was deleted: whoever was away for less finds it, and their edit. */
export const COLLECT_AFTER_MS: number = 30 * 24 * 60 * 60 * 1000

/** An element that may go, with what it said when it had been deleted long enough. */
interface Candidate {
  readonly id: ElementId
  readonly said: string
}

/** What may be taken out of a drawing for good. */
export interface LongDeleted {
  /** A shape comes after its labels, and goes only if they do. */
  readonly groups: ReadonlyArray<readonly Candidate[]>
  /** State vectors: of the document that had them as deleted, and of the one that was looked through. */
  readonly longAgo: Uint8Array
  readonly looked: Uint8Array
}

/**
 * The elements that a document of long ago has as deleted, that nobody has touched since, and that nothing which is still
 * there refers to: a label whose shape is deleted stands where the shape had put it. So a shape waits for a label that
 * was deleted later, too: who brings that back would not find where it stood.
 */
export function findLongDeleted(longAgo: Y.Doc, present: Y.Doc): LongDeleted {
  const isWhole = [longAgo, present].every(({ store }) => store.pendingStructs === null && store.pendingDs === null)
  const known = stateOf(longAgo)
  const referrers = new Referrers()
  for (const [id, values] of readElements(present)) referrers.add(id, values)
  const candidates = new Map<ElementId, Candidate>()
  for (const [id, { keys }] of isWhole ? readElements(longAgo) : []) {
    if (keys.isDeleted !== true || referrers.hasSomeThere(id)) continue
    const said = wordsOf(elementsOf(longAgo).get(id))
    if (isUntouched(present, id, { known, said })) candidates.set(id, { id, said })
  }
  const looked = Y.encodeStateVector(present)
  return { groups: groupsOf(candidates, referrers), longAgo: Y.encodeStateVector(longAgo), looked }
}

/** Each with its labels before it; one of which a label has to stay has no group. */
function groupsOf(candidates: ReadonlyMap<ElementId, Candidate>, referrers: Referrers): Candidate[][] {
  const groups: Candidate[][] = []
  const withTheirShapes = new Set<Candidate>()
  for (const candidate of candidates.values()) {
    const labels = referrers.labelsOf(candidate.id).map((id) => candidates.get(id))
    const going = labels.filter((label) => label !== undefined)
    if (going.length < labels.length) continue
    for (const label of going) withTheirShapes.add(label)
    groups.push([...going, candidate])
  }
  return groups.filter(([first, shape]) => shape || !first || !withTheirShapes.has(first))
}

/**
 * Takes these elements out of the document, but those that somebody has changed or referred to in the meantime; answers
 * how many it took.
 */
export function removeLongDeleted(document: Y.Doc, { groups, longAgo, looked }: LongDeleted): number {
  const known = Y.decodeStateVector(longAgo)
  const root = elementsOf(document)
  const referrers = new Referrers()
  for (const id of writtenSince(document, Y.decodeStateVector(looked))) referrers.add(id, findElement(document, id))
  const mayGo = ({ id, said }: Candidate) =>
    !referrers.hasSomeThere(id) && referrers.labelsOf(id).length === 0 && isUntouched(document, id, { known, said })
  let removed = 0
  document.transact(() => {
    for (const group of groups) {
      let staying = 0
      for (const each of group) {
        if ((each === group.at(-1) && staying > 0) || !mayGo(each)) {
          staying += 1
          continue
        }
        root.delete(each.id)
        removed += 1
      }
    }
  })
  return removed
}

/** Who refers to what: all that is there, and labels although they are deleted. */
class Referrers {
  readonly #there = new References()
  readonly #labels = new References()

  add(id: ElementId, values: ElementValues | undefined): void {
    this.#there.update(id, values)
    if (values?.type === 'text') this.#labels.update(id, { ...values, keys: { ...values.keys, isDeleted: false } })
  }

  hasSomeThere(target: ElementId): boolean {
    return [...this.#there.referrersOf(target)].length > 0
  }

  labelsOf(target: ElementId): ElementId[] {
    return this.#labels.labelsOf(target)
  }
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

/** The elements in which something was written that was not known, also if it has lost against something else. */
function writtenSince(document: Y.Doc, known: ReadonlyMap<number, number>): Set<ElementId> {
  const written = new Set<ElementId>()
  for (const [client, structs] of document.store.clients) {
    const reach = known.get(client) ?? 0
    // From the end: of a large board, little is new.
    for (let at = structs.length - 1; at >= 0; at--) {
      const struct = structs[at] as Y.Item | Y.GC
      if (struct.id.clock + struct.length <= reach) break
      const id = struct instanceof Y.Item ? elementOf(struct, elementsOf(document)) : undefined
      if (id !== undefined) written.add(id)
    }
  }
  return written
}

/** The element that something is a part of. */
function elementOf(item: Y.Item, root: unknown): ElementId | undefined {
  for (let part: Y.Item | null = item; part;) {
    const parent = part.parent as Y.AbstractType<unknown> | null
    if (parent === root) return part.parentSub ?? undefined
    part = parent?._item ?? null
  }
  return undefined
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
