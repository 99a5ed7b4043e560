import * as Y from 'yjs'
import { editsBetween, moveEdits, type WordEdit } from './word-edits.ts'

/** How one person's words are written; see `writeWords`. */
export interface WordsOptions {
  /** What the person saw when they began to change it; what is stored, unless told otherwise. */
  readonly shown?: string | undefined
  /** Where the caret stands in the new words, to tell which of two same letters was typed. */
  readonly caret?: number | undefined
  /** What the person did to what they saw, letter by letter, where that is known. */
  readonly mine?: readonly WordEdit[] | undefined
  /** What others have done to it since, where that is known. */
  readonly theirs?: readonly WordEdit[] | undefined
  /** Deletes nothing that another has written: an editor's undo knows a text only as a whole. */
  readonly ownOnly?: boolean | undefined
}

/**
 * Writes into a text what a person made of what they saw: their insertions and deletions, moved to where those places
 * are now. What others did in the meantime stays. Says whether anything was inserted: a deletion alone has no clock in
 * Yjs, so that nobody could tell whether the server has it.
 */
export function writeWords(text: Y.Text, after: string, options: WordsOptions = {}): boolean {
  removeEmbeds(text)
  const now = text.toJSON()
  const { shown = now, caret, ownOnly = false } = options
  const { mine = editsBetween(shown, after, caret), theirs = editsBetween(shown, now) } = options
  const own = ownOnly ? ownLetters(text) : undefined
  let hasInserted = false
  // From the end, so that the places before stay what they are.
  for (const { at, deleted, inserted } of moveEdits(mine, theirs).toReversed()) {
    for (let i = at + deleted - 1; own && i >= at; i--) if (own[i]) text.delete(i, 1)
    if (!own && deleted > 0) text.delete(at, deleted)
    if (inserted === '') continue
    text.insert(at, inserted)
    hasInserted = true
  }
  return hasInserted
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
