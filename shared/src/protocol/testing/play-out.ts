import * as fc from 'fast-check'
import * as Y from 'yjs'

/** What one of several people does. */
export type Step = readonly [who: number, what: number, key: number]

/** Any of it. */
export const step: fc.Arbitrary<Step> = fc.tuple(fc.nat(2), fc.nat(8), fc.nat(5))

/** Several people who edit maps in a map, an array and a text, and hear of each other now and then. */
export function playOut(steps: readonly Step[]): { all: Y.Doc; updates: Uint8Array[] } {
  const updates: Uint8Array[] = []
  const documents = [7, 3, 11].map((clientID) => {
    const document = new Y.Doc()
    document.clientID = clientID
    document.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'heard') updates.push(update)
    })
    return document
  })
  for (const [who, what, key] of steps) {
    const document = documents[who] as Y.Doc
    const elements = document.getMap<Y.Map<unknown>>('elements')
    const list = document.getArray('list')
    const text = document.getText('text')
    if (what === 0) elements.set(`e${key}`, new Y.Map([['xy', [key, who]]]))
    else if (what === 1) elements.get(`e${key}`)?.set('color', `${who}${key}`)
    else if (what === 2) elements.delete(`e${key}`)
    else if (what === 3) list.insert(Math.min(list.length, key), [who, key])
    else if (what === 4 && list.length > key) list.delete(key, 1)
    else if (what === 5) text.insert(Math.min(text.length, key), 'a word of some length')
    else if (what === 6 && text.length > key) text.delete(key, Math.min(4, text.length - key))
    else for (const other of documents) Y.applyUpdate(document, Y.encodeStateAsUpdate(other), 'heard')
  }
  const all = new Y.Doc()
  for (const document of documents) Y.applyUpdate(all, Y.encodeStateAsUpdate(document))
  return { all, updates }
}

/** Somebody who has seen the first of these updates, as far as they came together. */
export function receiverOf(updates: readonly Uint8Array[], seen: number): Y.Doc {
  const receiver = new Y.Doc()
  for (const update of updates.slice(0, seen)) Y.applyUpdate(receiver, update)
  return receiver
}

/** What a document says, and whether a part of it waits for something. */
export function read(document: Y.Doc): unknown {
  const { elements, list, text } = {
    elements: document.getMap('elements').toJSON(),
    list: document.getArray('list').toJSON(),
    text: document.getText('text').toJSON(),
  }
  return { elements, list, text, waits: document.store.pendingStructs !== null || document.store.pendingDs !== null }
}
