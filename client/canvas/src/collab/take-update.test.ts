import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { draw, drawn } from './testing/drawing.ts'
import { takeUpdate } from './take-update.ts'

/** A struct without a length: what holds it can be written, and not read again. */
const POISON = Uint8Array.of(1, 1, 0xe1, 0x3c, 0, 0, 0, 0)
const IDS = ['a', 'b', 'c', 'd']

beforeEach(() => vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

/** A board that each of several people has drawn on. */
function boardOf(ids: readonly string[]): Y.Doc {
  const doc = new Y.Doc()
  for (const id of ids) {
    const person = new Y.Doc()
    draw({ doc: person }, id)
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(person))
  }
  return doc
}

test('of a board that a hostile client has made unreadable, everything that was drawn is shown', () => {
  const board = boardOf(IDS)
  Y.applyUpdate(board, POISON)
  const update = Y.encodeStateAsUpdate(board)
  expect(() => Y.applyUpdate(new Y.Doc(), update)).toThrow()
  const doc = new Y.Doc()
  expect(takeUpdate(doc, update, 'server')).toBe(false)
  expect(drawn({ doc })).toEqual(IDS)
  expect(console.error).toHaveBeenCalledOnce()
})

test('whoever has taken in what has no length still writes what everybody can read', () => {
  const doc = boardOf(IDS)
  // Alone, Yjs takes it in without a word.
  expect(takeUpdate(doc, POISON, 'server')).toBe(false)
  draw({ doc }, 'mine')
  const reader = new Y.Doc()
  Y.applyUpdate(reader, Y.encodeStateAsUpdate(doc))
  expect(drawn({ doc: reader })).toEqual([...IDS, 'mine'])
})

test.each([
  ['is none', Uint8Array.of(9, 9, 9)],
  ['is cut off', Y.encodeStateAsUpdate(boardOf(IDS)).slice(0, -9)],
  ['is empty', new Uint8Array(0)],
])('an update that %s takes nothing away, and what comes after it is read', (_, hostile) => {
  const doc = boardOf(['mine'])
  expect(takeUpdate(doc, hostile, 'server')).toBe(false)
  expect(drawn({ doc })).toContain('mine')
  expect(takeUpdate(doc, Y.encodeStateAsUpdate(boardOf(IDS)), 'server')).toBe(true)
  draw({ doc }, 'later')
  expect(drawn({ doc })).toEqual(expect.arrayContaining([...IDS, 'later', 'mine']))
})
