import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { UnsentEdits } from './edits.ts'
import { KeptApart } from './kept-apart.ts'
import { watchLocalEdits } from './local-edits.ts'
import { draw } from './testing/drawing.ts'

/** A drawing with an element `a` that the server has, and one, `refused`, that it has refused. */
function drawingWithRefused() {
  const [doc, unsent] = [new Y.Doc(), new UnsentEdits()]
  let now = 1_000
  const apart = new KeptApart(doc, unsent, () => now)
  watchLocalEdits(doc, {
    onEdit: ({ update, names }) => {
      for (const name of names) unsent.add(name)
      apart.edited(update)
    },
    onRemote: () => undefined,
  })
  draw({ doc }, 'a')
  unsent.becameDurable(Y.decodeStateVector(Y.encodeStateVector(doc)))
  const server = new Y.Doc()
  Y.applyUpdate(server, Y.encodeStateAsUpdate(doc))
  draw({ doc }, 'refused')
  apart.refused(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(server)), false)
  /** Changes an element, and says whether the server could take that by itself. */
  const change = (id: string, afterMs: number): boolean => {
    now += afterMs
    const before = Y.encodeStateVector(doc)
    doc.getMap<Y.Map<unknown>>('elements').get(id)?.set('angle', now)
    Y.applyUpdate(server, Y.encodeStateAsUpdate(doc, before))
    return server.getMap<Y.Map<unknown>>('elements').get(id)?.get('angle') === now
  }
  return { doc, unsent, apart, change }
}

test('what is drawn after something that was refused builds on nothing of it', () => {
  const { change } = drawingWithRefused()
  expect(change('a', 0)).toBe(true)
  expect(change('a', 0)).toBe(true)
})

test('what goes on with the refused waits with it, and what is drawn afterwards does not', () => {
  const { doc, change } = drawingWithRefused()
  const clients = new Set<number>()
  for (let letter = 0; letter < 20; letter++) {
    expect(change('refused', 100)).toBe(false)
    clients.add(doc.clientID)
  }
  // However many letters are written into it.
  expect(clients.size).toBe(1)
  expect(change('a', 1_000)).toBe(true)
  expect(clients.has(doc.clientID)).toBe(false)
})

test('a room is not filled with clients by who goes on and on with the refused', () => {
  const { doc, change } = drawingWithRefused()
  for (let time = 0; time < 100; time++) change('refused', 1_000)
  expect(Y.decodeStateVector(Y.encodeStateVector(doc)).size).toBeLessThan(70)
})

test('once all is saved, one goes on as the client that one is', () => {
  const { doc, unsent, apart, change } = drawingWithRefused()
  unsent.becameDurable(Y.decodeStateVector(Y.encodeStateVector(doc)))
  apart.becameDurable()
  const { clientID } = doc
  change('a', 1_000)
  change('refused', 1_000)
  expect(doc.clientID).toBe(clientID)
})
