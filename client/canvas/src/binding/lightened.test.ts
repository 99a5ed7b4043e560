import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { findElement, readElements } from '@sketchroom/shared/scene/document'
import type { ElementPoint } from '@sketchroom/shared/scene/element'
import type { Ink } from '@sketchroom/shared/scene/ink'
import { sceneOperation } from '@sketchroom/shared/testing/scene-operations'
import { pictureOf, weightOf } from '@sketchroom/shared/scene/weight'
import { valuesOf } from '@sketchroom/shared/scene/codec'
import { Board } from './testing/board.ts'

/** Places on the grids of lines and of strokes. */
const wave = (count: number) => Array.from({ length: count }, (_, i) => [i / 8, Math.round(100 * Math.sin(i / 9))])
const ARROW = { id: 'arrow', type: 'arrow', points: wave(9_000), endArrowhead: 'arrow' }
const INK = { id: 'ink', type: 'freedraw', points: wave(20_000), pressures: [] }
const HATCHED = { id: 'hatched', width: 1e7, height: 1e7, backgroundColor: '#ffc9c9', fillStyle: 'hachure' }
const DASHED = { id: 'dashed', type: 'ellipse', width: 9e6, height: 9e6, strokeStyle: 'dotted' }
const HEAVY = [ARROW, INK, HATCHED, DASHED]

const keysOf = (board: Board, id: string) => findElement(board.doc, id)!.keys
const pointsOf = (board: Board, id: string) => (board.view.get(id) as unknown as { points: ElementPoint[] }).points
const shownWeight = (board: Board) =>
  board.view.elements.reduce((sum, element) => sum + weightOf(valuesOf(element)!), 0)

/** Puts the pointer down on an element, does this to it, and lets go. */
function drag(board: Board, id: string, changes: Readonly<Record<string, unknown>>): void {
  board.view.press(id)
  board.view.edit(id, changes)
  board.view.release()
  board.clock.advance(2_000)
}

test('what is too much to draw is shown with less, and what is not, as it is', () => {
  const board = new Board(...HEAVY, { id: 'box', fillStyle: 'hachure', backgroundColor: '#ffc9c9' })
  expect(pointsOf(board, 'arrow').length).toBeLessThan(2_100)
  expect(keysOf(board, 'arrow').to).toEqual(expect.arrayContaining([...(pointsOf(board, 'arrow').at(-1) ?? [])]))
  expect(pointsOf(board, 'ink').length).toBeLessThan(4_100)
  expect(board.view.get('hatched')).toMatchObject({ fillStyle: 'solid', width: 1e7 })
  expect(board.view.get('dashed')).toMatchObject({ strokeStyle: 'solid' })
  expect(board.view.get('box')).toMatchObject({ fillStyle: 'hachure' })
  expect(shownWeight(board)).toBeLessThan(10_000)
})

test('to look at what is heavy, to select it, and to do something to its looks writes nothing of what was left out', () => {
  const board = new Board(...HEAVY)
  const before = readElements(board.doc)
  const state = Y.encodeStateVector(board.doc)
  for (const { id } of HEAVY) {
    board.view.press(id)
    board.view.release()
  }
  board.binding.flushNow()
  expect(Y.encodeStateVector(board.doc)).toEqual(state)
  for (const { id } of HEAVY) board.view.edit(id, { strokeColor: '#e03131' })
  board.clock.advance(2_000)
  for (const [id, { keys }] of before) {
    expect(keysOf(board, id)).toEqual({ ...keys, strokeColor: '#e03131' })
    expect(board.view.get(id).strokeColor).toBe('#e03131')
  }
})

test('who moves a line or a stroke of which some points are shown moves all of them, and takes none away', () => {
  const board = new Board(ARROW, INK)
  const [via, ink] = [keysOf(board, 'arrow').via as ElementPoint[], keysOf(board, 'ink').ink as Ink]
  drag(board, 'arrow', { x: 70, y: 5.5 })
  expect(keysOf(board, 'arrow').via).toEqual(via.map(([x, y]) => [x + 70, y + 5.5]))
  expect(keysOf(board, 'arrow').from).toEqual([70, 5.5])
  drag(board, 'ink', { x: 30 })
  expect(keysOf(board, 'ink')).toMatchObject({ xy: [30, 0], ink })
  expect(board.view.get('arrow')).toMatchObject({ x: 70, y: 5.5 })
})

