import diff from 'fast-diff'

/** An insertion, a deletion, or one in the other's place: where it lies in the words as they were before. */
export interface WordEdit {
  readonly at: number
  readonly deleted: number
  readonly inserted: string
}

/** Tells where a place in some words is after edits: before or after what has been inserted right there. */
type FindPlace = (at: number, side: Side) => number
type Side = 'before' | 'after'

/** Comparing takes time by the product of both lengths; beyond this, in letters, everything between is one change. */
const MOST_COMPARED = 1e7

/**
 * How some words may have become others, in order. It is a guess: of two same letters nobody can tell which was typed,
 * but by the caret, and of a word that was replaced by one with the same letters in it, these seem to have stayed.
 */
export function editsBetween(before: string, after: string, caret?: number): WordEdit[] {
  if (before === after) return []
  const [start, end] = sameEnds(before, after)
  if ((before.length - start - end) * (after.length - start - end) > MOST_COMPARED) {
    return [{ at: start, deleted: before.length - start - end, inserted: after.slice(start, after.length - end) }]
  }
  const list = new EditList()
  for (const [kind, letters] of diff(before, after, caret === undefined ? undefined : caretsOf(before, after, caret))) {
    if (kind === diff.EQUAL) list.keep(letters.length)
    else if (kind === diff.DELETE) list.delete(letters.length)
    else list.insert(letters)
  }
  return list.end()
}

/** The words after these edits. */
export function applyEdits(words: string, edits: readonly WordEdit[]): string {
  let at = 0
  let result = ''
  for (const edit of edits) {
    result += words.slice(at, edit.at) + edit.inserted
    at = edit.at + edit.deleted
  }
  return result + words.slice(at)
}

/** Edits, and those that came after them, in one. */
export function joinEdits(first: readonly WordEdit[], then: readonly WordEdit[]): WordEdit[] {
  const joined = new EditList()
  const parts = partsOf(first)
  let at = 0
  for (const edit of then) {
    pass(parts, edit.at - at, joined)
    pass(parts, edit.deleted, joined, true)
    joined.insert(edit.inserted)
    at = edit.at + edit.deleted
  }
  pass(parts, Number.POSITIVE_INFINITY, joined)
  return joined.end()
}

/**
 * What one person's edits are after another's of the same words: insertions and deletions, in order, but nothing deleted
 * that is gone already. Of two insertions at one place the one that is moved comes `before`, unless told otherwise: who
 * goes on with a word goes on with it, whatever somebody has begun right behind it.
 */
export function moveEdits(edits: readonly WordEdit[], over: readonly WordEdit[], side: Side = 'before'): WordEdit[] {
  const place = placesAfter(over)
  const moved = new EditList()
  for (const { at, deleted, inserted } of edits) {
    if (inserted !== '') moved.goTo(place(at, side))
    moved.insert(inserted)
    for (const [from, length] of stretches(at, deleted, place)) {
      moved.goTo(from)
      moved.delete(length)
    }
  }
  return moved.end()
}

/** Where a caret goes when somebody else changes the words around it: it stays between the same letters. */
export function shiftCaret(caret: number, edits: readonly WordEdit[]): number {
  return placesAfter(edits)(caret, 'before')
}

function placesAfter(edits: readonly WordEdit[]): FindPlace {
  return (at, side) => {
    let shift = 0
    for (const edit of edits) {
      if (edit.at > at || (edit.at === at && side === 'before')) break
      // All places within what was deleted are one now, behind what came instead, as in the shared text.
      shift += edit.inserted.length - Math.min(edit.deleted, at - edit.at)
    }
    return at + shift
  }
}

/** Where the letters that a person deleted are now, as (place, length): some may be gone. */
function stretches(at: number, length: number, place: FindPlace): [number, number][] {
  const found: [number, number][] = []
  for (let i = at; i < at + length; i++) {
    const from = place(i, 'after')
    if (place(i + 1, 'before') !== from + 1) continue
    const last = found.at(-1)
    if (last && last[0] + last[1] === from) last[1] += 1
    else found.push([from, 1])
  }
  return found
}

/** Edits as they are found from the beginning to the end; all that is not parted by a letter that stays is one. */
class EditList {
  readonly #edits: WordEdit[] = []
  #at = 0
  #deleted = 0
  #inserted = ''

  /** All of them, when the rest stays. */
  end(): WordEdit[] {
    this.keep(1)
    return this.#edits
  }

  /** Keeps what lies before this place. */
  goTo(at: number): void {
    this.keep(at - this.#at - this.#deleted)
  }

  keep(length: number): void {
    if (length <= 0) return
    if (this.#deleted > 0 || this.#inserted !== '') {
      this.#edits.push({ at: this.#at, deleted: this.#deleted, inserted: this.#inserted })
    }
    this.#at += this.#deleted + length
    this.#deleted = 0
    this.#inserted = ''
  }

  delete(length: number): void {
    this.#deleted += length
  }

  insert(letters: string): void {
    this.#inserted += letters
  }
}

/** A part of some words after edits: letters that stayed or came, or the place of letters that are gone. */
interface Part {
  readonly kept: number
  readonly inserted: string
  readonly deleted: number
}

function partsOf(edits: readonly WordEdit[]): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const edit of edits) {
    parts.push({ kept: edit.at - at, inserted: '', deleted: 0 }, { kept: 0, ...edit })
    at = edit.at + edit.deleted
  }
  return [...parts, { kept: Number.POSITIVE_INFINITY, inserted: '', deleted: 0 }]
}

/** Takes so many letters off the parts, and adds to a list that they stay as they are, or go. */
function pass(parts: Part[], letters: number, list: EditList, areDeleted = false): void {
  let left = letters
  while (left > 0) {
    const part = parts.shift()
    if (!part) return
    const kept = Math.min(left, part.kept)
    if (areDeleted) list.delete(kept)
    else list.keep(kept)
    left -= kept
    const inserted = part.inserted.slice(0, left)
    if (!areDeleted) list.insert(inserted)
    left -= inserted.length
    const rest = { kept: part.kept - kept || 0, inserted: part.inserted.slice(inserted.length), deleted: part.deleted }
    if (left === 0 && (rest.kept > 0 || rest.inserted !== '')) parts.unshift(rest)
    else list.delete(part.deleted)
  }
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
