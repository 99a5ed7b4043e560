import diff from 'fast-diff'
import * as Y from 'yjs'

/** Where a person's insertion or deletion lies in what they saw, and what it is. */
interface WordEdit {
  readonly at: number
  readonly deleted: number
  readonly inserted: string
}

/** How one person's words are written; see `writeWords`. */
export interface WordsOptions {
  /** What the person saw when they began to change it; what is stored, unless told otherwise. */
  readonly shown?: string | undefined
  /** Where the caret stands in the new words, to tell which of two same letters was typed. */
  readonly caret?: number | undefined
  /** Deletes nothing that another has written: an editor's undo knows a text only as a whole. */
  readonly ownOnly?: boolean | undefined
}

/**
 * Writes into a text what a person made of what they saw: their insertions and deletions, moved to where those places
 * are now. What others did in the meantime stays. Says whether anything was inserted: a deletion alone has no clock in
 * Yjs, so that nobody could tell whether the server has it.
 */
export function writeWords(text: Y.Text, after: string, { shown, caret, ownOnly = false }: WordsOptions = {}): boolean {
  removeEmbeds(text)
  const now = text.toJSON()
  const before = shown ?? now
  const place = placesAfter(before, now)
  const mayDelete = ownOnly ? ownLetters(text) : undefined
  let hasInserted = false
  // From the end, so that the places before stay what they are.
  for (const { at, deleted, inserted } of wordEdits(before, after, caret).toReversed()) {
    for (const [from, length] of stretches(at, deleted, place, mayDelete).toReversed()) text.delete(from, length)
    if (inserted === '') continue
    // Who goes on with a word goes on with it, whatever somebody has begun right behind it.
    text.insert(place(at, 'before'), inserted)
    hasInserted = true
  }
  return hasInserted
}

/** What comes out when two people change the same words: both's insertions, and neither what one of them deleted. */
export function mergeWords(before: string, mine: string, theirs: string): string {
  const place = placesAfter(before, theirs)
  let merged = theirs
  for (const { at, deleted, inserted } of wordEdits(before, mine).toReversed()) {
    for (const [from, length] of stretches(at, deleted, place).toReversed()) {
      merged = merged.slice(0, from) + merged.slice(from + length)
    }
    const insertAt = place(at, 'before')
    merged = merged.slice(0, insertAt) + inserted + merged.slice(insertAt)
  }
  return merged
}

/** Where a caret goes when somebody else changes the words around it: it stays between the same letters. */
export function shiftCaret(caret: number, before: string, after: string): number {
  return placesAfter(before, after)(caret, 'before')
}

/** Comparing takes time by the product of both lengths; beyond this, in letters, everything between is one change. */
const MOST_COMPARED = 1e7

/** One person's changes, in order, in terms of what they saw. */
function wordEdits(before: string, after: string, caret?: number): WordEdit[] {
  const [start, end] = sameEnds(before, after)
  if ((before.length - start - end) * (after.length - start - end) > MOST_COMPARED) {
    return [{ at: start, deleted: before.length - start - end, inserted: after.slice(start, after.length - end) }]
  }
  const edits: WordEdit[] = []
  let at = 0
  let open = false
  for (const [kind, letters] of diff(before, after, caret === undefined ? undefined : caretsOf(before, after, caret))) {
    if (kind === diff.EQUAL) {
      at += letters.length
      open = false
      continue
    }
    const last = open ? edits.pop() : undefined
    const { at: from, deleted, inserted } = last ?? { at, deleted: 0, inserted: '' }
    const isDelete = kind === diff.DELETE
    edits.push({
      at: from,
      deleted: deleted + (isDelete ? letters.length : 0),
      inserted: inserted + (isDelete ? '' : letters),
    })
    if (isDelete) at += letters.length
    open = true
  }
  return edits
}

/** How many letters two texts begin and end with alike; no letter that takes two units is cut. */
function sameEnds(before: string, after: string): [start: number, end: number] {
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && before[start] === after[start]) start++
  if (/[\uD800-\uDBFF]/.test(before[start - 1] ?? '')) start--
  let end = 0
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  if (/[\uDC00-\uDFFF]/.test(before[before.length - end] ?? '')) end--
  return [start, end]
}

/** Where the caret was and is: what was typed or deleted lies between. */
function caretsOf(before: string, after: string, caret: number): diff.CursorInfo {
  const index = Math.max(0, Math.min(before.length, caret - (after.length - before.length)))
  return { oldRange: { index, length: 0 }, newRange: { index: caret, length: 0 } }
}

/** Takes out what is no letter, which only a hand-written client puts there: places count it, and strings do not. */
function removeEmbeds(text: Y.Text): void {
  if (text.length === text.toJSON().length) return
  let at = 0
  for (const { insert } of text.toDelta() as { insert: unknown }[]) {
    if (typeof insert === 'string') at += insert.length
    else text.delete(at, 1)
  }
}

/** Tells where a place in `before` is in `now`: before or after what has been inserted right there. */
function placesAfter(before: string, now: string): (at: number, side: 'before' | 'after') => number {
  if (before === now) return (at) => at
  const edits = wordEdits(before, now)
  return (at, side) => {
    let shift = 0
    for (const edit of edits) {
      if (edit.at > at || (edit.at === at && side === 'before')) break
      // Within what was deleted: all of its places are one now.
      shift += edit.inserted.length - Math.min(edit.deleted, at - edit.at)
      if (side === 'before' && at < edit.at + edit.deleted) shift -= edit.inserted.length
    }
    return at + shift
  }
}

/** Where the letters that a person deleted are now, as (place, length): some may be gone, or not theirs to delete. */
function stretches(
  at: number,
  length: number,
  place: (at: number, side: 'before' | 'after') => number,
  mayDelete?: readonly boolean[],
): [number, number][] {
  const found: [number, number][] = []
  for (let i = at; i < at + length; i++) {
    const from = place(i, 'after')
    const isThere = place(i + 1, 'before') === from + 1
    if (!isThere || (mayDelete && !mayDelete[from])) continue
    const last = found.at(-1)
    if (last && last[0] + last[1] === from) last[1] += 1
    else found.push([from, 1])
  }
  return found
}

/** For each letter of a text, whether this document's own client wrote it. */
export function ownLetters(text: Y.Text): boolean[] {
  const own: boolean[] = []
  const client = text.doc?.clientID
  // Yjs tells who wrote a letter only in its list of items; there is no call for it.
  // oxlint-disable-next-line no-underscore-dangle
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue
    for (let i = 0; i < item.length; i++) own.push(item.id.client === client)
  }
  return own
}
