import { UNTRUSTED } from '@sketchroom/shared/scene/text-keys'
import { expect, test, vi } from 'vitest'
import { Board } from './testing/board.ts'

/** A box that so many texts name as theirs, of which nobody has measured one. */
function boardOfLabels(count: number) {
  const looks = { type: 'text', fontSize: 20, fontFamily: 5, width: 0, height: 0, containerId: 'box' }
  const texts = Array.from({ length: count }, (_, i) => ({ id: `t${i}`, text: 'Hi', originalText: 'Hi', ...looks }))
  const board = new Board({ id: 'box', width: 200 }, ...texts)
  const measured = { times: 0 }
  board.view.measure = () => {
    measured.times++
    return [40, 25, null, '']
  }
  return { board, measured, ids: texts.map(({ id }) => id) }
}

test('a shape that 100 texts name is moved: each text is measured once, and stands in its place', () => {
  const { board, measured } = boardOfLabels(100)
  board.remoteEdit('box', { x: 300 })
  board.clock.advance(100)
  expect(measured.times).toBe(100)
  expect(board.view.get('t0')).toMatchObject({ x: 305, containerId: 'box' })
  expect(board.view.get('t1')).toMatchObject({ x: 300 + (200 - 40) / 2, containerId: null })
})

test('all of 100 texts of one shape are recoloured here: each is measured once when it is written, and once when shown', () => {
  const { board, measured, ids } = boardOfLabels(100)
  for (const id of ids) Object.assign(board.view.get(id), { strokeColor: '#e03131', version: 1_000 })
  board.binding.noteChange()
  board.clock.advance(100)
  expect(measured.times).toBeLessThanOrEqual(200)
  for (const id of ids) expect(board.stored(id)?.strokeColor).toBe('#e03131')
})

test('of several texts of one shape, those below move at once when somebody makes one above higher', () => {
  const { board } = boardOfLabels(3)
  const before = board.view.get('t2').y
  board.view.measure = ({ keys }) => [40, keys.fontSize === 40 ? 50 : 25, null, '']
  board.remoteEdit('t1', { fontSize: 40 })
  board.clock.advance(100)
  expect(board.view.get('t2').y).toBe(before + 25)
})

test('when fonts come, only the texts that were measured without theirs are measured again', () => {
  const { board, measured } = boardOfLabels(100)
  board.remoteEdit('box', { x: 300 })
  board.clock.advance(100)
  const { measure } = board.view
  board.view.measure = (text, container) => {
    const fit = measure(text, container)
    return text.keys.fontSize === 40 ? [80, 50, null, UNTRUSTED] : fit
  }
  for (const id of ['t98', 't99']) board.remoteEdit(id, { fontSize: 40, containerId: null })
  board.clock.advance(100)
  const before = measured.times
  board.view.measure = measure
  board.binding.fontsCame()
  board.clock.advance(100)
  expect(measured.times).toBe(before + 2)
  board.binding.fontsCame()
  board.clock.advance(100)
  expect(measured.times).toBe(before + 2)
})

/** Counts how often an element of the view is read. */
function countReads(board: Board, id: string) {
  const reads = { times: 0 }
  const element = board.view.get(id)
  let { opacity } = element
  Object.defineProperty(element, 'opacity', {
    enumerable: true,
    get() {
      reads.times++
      return opacity
    },
    set(value: number) {
      opacity = value
    },
  })
  return reads
}

test('who only looks on reads an element that had to get another place in the stack once, not at each of 100 updates', () => {
  const board = new Board({ id: 'a' }, { id: 'b' })
  board.binding.setWritable(false)
  board.remoteEdit('b', { index: board.view.get('a').index })
  board.clock.advance(100)
  expect(board.view.get('b').index).not.toBe(board.view.get('a').index)
  const reads = countReads(board, 'b')
  for (let update = 0; update < 100; update++) board.binding.noteChange()
  expect(reads.times).toBeLessThanOrEqual(1)
})

test('a step of a drag is read once, however often the editor says that something has changed', () => {
  const board = new Board({ id: 'a' }, { id: 'b' })
  const reads = countReads(board, 'a')
  board.view.press('a')
  board.view.edit('a', { x: 1 })
  board.clock.advance(500)
  expect(reads.times).toBe(1)
  for (let update = 0; update < 50; update++) board.binding.noteChange()
  board.clock.advance(200)
  expect(reads.times).toBe(1)
  board.view.edit('a', { x: 2 })
  board.clock.advance(100)
  expect(reads.times).toBe(2)
  board.view.release()
  expect(board.stored('a')?.x).toBe(2)
})

test('what an editor leaves behind of what came to nothing is no change: nothing is to be written, at no update', () => {
  const board = new Board({ id: 'a' })
  const nothing = { ...board.view.get('a'), id: 'nothing', isDeleted: true, version: 9 }
  board.view.elements = [...board.view.elements, nothing]
  board.binding.noteChange()
  board.clock.advance(1_000)
  const timers = vi.spyOn(board.clock, 'after')
  for (let update = 0; update < 10; update++) {
    board.binding.noteChange()
    board.clock.advance(100)
  }
  expect(timers).not.toHaveBeenCalled()
  expect(board.unwritten).toEqual([])
})
