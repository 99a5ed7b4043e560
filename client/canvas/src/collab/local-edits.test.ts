import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { STORED } from '../device/room-rows.ts'
import { SIBLING } from '../device/sibling-tabs.ts'
import { FROM_SERVER } from './document-exchange.ts'
import { type LocalEdit, watchLocalEdits } from './local-edits.ts'

function watched() {
  const doc = new Y.Doc()
  const edits: LocalEdit[] = []
  const remote: Uint8Array[] = []
  watchLocalEdits(doc, { onEdit: (edit) => edits.push(edit), onRemote: (update) => remote.push(update) })
  return { doc, edits, remote, elements: doc.getMap<unknown>('elements') }
}

/** Somebody who hears of the edits alone. */
function replay(edits: readonly LocalEdit[]): Y.Doc {
  const doc = new Y.Doc()
  for (const { update } of edits) Y.applyUpdate(doc, update)
  return doc
}

describe('an edit', () => {
  test('is named by where its structs end', () => {
    const { doc, edits, elements } = watched()
    elements.set('a', 1)
    doc.transact(() => {
      elements.set('b', 1)
      elements.set('c', 1)
    })
    const client = doc.clientID
    expect(edits.map(({ names }) => names)).toEqual([[{ client, clock: 1 }], [{ client, clock: 3 }]])
    expect(edits.map(({ before }) => before.get(client) ?? 0)).toEqual([0, 1])
  })

  test('that only deletes has a name of its own, and carries what it deletes', () => {
    const { doc, edits, elements } = watched()
    elements.set('a', 1)
    elements.set('b', 1)
    elements.delete('a')
    const client = doc.clientID
    expect(edits.map(({ names }) => names)).toEqual([1, 2, 3].map((clock) => [{ client, clock }]))
    expect(replay(edits).getMap('elements').toJSON()).toEqual({ b: 1 })
    elements.set('c', 1)
    expect([replay(edits).getMap('elements').toJSON(), doc.clientID]).toEqual([{ b: 1, c: 1 }, client])
  })

  test('that only deletes is undone like any other', () => {
    const { doc, elements } = watched()
    const undo = new Y.UndoManager(elements, { captureTimeout: 0, trackedOrigins: new Set([null]) })
    elements.set('a', 1)
    elements.delete('a')
    undo.undo()
    expect(elements.toJSON()).toEqual({ a: 1 })
    undo.undo()
    expect([elements.toJSON(), doc.getMap('elements').size]).toEqual([{}, 0])
  })

  test('that brings in the drawing of others is named by all of them', () => {
    const others = [new Y.Doc(), new Y.Doc()]
    for (const other of others) other.getMap('elements').set(String(other.clientID), 1)
    const { doc, edits } = watched()
    Y.applyUpdate(doc, Y.mergeUpdates(others.map((other) => Y.encodeStateAsUpdate(other))), 'a copy')
    const names = edits.flatMap((edit) => edit.names)
    expect(names).toHaveLength(2)
    expect(names).toEqual(expect.arrayContaining(others.map(({ clientID: client }) => ({ client, clock: 1 }))))
  })

  test.each([
    ['this device had stored', STORED, 0],
    ['another tab drew', SIBLING, 0],
    ['the server sent', FROM_SERVER, 1],
  ])('is not what %s', (_, origin, remote) => {
    const other = new Y.Doc()
    other.getMap('elements').set('a', 1)
    const seen = watched()
    Y.applyUpdate(seen.doc, Y.encodeStateAsUpdate(other), origin)
    expect([seen.edits.length, seen.remote.length]).toEqual([0, remote])
  })
})