test('who makes them larger makes all of it larger', () => {
  const board = new Board(ARROW, INK)
  const ink = keysOf(board, 'ink').ink as Ink
  const via = keysOf(board, 'arrow').via as ElementPoint[]
  for (const id of ['arrow', 'ink']) {
    drag(board, id, { points: pointsOf(board, id).map(([x, y]) => [x * 2, y * -3]) })
  }
  const larger = keysOf(board, 'arrow').via as ElementPoint[]
  expect(larger).toHaveLength(via.length)
  for (const [i, [x, y]] of via.entries()) {
    expect(larger[i]?.[0]).toBeCloseTo(x * 2, 2)
    expect(larger[i]?.[1]).toBeCloseTo(y * -3, 2)
  }
  expect((keysOf(board, 'ink').ink as Ink).steps).toEqual(ink.steps.map((step, i) => step * (i % 2 === 0 ? 2 : -3)))
})

test('who bends a line of which some points are shown is told that it stays as it is, and sees so', () => {
  const board = new Board(ARROW)
  const { via } = keysOf(board, 'arrow')
  const shown = pointsOf(board, 'arrow')
  drag(board, 'arrow', { points: shown.map((point, i) => (i === 500 ? [point[0], 900] : point)) })
  expect(keysOf(board, 'arrow').via).toEqual(via)
  expect(pointsOf(board, 'arrow')).toEqual(shown)
  expect(board.view.notKept).toEqual(['points'])
})

test('a fill and a stroke that a person chooses are what they chose, whatever was shown', () => {
  const board = new Board(HATCHED, DASHED)
  board.view.edit('hatched', { fillStyle: 'zigzag', roughness: 2 })
  board.view.edit('dashed', { strokeStyle: 'dashed' })
  board.clock.advance(2_000)
  expect(keysOf(board, 'hatched')).toMatchObject({ fillStyle: 'zigzag', roughness: 2 })
  expect(keysOf(board, 'dashed').strokeStyle).toBe('dashed')
  expect(board.view.get('hatched').fillStyle).toBe('solid')
})

test('what is heavy is deleted, and brought back as it was', () => {
  const board = new Board(...HEAVY)
  const before = readElements(board.doc)
  for (const isDeleted of [true, false]) {
    for (const { id } of HEAVY) board.view.edit(id, { isDeleted })
    board.clock.advance(2_000)
    for (const { id } of HEAVY) expect(keysOf(board, id).isDeleted).toBe(isDeleted)
  }
  for (const [id, { keys }] of before) expect(keysOf(board, id)).toEqual(keys)
})

test('a copy of what is shown with less is a copy of all of it, where the person put it', () => {
  const board = new Board(ARROW)
  const via = keysOf(board, 'arrow').via as ElementPoint[]
  const copy = { ...board.view.get('arrow'), id: 'copy', x: 10, y: 20, index: 'a9' }
  board.view.elements = [...board.view.elements, copy]
  board.view.onChange()
  board.clock.advance(2_000)
  expect(keysOf(board, 'copy').via).toEqual(via.map(([x, y]) => [x + 10, y + 20]))
  expect(keysOf(board, 'copy').customData).toBeNull()
  drag(board, 'copy', { x: 0, y: 0 })
  expect(keysOf(board, 'copy').via).toEqual(via)
})

test('of many heavy elements, all are there, and together they are no more to draw than a browser can', () => {
  const arrows = Array.from({ length: 30 }, (_, i) => ({ ...ARROW, id: `a${i}`, points: wave(2_500) }))
  const panels = Array.from({ length: 100 }, (_, i) => ({ id: `p${i}`, width: 5_000, height: 5_000 }))
  const board = new Board(...arrows, ...panels)
  expect(board.view.elements).toHaveLength(130)
  expect(shownWeight(board)).toBeLessThan(20_000 + 130 * 210)
  const pictures = board.view.elements.reduce((sum, element) => sum + pictureOf(valuesOf(element)!), 0)
  expect(pictures).toBeLessThan(200_000_000 + 130 * 100_000 + 2 ** 24)
  // Those that come last are shown small, and are where they were and as large when they are moved.
  drag(board, 'p99', { x: 7 })
  expect(board.view.get('p99').width).toBeLessThan(400)
  expect(keysOf(board, 'p99')).toMatchObject({ xy: [7, 0], wh: [5_000, 5_000] })
  // When others go, they are shown as they are with their next change.
  for (const { id } of panels.slice(0, 90)) board.view.edit(id, { isDeleted: true })
  board.clock.advance(2_000)
  board.remoteEdit('p99', { opacity: 50 })
  board.clock.advance(100)
  expect(board.view.get('p99').width).toBe(5_000)
})

