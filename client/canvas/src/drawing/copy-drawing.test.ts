import { valuesOf } from '@sketchroom/shared/scene/codec'
import { createElement, elementsOf, readElements, writeKeys } from '@sketchroom/shared/scene/document'
import { schemaState } from '@sketchroom/shared/scene/migrations'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { RoomSession } from '../collab/room-session.ts'
import type { SavingStatus } from '../collab/saving-status.ts'
import { copyDrawing } from './copy-drawing.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A session in a new room, which becomes what the test says. */
function newRoom() {
  const listeners = new Set<() => void>()
  const session = {
    doc: new Y.Doc(),
    localLoaded: Promise.resolve(),
    status: { kind: 'saving', unsent: 1, stored: true } as SavingStatus,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const become = (status: SavingStatus) => {
    session.status = status
    for (const listener of listeners) listener()
  }
  return { session: session as unknown as RoomSession, become }
}

function drawing(): Y.Doc {
  const doc = new Y.Doc()
  const shape = { type: 'rectangle', x: 10, y: 20, width: 100, height: 50, index: 'a1' }
  const text = { ...shape, type: 'text', text: 'Hi', originalText: 'Hi', index: 'a2' }
  for (const [id, element] of Object.entries({ shape, text, gone: shape })) {
    const values = valuesOf(element)
    if (values) createElement(doc, id, values)
  }
  writeKeys(doc, 'gone', new Map([['isDeleted', true]]))
  return doc
}

test('a copy is the drawing without what was deleted, made of edits of its own', async () => {
  const { session, become } = newRoom()
  const from = drawing()
  const copied = copyDrawing(from, session)
  await vi.advanceTimersByTimeAsync(0)
  become({ kind: 'saved' })
  await copied
  const copy = readElements(session.doc)
  expect([...copy.keys()].toSorted()).toEqual(['shape', 'text'])
  for (const [id, values] of copy) expect(values).toEqual(readElements(from).get(id))
  expect((elementsOf(session.doc).get('text') as Y.Map<unknown>).get('words')).toBeInstanceOf(Y.Text)
  expect(schemaState(session.doc)).toBe('current')
  expect([...Y.decodeStateVector(Y.encodeStateVector(session.doc)).keys()]).toEqual([session.doc.clientID])
})

test('a copy that is stored here is enough when the server takes long', async () => {
  const { session } = newRoom()
  const copied = copyDrawing(drawing(), session)
  await vi.advanceTimersByTimeAsync(60_000)
  await copied
})

test('a copy that is in this tab only is none', async () => {
  const { session, become } = newRoom()
  const copied = expect(copyDrawing(drawing(), session)).rejects.toThrow('in this tab only')
  become({ kind: 'saving', unsent: 1, stored: false })
  await vi.advanceTimersByTimeAsync(60_000)
  await copied
})
