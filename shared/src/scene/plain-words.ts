import * as Y from 'yjs'
import { Digest } from './digest.ts'

/** The number of the Yjs client under whose name plain words are shared; `source` is what says them now. */
export function sharingClient(
  { client, clock }: { client: number; clock: number },
  parentSub: string | null,
  words: string,
): number {
  return new Digest().text(JSON.stringify([client, clock, parentSub, words])).number()
}

/** What says what a key of an element is: its own entry or, while nobody has changed it, all that it was made with. */
export function entryOf(stored: Y.Map<unknown>, key: string): Y.Item | undefined {
  // Yjs has no call that tells who wrote an entry of a map, and what it comes after.
  // oxlint-disable-next-line no-underscore-dangle
  return stored._map.get(key) ?? stored._map.get('o')
}

/**
 * Makes a shared text of `words`, which a client of ten lines has written as a plain string, with the first change of them.
 *
 * Two people may do that at the same time, one of them offline and through a reload. If each made a text of their own, one
 * would replace the other's, with all that was written in it. So what is made follows from the string alone, under the
 * name of a Yjs client that follows from it too: whoever makes it makes the same structs, and for Yjs they are one.
 */
export function shareWords(stored: Y.Map<unknown>, words: string): Y.Text {
  const text = new Y.Text(words)
  const { doc } = stored
  // What the text comes after in Yjs's list, if it is there: it is a part of the structs.
  // oxlint-disable-next-line no-underscore-dangle
  const source = entryOf(stored, 'words') ?? stored._item
  if (!doc || !source) throw new Error('only words of an element in a document can be shared')
  const author = sharingClient(source.id, source.parentSub, words)
  const own = doc.clientID
  // By the chance of one in four billion, that is somebody's client. Then the text is this person's own.
  if (Y.getState(doc.store, author) === 0) doc.clientID = author
  try {
    stored.set('words', text)
  } finally {
    doc.clientID = own
  }
  return text
}
