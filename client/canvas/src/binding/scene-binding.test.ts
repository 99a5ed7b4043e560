import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { createElement, elementsOf, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import { UNTRUSTED } from '@sketchroom/shared/scene/text-keys'
import { valuesOf } from '@sketchroom/shared/scene/codec'
import { Board } from './testing/board.ts'
import { TwoBoards } from './testing/two-boards.ts'
import type { ViewElement } from './scene-view.ts'

test('a change outside a gesture is written at the next flush, and only what changed', () => {
  const board = new Board({ id: 'box' })
  board.view.edit('box', { strokeColor: '#e03131' })
  board.clock.advance(50)
  expect(board.stored('box')).toMatchObject({ strokeColor: '#e03131' })
  expect([...(elementsOf(board.doc).get('box') as Map<string, unknown>).keys()]).toEqual(['o', 'strokeColor'])
})

test('what the view writes is not shown to it again', () => {
  const board = new Board({ id: 'box' })
  const applied = board.view.applied
  board.view.edit('box', { strokeColor: '#e03131' })
  board.clock.advance(1_000)
  expect(board.view.applied).toBe(applied)
})

test('a remote colour that the view has not been shown is not taken for a local change', () => {
  const board = new Board({ id: 'box' })
  board.view.press('box')
  board.remoteEdit('box', { strokeColor: '#2f9e44' })
  board.view.edit('box', { x: 500 })
  board.clock.advance(2_000)
  expect(board.view.get('box').strokeColor).toBe('#1e1e1e')
  board.view.release()
  board.clock.advance(100)
  expect(board.stored('box')).toMatchObject({ x: 500, strokeColor: '#2f9e44' })
  expect(board.view.get('box')).toMatchObject({ x: 500, strokeColor: '#2f9e44' })
})

test('a remote change does not take away what the view has not written yet', () => {
  const board = new Board({ id: 'box' })
  board.clock.advance(1_000)
  board.view.edit('box', { opacity: 40 })
  board.clock.advance(10)
  board.view.edit('box', { opacity: 30 })
  board.remoteEdit('box', { strokeColor: '#2f9e44' })
  expect(board.view.get('box')).toMatchObject({ opacity: 30, strokeColor: '#2f9e44' })
  board.clock.advance(100)
  expect(board.stored('box')).toMatchObject({ opacity: 30, strokeColor: '#2f9e44' })
})

test('a remote edit of one of 5,000 elements makes one new object and leaves the others', () => {
  const board = new Board(...Array.from({ length: 5_000 }, (_, i) => ({ id: `e${i}`, x: i })))
  const before = new Map(board.view.elements.map((element) => [element.id, element]))
  expect(before.size).toBe(5_000)
  const applied = board.view.applied
  board.remoteEdit('e2500', { x: -7 })
  board.clock.advance(100)
  expect(board.view.applied).toBe(applied + 1)
  const changed = board.view.elements.filter((element) => before.get(element.id) !== element)
  expect(changed.map((element) => element.id)).toEqual(['e2500'])
  expect(changed[0]).toMatchObject({ x: -7 })
  expect(changed[0]!.version).toBeGreaterThan(before.get('e2500')!.version)
})

test('what somebody writes as it is already is no news for the view', () => {
  const board = new Board({ id: 'box', strokeColor: '#e03131' })
  const { applied } = board.view
  const shown = board.view.get('box')
  board.doc.transact(() => writeKeys(board.doc, 'box', new Map([['strokeColor', '#e03131']])), 'network')
  board.clock.advance(100)
  expect(board.view.applied).toBe(applied)
  expect(board.view.get('box')).toBe(shown)
})

test('a drag is written about once a second and at its end', () => {
  const board = new Board({ id: 'box' })
  board.view.press('box')
  for (let step = 1; step <= 300; step++) {
    board.view.edit('box', { x: step })
    board.clock.advance(10)
  }
  expect(board.updates.length).toBeGreaterThanOrEqual(2)
  expect(board.updates.length).toBeLessThanOrEqual(3)
  board.view.edit('box', { x: 301 })
  board.view.release()
  expect(board.stored('box')?.x).toBe(301)
})

test('a shape that is being drawn is written as soon as there is anything to see, a click never', () => {
  const board = new Board({ id: 'box' })
  const add = (id: string) => {
    board.view.add(id, { type: 'ellipse', x: 5, y: 5, width: 0, height: 0, index: 'b00' })
    board.view.press(id)
  }
  add('click')
  board.clock.advance(3_000)
  board.view.elements = board.view.elements.filter((element) => element.id !== 'click')
  board.view.release()
  board.clock.advance(1_000)
  expect(board.stored('click')).toBeUndefined()
  add('drag')
  board.view.edit('drag', { width: 3, height: 2 })
  board.clock.advance(60)
  expect(board.stored('drag')).toMatchObject({ width: 3, height: 2 })
})

test('a shape that the gesture left without a size, and that the editor dropped, is deleted for everybody', () => {
  const board = new Board({ id: 'box' }, { id: 'other' })
  board.view.press('box')
  board.view.edit('box', { width: 0, height: 0 })
  board.view.elements = board.view.elements.filter((element) => element.id !== 'box')
  board.view.release()
  expect(board.stored('box')?.isDeleted).toBe(true)
  expect(board.stored('other')?.isDeleted).toBe(false)
})

test('an element that is missing from the view for no reason is not deleted, and is shown again when it changes', () => {
  const board = new Board({ id: 'box' })
  board.view.elements = []
  board.view.onChange()
  board.clock.advance(2_000)
  expect(board.stored('box')?.isDeleted).toBe(false)
  board.remoteEdit('box', { x: 9 })
  expect(board.view.get('box').x).toBe(9)
})

test('a stroke grows by its chunks about ten times a second while it is drawn', () => {
  const board = new Board({ id: 'ink', type: 'freedraw', points: [[0, 0]] })
  board.view.press('ink')
  for (let step = 1; step <= 500; step++) {
    const { points } = board.view.get('ink') as ViewElement & { points: [number, number][] }
    board.view.edit('ink', { points: [...points, [step * 2.3, Math.sin(step / 7) * 60]] })
    board.clock.advance(12)
  }
  board.view.release()
  expect(board.stored('ink')).toMatchObject({ points: { length: 501 } })
  expect(board.updates.length).toBeGreaterThan(40)
  expect(board.updates.length).toBeLessThan(70)
  expect(board.updates.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(8_000)
})

test('what two people write in one text at the same time is all there', () => {
  const board = new Board({ id: 'words', type: 'text', text: 'a', originalText: 'a', width: 10, height: 25 })
  board.view.gesture = { pointerDown: false, held: new Set(['words']) }
  board.view.edit('words', { text: 'ab', originalText: 'ab', width: 20 })
  board.remoteEdit('words', { text: 'zzz', originalText: 'zzz', strokeColor: '#1971c2' })
  board.clock.advance(100)
  expect(board.view.get('words')).toMatchObject({ text: 'ab', strokeColor: '#1e1e1e' })
  board.view.edit('words', { text: 'abc', originalText: 'abc', width: 30 })
  board.clock.advance(1_100)
  expect(board.stored('words')).toMatchObject({ originalText: 'zzzbc' })
  board.view.release()
  board.clock.advance(100)
  expect(board.view.get('words')).toMatchObject({ originalText: 'zzzbc', strokeColor: '#1971c2' })
})

test('the hidden page writes what is in hand', () => {
  const board = new Board({ id: 'box' })
  board.view.press('box')
  board.view.edit('box', { x: 77 })
  board.binding.flushNow()
  expect(board.stored('box')?.x).toBe(77)
})

test('an arrow that somebody binds shows at its shape, also when it arrives before the shape', () => {
  const board = new Board({ id: 'box' })
  const arrow = { type: 'arrow', index: 'a5', startBinding: { elementId: 'box', focus: 0, gap: 1 } }
  const late = { elementId: 'late', focus: 0, gap: 1 }
  createElement(
    board.doc,
    'arrow',
    valuesOf({
      ...arrow,
      endBinding: late,
      points: [
        [0, 0],
        [9, 9],
      ],
      x: 0,
      y: 0,
      width: 9,
      height: 9,
    })!,
  )
  board.clock.advance(100)
  expect(board.view.get('box').boundElements).toEqual([{ id: 'arrow', type: 'arrow' }])
  createElement(board.doc, 'late', valuesOf({ type: 'ellipse', x: 1, y: 1, width: 5, height: 5, index: 'a6' })!)
  board.clock.advance(100)
  expect(board.view.get('late').boundElements).toEqual([{ id: 'arrow', type: 'arrow' }])
  board.remoteEdit('arrow', { isDeleted: true })
  board.clock.advance(100)
  expect(board.view.get('box').boundElements).toBeNull()
})

test('an undo that aims the arrows at a shape anew leaves the ends that somebody else has put', () => {
  const startBinding = { elementId: 'box', focus: 0, gap: 1 }
  const points = (x: number, y: number) => ({
    points: [
      [0, 0],
      [x, y],
    ],
    width: x,
    height: y,
  })
  const two = new TwoBoards(new Board({ id: 'box' }))
  const [ada, bob] = two.people
  two.meet()
  const arrow = { type: 'arrow', index: 'a5', startBinding, x: 110, y: 25, ...points(90, 90) }
  createElement(bob.doc, 'arrow', valuesOf(arrow)!)
  two.meet()
  const undo = (changes: Readonly<Record<string, unknown>>) => {
    ada.view.step = 'undo'
    ada.view.edit('arrow', changes)
    ada.view.step = undefined
    two.meet()
  }
  undo({ x: 104, y: 40, ...points(96, 75) })
  for (const { view } of [ada, bob]) expect(view.get('arrow')).toMatchObject({ x: 110, y: 25, ...points(90, 90) })

  // What she has put herself, she takes back: the end where she has dragged the shape.
  ada.view.edit('box', { x: 50 })
  ada.view.edit('arrow', { x: 150, ...points(50, 90) })
  two.meet()
  ada.view.step = 'undo'
  ada.view.edit('box', { x: 0 })
  undo({ x: 108, ...points(92, 90) })
  for (const { view } of [ada, bob]) expect(view.get('arrow')).toMatchObject({ x: 108, y: 25, ...points(92, 90) })
})

test('an arrow that the person makes one with elbows is led, where the editor shows its ends only', () => {
  const ends = [
    [0, 0],
    [90, 60],
  ]
  const board = new Board({ id: 'arrow', type: 'arrow', points: ends, width: 90, height: 60 })
  const { view } = board
  const asked: string[] = []
  view.routeElbow = (id) => {
    asked.push(id)
    return valuesOf({ ...view.get(id), points: [[0, 0], [0, 60], [90, 60]] }) // prettier-ignore
  }
  view.edit('arrow', { strokeColor: '#111111' })
  board.clock.advance(100)
  expect(asked).toEqual([])
  view.edit('arrow', { elbowed: true, points: ends })
  board.clock.advance(100)
  const { updates } = board
  const written = updates.length
  board.clock.advance(1_000)
  expect(asked).toContain('arrow')
  expect(view.get('arrow')).toMatchObject({ points: [[0, 0], [0, 60], [90, 60]] }) // prettier-ignore
  expect(updates).toHaveLength(written)
  // Deleted, it needs no way.
  asked.length = 0
  view.edit('arrow', { isDeleted: true })
  board.clock.advance(100)
  expect(asked).toEqual([])
})

test('what the person has done to an element is a step of its own before others change it, unless it was a step back', () => {
  const board = new Board({ id: 'box' }, { id: 'other' })
  const { view } = board
  const remoteEdit = (strokeColor: string) => {
    view.theirs.length = 0
    for (const id of ['box', 'other']) board.remoteEdit(id, { strokeColor })
    board.clock.advance(100)
    return view.theirs.flat()
  }
  expect(remoteEdit('#111111')).toEqual([])
  view.edit('box', { y: 5 })
  board.clock.advance(100)
  expect(remoteEdit('#222222')).toEqual(['box'])
  expect(remoteEdit('#333333')).toEqual([])
  view.step = 'undo'
  view.edit('box', { y: 0 })
  view.step = undefined
  board.clock.advance(100)
  expect(remoteEdit('#444444')).toEqual([])
  // Also what is not written yet: the next write waits for a while after this one.
  view.edit('box', { y: 6 })
  board.clock.advance(1)
  view.edit('other', { y: 7 })
  expect(remoteEdit('#555555')).toEqual(['box', 'other'])
})

test('what the person has taken in hand without a word of the editor waits all the same', () => {
  const board = new Board({ id: 'box' })
  // The pointer has gone down, and the editor tells nothing before it moves.
  board.view.gesture = { pointerDown: true, held: new Set(['box']) }
  board.remoteEdit('box', { x: 500 })
  board.clock.advance(100)
  expect(board.view.get('box').x).toBe(0)
  board.view.release()
  board.clock.advance(100)
  expect(board.view.get('box').x).toBe(500)
})

test('who may not draw any more gets the document back', () => {
  const board = new Board({ id: 'box' })
  board.clock.advance(1_000)
  board.view.edit('box', { x: 1 })
  board.clock.advance(100)
  board.view.edit('box', { x: 2 })
  board.view.do({ kind: 'create', type: 'diamond', at: [0, 0] })
  board.binding.setWritable(false)
  board.clock.advance(1_000)
  expect(board.view.get('box').x).toBe(1)
  expect(board.view.elements.filter((element) => !element.isDeleted)).toHaveLength(1)
  board.view.edit('box', { x: 3 })
  board.clock.advance(2_000)
  expect(board.stored('box')?.x).toBe(1)
})

test('who may not draw any more loses the stroke in hand as far as it was not written, and what they held', () => {
  const board = new Board({ id: 'ink', type: 'freedraw', points: [[0, 0]] }, { id: 'box' }, { id: 'line' })
  const points = () => (board.view.get('ink') as ViewElement & { points: unknown[] }).points
  board.view.press('ink')
  board.view.edit('ink', { points: [...points(), [5, 5]] })
  board.clock.advance(200)
  const inkInHand = board.view.get('ink')
  board.view.edit('ink', { points: [...points(), [9, 9]] })
  board.view.edit('box', { x: 500 })
  board.view.elements = board.view.elements.filter((element) => element.id !== 'line')
  const state = Y.encodeStateVector(board.doc)

  board.binding.setWritable(false)
  expect(board.view.gesture.pointerDown).toBe(false)
  expect(board.motions.at(-1) ?? {}).toEqual({})
  expect(points()).toEqual([
    [0, 0],
    [5, 5],
  ])
  expect(board.view.get('box').x).toBe(0)
  expect(board.view.get('line').isDeleted).toBe(false)
  expect(board.view.get('ink')).not.toBe(inkInHand)
  expect(Y.encodeStateVector(board.doc)).toEqual(state)
})

test('an editor that goes on changing what nobody may write is put right each time, and not for ever', () => {
  const board = new Board({ id: 'box' })
  board.binding.setWritable(false)
  board.view.press('box')
  board.view.edit('box', { x: 3 })
  board.view.do({ kind: 'create', type: 'diamond', at: [0, 0] })
  board.clock.advance(100)
  expect(board.view.get('box').x).toBe(0)
  expect(board.view.elements.filter((element) => !element.isDeleted)).toHaveLength(1)
  const applied = board.view.applied
  board.clock.advance(5_000)
  expect(board.view.applied).toBe(applied)
})

test('nothing is written into a document of a newer schema', () => {
  const board = new Board({ id: 'box' })
  board.doc.getMap('meta').set('schema', 99)
  board.view.edit('box', { x: 2 })
  board.clock.advance(2_000)
  expect(board.stored('box')?.x).toBe(0)
})

test('after it is destroyed it neither writes nor shows', () => {
  const board = new Board({ id: 'box' })
  board.view.edit('box', { x: 2 })
  board.binding.destroy()
  board.remoteEdit('box', { x: 9 })
  board.clock.advance(5_000)
  expect(board.stored('box')?.x).toBe(9)
  expect(board.view.get('box').x).toBe(2)
})

test('what the format refuses is cut, shown as it was written, and said', () => {
  const board = new Board({ id: 'box' }, { id: 'text', type: 'text', originalText: 'Hi', text: 'Hi' })
  board.view.edit('box', { link: 'example.com' })
  board.clock.advance(100)
  expect(board.stored('box')?.link).toBe('https://example.com')
  expect(board.view.get('box').link).toBe('https://example.com')
  expect(board.view.notKept).toEqual([])

  const long = 'x'.repeat(150_000)
  board.view.edit('text', { originalText: long, text: long })
  board.view.edit('box', { link: 'obsidian://note' })
  board.clock.advance(100)
  expect(board.stored('text')).toMatchObject({ originalText: long.slice(0, 100_000) })
  expect(board.view.get('text')).toMatchObject({ originalText: long.slice(0, 100_000) })
  expect(board.view.get('box').link).toBeNull()
  expect(board.view.notKept.toSorted()).toEqual(['link', 'words'])
  expect(board.updates).toHaveLength(2)
})

const box = { id: 'box', x: 100, y: 100, width: 200, height: 100 }
const label = (id: string) => ({
  id,
  type: 'text',
  x: 180,
  y: 137.5,
  width: 40,
  height: 25,
  originalText: id,
  text: id,
  textAlign: 'center',
  verticalAlign: 'middle',
  containerId: 'box',
})

test('a label keeps to its shape, whoever moves the one and whoever writes the other', () => {
  const board = new Board(box, label('a'))
  board.remoteEdit('box', { x: 400 })
  board.clock.advance(100)
  expect(board.view.get('a')).toMatchObject({ x: 480, y: 137.5 })
  expect(board.updates).toEqual([])
  board.view.edit('box', { width: 300 })
  board.clock.advance(100)
  expect(board.view.get('a').x).toBe(530)
  board.remoteEdit('a', { width: 100 })
  board.clock.advance(100)
  expect(board.view.get('a').x).toBe(500)
})

test('two labels of one shape are both to be seen; who moves the second one makes it a text of its own', () => {
  const board = new Board(box, label('a'), label('b'))
  expect(board.view.get('box').boundElements).toEqual([{ id: 'a', type: 'text' }])
  expect(board.view.get('a')).toMatchObject({ containerId: 'box', y: 137.5 })
  expect(board.view.get('b')).toMatchObject({ containerId: null, x: 180, y: 210 })
  expect(board.updates).toEqual([])
  board.view.edit('b', { x: 500 })
  board.clock.advance(100)
  expect(board.stored('b')).toMatchObject({ containerId: null, x: 500, y: 210 })
  expect(board.view.get('b')).toMatchObject({ containerId: null, x: 500, y: 210 })
})

test('who makes a text of its own of a second label sees it as wide as the others do: its lines are not broken any more', () => {
  const board = new Board(box, label('a'), { ...label('b'), originalText: 'b b', text: 'b\nb', width: 10, height: 50 })
  board.view.measure = (_, container) => (container ? [10, 50, 'b\nb', ''] : [30, 25, null, ''])
  expect(board.view.get('b')).toMatchObject({ containerId: null, text: 'b\nb', width: 10 })
  board.view.edit('b', { x: 500 })
  board.clock.advance(100)
  expect(board.stored('b')).toMatchObject({ containerId: null, x: 500 })
  expect(board.view.get('b')).toMatchObject({ containerId: null, x: 500, text: 'b b', width: 30, height: 25 })
})

test('when the label goes, what was written beside it takes its place', () => {
  const board = new Board(box, label('a'), label('b'))
  board.remoteEdit('a', { isDeleted: true })
  board.clock.advance(100)
  expect(board.view.get('b')).toMatchObject({ containerId: 'box', y: 137.5 })
})

test('what others draw into a frame, or write in a shape, while I drag it, waits until I let go', () => {
  const board = new Board({ id: 'frame', type: 'frame' }, box)
  board.view.press('frame', 'box')
  for (const each of [{ id: 'inside', type: 'rectangle', frameId: 'frame' }, label('a')]) {
    board.doc.transact(() => createElement(board.doc, each.id, valuesOf({ ...each, index: 'b1' })!), 'network')
  }
  board.clock.advance(1_000)
  expect(board.view.elements.map(({ id }) => id)).toEqual(['frame', 'box'])
  board.view.edit('box', { x: 400 })
  board.view.release()
  board.clock.advance(100)
  expect(board.view.elements.map(({ id }) => id).toSorted()).toEqual(['a', 'box', 'frame', 'inside'])
  expect(board.view.get('a').x).toBe(480)
})

test('what stands for an element of a later kind has its quiet looks again when somebody colours it, and they are told', () => {
  const board = new Board({ id: 'note', type: 'stickynote' }, { id: 'box' })
  board.view.edit('note', { strokeColor: '#e03131', x: 7 })
  board.view.edit('box', { strokeColor: '#e03131' })
  board.clock.advance(100)
  expect(board.view.get('note')).toMatchObject({ strokeColor: '#868e96', strokeStyle: 'dashed', x: 7 })
  expect(board.view.get('box').strokeColor).toBe('#e03131')
  expect(board.view.notKept).toEqual(['strokeColor'])
  board.clock.advance(1_000)
  expect(board.view.notKept).toEqual(['strokeColor'])
})

test('a text that was cut while it was written in is shown cut when it is let go', () => {
  const board = new Board({ id: 'text', type: 'text', originalText: 'Hi', text: 'Hi' })
  const long = 'x'.repeat(150_000)
  board.view.press('text')
  board.view.edit('text', { originalText: long, text: long })
  board.clock.advance(2_000)
  expect(board.view.get('text')).toMatchObject({ originalText: long })
  board.view.release()
  board.clock.advance(100)
  expect(board.view.get('text')).toMatchObject({ originalText: long.slice(0, 100_000) })
  expect(board.view.notKept).toEqual(['words'])
})

test('who clears a label sees the next text in its place, and the shape knows it', () => {
  const board = new Board(box, label('a'), label('b'))
  board.view.edit('a', { isDeleted: true })
  board.clock.advance(100)
  expect(board.view.get('b')).toMatchObject({ containerId: 'box', y: 137.5 })
  expect(board.view.get('box').boundElements).toEqual([{ id: 'b', type: 'text' }])
})

test('a text that is pasted with the size of another machine is shown as large as all others see it', () => {
  const board = new Board()
  board.view.measure = () => [141, 23, null, '']
  const size = { width: 137, height: 23 }
  board.view.add('words', { type: 'text', text: 'Orders', originalText: 'Orders', ...size, index: 'a1' })
  board.clock.advance(300)
  expect(board.view.get('words').width).toBe(141)
  expect(board.updates).toHaveLength(1)
})

describe('a text whose font has not come', () => {
  const TEXT = { id: 'words', type: 'text', text: '白', originalText: '白', width: 12, height: 25 }

  test('is stored with a size that nobody trusts, and measured anew when the font is there', () => {
    const board = new Board(TEXT)
    let isFontThere = false
    board.view.measure = ({ keys }) => {
      const { length } = keys.words as string
      return isFontThere ? [length * 20, 25, null, ''] : [length * 12, 25, null, UNTRUSTED]
    }
    board.view.open('words')
    board.view.edit('words', { text: '白板', originalText: '白板', width: 24 })
    board.view.release()
    board.clock.advance(300)
    const stored = findElement(board.doc, 'words')!
    expect(stored.keys.fit).toEqual([24, 25, null, UNTRUSTED])
    isFontThere = true
    board.binding.fontsCame()
    board.clock.advance(300)
    expect(board.view.get('words').width).toBe(40)
    expect(board.updates).toHaveLength(1)
  })

  test('that has its old font back, and the size of the other, is shown as large as it is', () => {
    const board = new Board({ id: 'text', type: 'text', originalText: 'Hello', text: 'Hello', width: 50, height: 25 })
    board.view.measure = ({ keys }) => [keys.fontFamily === 5 ? 50 : 80, 25, null, '']
    board.view.edit('text', { fontFamily: 8, width: 80 })
    board.clock.advance(100)
    // The editor's undo puts the font back alone.
    board.view.edit('text', { fontFamily: 5 })
    board.clock.advance(100)
    expect(board.view.get('text')).toMatchObject({ fontFamily: 5, width: 50 })
  })

  test('is not measured as a whole when it is long and the font is there', () => {
    const board = new Board(TEXT)
    const lengths: number[] = []
    board.view.measure = ({ keys }) => {
      lengths.push((keys.words as string).length)
      return [1, 1, null, '']
    }
    const words = '板'.repeat(50_000)
    board.view.edit('words', { text: words, originalText: words, width: 24 })
    board.clock.advance(300)
    expect(lengths).toEqual([2_000])
    expect((findElement(board.doc, 'words')!.keys.fit as unknown[])[3]).not.toBe(UNTRUSTED)
  })

  test('is not trusted either when it came while the text was written', () => {
    const board = new Board(TEXT)
    board.view.measure = ({ keys }) => [(keys.words as string).length * 20, 25, null, '']
    board.view.edit('words', { text: '白板', originalText: '白板', width: 24 })
    board.clock.advance(300)
    expect(findElement(board.doc, 'words')!.keys.fit).toEqual([24, 25, null, UNTRUSTED])
    expect(board.view.get('words').width).toBe(40)
  })
})

describe('what somebody deletes', () => {
  /** As a client of ten lines deletes. */
  const deleteByHand = ({ doc }: Board, id: string) =>
    doc.transact(() => (elementsOf(doc).get(id) as Y.Map<unknown>).set('isDeleted', true), 'network')

  test('while another is at work on it stays, from the end of the gesture on', () => {
    const board = new Board({ id: 'box' })
    board.view.press('box')
    board.view.edit('box', { x: 5 })
    board.clock.advance(2_000)
    deleteByHand(board, 'box')
    board.clock.advance(2_000)
    board.view.release()
    board.clock.advance(100)
    expect(board.stored('box')).toMatchObject({ x: 5, isDeleted: false })
    expect(board.view.get('box').isDeleted).toBe(false)
  })

  test('while another holds it and does nothing is deleted', () => {
    const board = new Board({ id: 'box' })
    board.view.press('box')
    deleteByHand(board, 'box')
    board.clock.advance(100)
    expect(board.view.get('box').isDeleted).toBe(false)
    board.view.release()
    board.clock.advance(100)
    expect(board.stored('box')?.isDeleted).toBe(true)
    expect(board.view.get('box').isDeleted).toBe(true)
  })

  test('while another writes in its label stays', () => {
    const board = new Board(
      { id: 'box' },
      { id: 'label', type: 'text', text: 'a', originalText: 'a', width: 10, height: 25, containerId: 'box' },
    )
    board.view.open('label')
    board.view.gesture = { ...board.view.gesture, held: new Set(['label', 'box']) }
    board.view.type('b')
    deleteByHand(board, 'box')
    deleteByHand(board, 'label')
    board.view.release()
    board.clock.advance(100)
    for (const id of ['box', 'label']) expect(board.stored(id)?.isDeleted).toBe(false)
    expect(board.view.get('label')).toMatchObject({ originalText: 'ab', containerId: 'box' })
  })

  test('and comes back hangs on what it hung on, although the editor had untied it', () => {
    const board = new Board(
      { id: 'box' },
      { id: 'label', type: 'text', text: 'a', originalText: 'a', width: 10, height: 25, containerId: 'box' },
    )
    Object.assign(board.view.get('box'), { isDeleted: true, version: 1_000 })
    board.view.edit('label', { isDeleted: true, containerId: null })
    board.clock.advance(100)
    expect(board.stored('box')).toMatchObject({ isDeleted: true })
    expect(board.stored('label')).toMatchObject({ isDeleted: true, containerId: 'box' })
    board.remoteEdit('box', { isDeleted: false })
    board.remoteEdit('label', { strokeColor: '#e03131', isDeleted: false })
    board.clock.advance(100)
    expect(board.view.get('label')).toMatchObject({ isDeleted: false, containerId: 'box' })
  })

  test.each([
    ['has come and is not shown yet', (board: Board) => board.clock.advance(1)],
    ['comes before the deletion is written', (board: Board) => board.clock.advance(40)],
  ])('stays with what another has made of it that %s, and is deleted when that was seen', (_when, pass) => {
    const board = new Board({ id: 'box' }, { id: 'other' })
    board.view.edit('other', { x: 1 })
    board.remoteEdit('other', { y: 1 })
    board.clock.advance(1)
    board.view.edit('box', { isDeleted: true })
    board.remoteEdit('box', { strokeColor: '#e03131' })
    pass(board)
    board.binding.flushNow()
    board.clock.advance(100)
    expect(board.stored('box')).toMatchObject({ isDeleted: false, strokeColor: '#e03131' })
    expect(board.view.get('box')).toMatchObject({ isDeleted: false, strokeColor: '#e03131' })
    board.view.edit('box', { isDeleted: true })
    board.clock.advance(100)
    expect(board.stored('box')?.isDeleted).toBe(true)
  })

  test('is deleted, whatever it is, however it is shown, and whatever was done to it before', () => {
    const words = { type: 'text', text: 'a', originalText: 'a', width: 10, height: 25 }
    const tied = { startBinding: { elementId: 'box', focus: 0, gap: 5 } }
    const board = new Board(
      { id: 'box' },
      { id: 'label', ...words, containerId: 'box' },
      { id: 'more', ...words, containerId: 'box' },
      { id: 'lost', ...words, containerId: 'nobody' },
      {
        id: 'arrow',
        type: 'arrow',
        points: [
          [0, 0],
          [90, 90],
        ],
        ...tied,
      },
      { id: 'note', type: 'stickynote', tone: 'warm' },
      {
        id: 'stroke',
        type: 'freedraw',
        points: [
          [0, 0],
          [9, 9],
        ],
      },
      { id: 'part', frameId: 'nothing' },
    )
    const ids = board.view.elements.map(({ id }) => id)
    const deleteAll = () => {
      for (const id of ids)
        Object.assign(board.view.get(id), { isDeleted: true, version: board.view.get(id).version + 1 })
      board.binding.noteChange()
      board.clock.advance(100)
      for (const id of ids) expect(board.stored(id)?.isDeleted, id).toBe(true)
    }
    const bringBack = () => {
      for (const id of ids) board.remoteEdit(id, { isDeleted: false })
      board.clock.advance(100)
    }
    deleteAll()
    bringBack()
    board.remoteEdit('box', { x: 300, width: 200 })
    board.clock.advance(100)
    deleteAll()
    bringBack()
    for (const id of ids) board.view.edit(id, { strokeColor: '#e03131', x: 40 })
    for (const id of ['label', 'lost']) board.view.edit(id, { text: 'ab', originalText: 'ab', width: 20 })
    board.view.edit('arrow', {
      points: [
        [0, 0],
        [40, 40],
        [90, 0],
      ],
    })
    board.clock.advance(100)
    deleteAll()
    bringBack()
    // It is written with the box that its end is for.
    board.view.edit('arrow', { x: 60 })
    board.clock.advance(100)
    deleteAll()
    bringBack()
    board.binding.showMotion(new Map([['box', { xy: [500, 500], angle: 0 }]]))
    board.clock.advance(100)
    expect(board.view.get('box').x).toBe(500)
    deleteAll()
  })

  test('while another deletes it too is deleted', () => {
    const board = new Board({ id: 'box' })
    board.view.press('box')
    board.view.edit('box', { x: 5 })
    deleteByHand(board, 'box')
    board.view.edit('box', { isDeleted: true })
    board.view.release()
    board.clock.advance(100)
    expect(board.stored('box')?.isDeleted).toBe(true)
  })
})

describe('whether the view holds something that is not written', () => {
  test('is told from the change until it is in the document', () => {
    const board = new Board({ id: 'box' })
    board.view.press('box')
    board.view.edit('box', { x: 5 })
    expect(board.unwritten).toEqual([true])
    board.clock.advance(1_500)
    expect(board.unwritten).toEqual([true, false])
    board.view.edit('box', { x: 6 })
    board.view.release()
    expect(board.unwritten).toEqual([true, false, true, false])
  })

  test('is not told of a version that says nothing new, nor of others’ changes', () => {
    const board = new Board({ id: 'box' })
    board.view.edit('box', {})
    board.remoteEdit('box', { x: 9 })
    board.clock.advance(1_000)
    expect(board.unwritten).toEqual([])
  })

  test('ends with the leave to draw: what was not written is gone', () => {
    const board = new Board({ id: 'box' })
    board.view.press('box')
    board.view.edit('box', { x: 5 })
    board.binding.setWritable(false)
    expect(board.unwritten).toEqual([true, false])
  })

  test('ends with the board', () => {
    const board = new Board({ id: 'box' })
    board.view.press('box')
    board.view.edit('box', { x: 5 })
    board.binding.destroy()
    expect(board.unwritten).toEqual([true, false])
  })
})

test('of a shape that two people resize, each keeps the side that they have changed', () => {
  const board = new Board({ id: 'box' })
  board.view.press('box')
  board.view.edit('box', { height: 90 })
  board.remoteEdit('box', { width: 300 })
  board.view.release()
  board.clock.advance(100)
  expect(board.stored('box')).toMatchObject({ width: 300, height: 90 })
  expect(board.view.get('box')).toMatchObject({ width: 300, height: 90 })
})
