import { elementsOf, isMarkedDeleted } from '@sketchroom/shared/scene/document'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { Board } from './testing/board.ts'

beforeEach(() => vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

/** Somebody puts an element on the board at which reading its keys fails. */
function addFaulty(board: Board, id: string): Y.Map<unknown> {
  const faulty = new Y.Map<unknown>(Object.entries({ type: 'rectangle', xy: [5, 5], index: 'a8' }))
  faulty.forEach = () => {
    throw new RangeError('unforeseen')
  }
  board.doc.transact(() => elementsOf(board.doc).set(id, faulty), 'network')
  board.clock.advance(100)
  return faulty
}

test('an element that cannot be read is a placeholder, which is moved and deleted; all others go on', () => {
  const board = new Board({ id: 'box' })
  const faulty = addFaulty(board, 'faulty')
  board.remoteEdit('box', { x: 50 })
  board.clock.advance(100)
  expect(board.view.get('box').x).toBe(50)
  expect(board.view.get('faulty')).toMatchObject({ type: 'rectangle', strokeStyle: 'dashed', width: 100 })
  board.view.edit('box', { y: 9 })
  board.view.edit('faulty', { x: 30 })
  board.clock.advance(2_000)
  expect(board.stored('box')).toMatchObject({ x: 50, y: 9 })
  expect(faulty.get('xy')).toEqual([30, 0])
  expect(faulty.get('type')).toBe('rectangle')
  board.view.edit('faulty', { isDeleted: true })
  board.clock.advance(2_000)
  expect(isMarkedDeleted(board.doc, 'faulty')).toBe(true)
})

test('an element at which showing fails is a placeholder, and one at which writing fails keeps nobody else from being written', () => {
  const board = new Board(
    { id: 'text', type: 'text', originalText: 'Hi', text: 'Hi', width: 9, height: 9 },
    { id: 'box' },
  )
  board.view.measure = ({ keys }) => {
    if (keys.fontSize === 40) throw new RangeError('unforeseen')
    return undefined
  }
  board.remoteEdit('text', { fontSize: 40, width: 0 })
  board.remoteEdit('box', { x: 50 })
  board.clock.advance(100)
  expect(board.view.get('text')).toMatchObject({ type: 'rectangle', strokeStyle: 'dashed' })
  expect(board.view.get('box').x).toBe(50)
  board.view.edit('text', { x: 3 })
  board.view.edit('box', { y: 9 })
  board.clock.advance(2_000)
  expect(board.stored('box')).toMatchObject({ x: 50, y: 9 })
  expect(elementsOf(board.doc).get('text')).toBeInstanceOf(Y.Map)
  expect(board.stored('text')).toMatchObject({ type: 'text', originalText: 'Hi', fontSize: 40 })
})