test('the label of an arrow that is longer than a picture can be is shown beside it, and stays its label', () => {
  const long = { id: 'long', type: 'arrow', points: [[0, 0], [14_000, 0]] } // prettier-ignore
  const label = {
    id: 'label',
    type: 'text',
    originalText: 'Hi',
    text: 'Hi',
    width: 40,
    height: 25,
    containerId: 'long',
  }
  const board = new Board(long, label)
  expect(board.view.get('label')).toMatchObject({ containerId: null })
  expect(board.view.get('long').boundElements ?? []).toEqual([])
  drag(board, 'label', { x: 90 })
  expect(keysOf(board, 'label')).toMatchObject({ containerId: 'long', xy: [90, 0] })
  board.remoteEdit('long', { points: [[0, 0], [400, 0]] }) // prettier-ignore
  board.clock.advance(100)
  expect(board.view.get('label')).toMatchObject({ containerId: 'long' })
  expect(board.view.get('long').boundElements).toEqual([{ id: 'label', type: 'text' }])
})

test('whatever a person does to a board of heavy elements, no point, dash or hatching is lost', () => {
  let runs = 0
  fc.assert(
    fc.property(fc.array(sceneOperation, { minLength: 1, maxLength: 12 }), (operations) => {
      runs++
      const board = new Board(ARROW, { ...INK, points: wave(5_000) }, HATCHED, DASHED)
      const counts = () => [
        (keysOf(board, 'arrow').via as unknown[]).length,
        (keysOf(board, 'ink').ink as Ink).steps.length,
        keysOf(board, 'hatched').fillStyle,
        keysOf(board, 'dashed').strokeStyle,
      ]
      const before = counts()
      for (const each of operations) {
        board.view.do(each)
        board.clock.advance(300)
      }
      board.clock.advance(5_000)
      expect(counts()).toEqual(before)
    }),
    { numRuns: 12 },
  )
  expect(runs).toBeGreaterThanOrEqual(12)
})

test('of a text that is too long to draw the beginning is drawn, and all of it is there to be written in', () => {
  const words = 'All of it. '.repeat(9_000)
  const fit = { width: 900, height: 25 }
  const board = new Board({ id: 'long', type: 'text', originalText: words, text: words, ...fit })
  const drawn = () => (board.view.get('long') as unknown as { text: string }).text
  expect(drawn().length).toBeLessThan(41_000)
  expect(board.view.wordsOf('long')).toBe(words)
  // The editor makes what it has larger.
  board.view.edit('long', { fontSize: 40, width: 1_800, height: 50, x: 5 })
  board.clock.advance(2_000)
  expect(keysOf(board, 'long')).toMatchObject({
    fontSize: 40,
    xy: [5, 0],
    words,
    fit: [900, 25, null, expect.anything()],
  })
  board.view.open('long')
  board.view.type('!')
  board.clock.advance(2_000)
  expect(keysOf(board, 'long').words).toBe(`${words}!`)
  expect((keysOf(board, 'long').fit as unknown[])[2]).toBeNull()
})

test('words that the editor takes out of such a text again are not written with the size of its beginning', () => {
  const words = 'All of it. '.repeat(9_000)
  const board = new Board({ id: 'long', type: 'text', originalText: words, text: words, width: 900, height: 25 })
  // A deletion alone has no clock: the fit is written with it.
  board.view.edit('long', { originalText: words.slice(0, -5) })
  board.clock.advance(2_000)
  expect(keysOf(board, 'long')).toMatchObject({ words: words.slice(0, -5), fit: [900, 25, null, '?'] })
})
