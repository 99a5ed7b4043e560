import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Board } from './testing/board.ts'

const moved = (id: string, x: number, y = 0) => new Map([[id, { xy: [x, y] as const }]])

test('what I drag is told to others at most twenty times a second, and ends empty', () => {
  const board = new Board({ id: 'box' }, { id: 'other' })
  board.view.press('box')
  for (let step = 1; step <= 100; step++) {
    board.view.edit('box', { x: step, angle: 0.5 })
    board.clock.advance(10)
  }
  expect(board.motions.length).toBeGreaterThan(15)
  expect(board.motions.length).toBeLessThanOrEqual(21)
  expect(board.motions.at(-1)).toEqual({ box: { xy: [expect.closeTo(98, -1), 0], wh: [100, 50], angle: 0.5 } })
  board.view.release()
  expect(board.motions.at(-1)).toEqual({})
  expect(board.stored('box')?.x).toBe(100)
})

test('an arrow moves with its points, a crowd does not move at all before the document says so', () => {
  const arrow = {
    id: 'arrow',
    type: 'arrow',
    points: [
      [0, 0],
      [10, 10],
    ],
  }
  const crowd = Array.from({ length: 60 }, (_, i) => ({ id: `e${i}` }))
  const board = new Board(arrow, ...crowd)
  board.view.press('arrow')
  board.view.edit('arrow', {
    x: 4,
    points: [
      [0, 0],
      [20, 5],
    ],
  })
  expect(board.motions.at(-1)).toEqual({
    arrow: {
      xy: [4, 0],
      angle: 0,
      points: [
        [0, 0],
        [20, 5],
      ],
    },
  })
  board.view.release()
  board.motions.length = 0
  board.view.press(...crowd.map((element) => element.id))
  for (const { id } of crowd) board.view.edit(id, { x: 50 })
  board.clock.advance(500)
  expect(Object.keys(board.motions.at(-1) ?? {}).length).toBeLessThanOrEqual(50)
  board.view.release()
  expect(board.motions.at(-1) ?? {}).toEqual({})
})

test("another's motion is shown and never written, and the document's value comes back at its end", () => {
  const board = new Board({ id: 'box', x: 10 })
  const state = Y.encodeStateVector(board.doc)
  board.binding.showMotion(moved('box', 300))
  expect(board.view.get('box').x).toBe(300)
  board.view.onChange()
  board.binding.flushNow()
  board.clock.advance(5_000)
  expect(Y.encodeStateVector(board.doc)).toEqual(state)
  board.binding.showMotion(new Map())
  board.clock.advance(1_000)
  expect(board.view.get('box').x).toBe(10)
  expect(Y.encodeStateVector(board.doc)).toEqual(state)
})

test('a turn is shown while it goes on, and unsound ones are not', () => {
  const board = new Board({ id: 'box', angle: 0.25 })
  board.binding.showMotion(new Map([['box', { xy: [0, 0], angle: 1.5 } as const]]))
  board.clock.advance(16)
  expect(board.view.get('box').angle).toBe(1.5)
  board.binding.showMotion(new Map([['box', { xy: [0, 0], angle: Number.NaN } as const]]))
  board.clock.advance(16)
  expect(board.view.get('box').angle).toBe(0.25)
})

test('a recolour during another person’s motion writes the colour and not the motion', () => {
  const board = new Board({ id: 'box', x: 10 })
  board.binding.showMotion(moved('box', 300))
  board.view.edit('box', { strokeColor: '#e03131' })
  board.clock.advance(200)
  expect(board.stored('box')).toMatchObject({ x: 10, strokeColor: '#e03131' })
  expect(board.view.get('box')).toMatchObject({ x: 300, strokeColor: '#e03131' })
  board.binding.showMotion(new Map())
  board.clock.advance(1_000)
  expect(board.view.get('box')).toMatchObject({ x: 10, strokeColor: '#e03131' })
})

test('an unwritten change of mine, a remote one and a motion on the same element stay three things', () => {
  const board = new Board({ id: 'box', x: 10 })
  board.binding.showMotion(moved('box', 300))
  board.clock.advance(16)
  board.view.edit('box', { opacity: 50 })
  board.remoteEdit('box', { strokeColor: '#e03131' })
  expect(board.view.get('box')).toMatchObject({ x: 300, opacity: 50, strokeColor: '#e03131' })
  board.binding.showMotion(new Map())
  board.clock.advance(2_000)
  const all = { x: 10, opacity: 50, strokeColor: '#e03131' }
  expect(board.view.get('box')).toMatchObject(all)
  expect(board.stored('box')).toMatchObject(all)
})

test('the end of a motion does not jump, whether the document or the presence is first', () => {
  for (const documentFirst of [true, false]) {
    const board = new Board({ id: 'box', x: 10 })
    board.binding.showMotion(moved('box', 300))
    const seen = new Set<number>()
    const arrivals = [() => board.remoteEdit('box', { x: 301 }), () => board.binding.showMotion(new Map())]
    for (const arrive of documentFirst ? arrivals : arrivals.toReversed()) {
      arrive()
      seen.add(board.view.get('box').x)
      board.clock.advance(100)
      seen.add(board.view.get('box').x)
    }
    expect([...seen]).toEqual([300, 301])
  }
})

test('what I hold does not follow another’s motion; afterwards it is where I put it', () => {
  const board = new Board({ id: 'box', x: 10 })
  board.view.press('box')
  board.binding.showMotion(moved('box', 300))
  board.clock.advance(100)
  expect(board.view.get('box').x).toBe(10)
  board.view.edit('box', { x: 20 })
  board.binding.showMotion(new Map())
  board.view.release()
  board.clock.advance(2_000)
  expect(board.stored('box')?.x).toBe(20)
  expect(board.view.get('box').x).toBe(20)
})

test('what I drag while another moves it goes my way from where the document has it', () => {
  const board = new Board({ id: 'box', x: 10 })
  board.binding.showMotion(moved('box', 300))
  board.clock.advance(16)
  board.view.press('box')
  for (const x of [304, 310]) {
    board.binding.showMotion(moved('box', 350 + x))
    board.view.edit('box', { x })
    board.clock.advance(1_100)
  }
  expect(board.view.get('box').x).toBe(310)
  expect(board.motions.at(-1)).toMatchObject({ box: { xy: [20, 0] } })
  board.binding.showMotion(new Map())
  board.view.release()
  board.clock.advance(2_000)
  expect(board.stored('box')?.x).toBe(20)
  expect(board.view.get('box').x).toBe(20)
})

test('what another has let go while I drag it ends where they put it and I moved it on', () => {
  const board = new Board({ id: 'box', x: 10 })
  board.binding.showMotion(moved('box', 300))
  board.clock.advance(16)
  board.view.press('box')
  board.view.edit('box', { x: 305 })
  board.remoteEdit('box', { x: 301 })
  board.binding.showMotion(new Map())
  board.view.edit('box', { x: 310 })
  board.view.release()
  board.clock.advance(2_000)
  expect(board.stored('box')?.x).toBe(311)
  expect(board.view.get('box').x).toBe(311)
})

test('a nudge ends a motion that nobody finishes, and writes nothing of it', () => {
  const board = new Board({ id: 'box', x: 10, y: 10 })
  const stale = new Map([['box', { xy: [9_999, 9_999], wh: [5_000, 5_000], angle: 2 } as const]])
  board.binding.showMotion(stale)
  board.clock.advance(16)
  for (const nudged of [15, 20]) {
    board.view.edit('box', { x: board.view.get('box').x + 5 })
    board.clock.advance(100)
    board.binding.showMotion(stale)
    board.clock.advance(2_000)
    const stands = { x: nudged, y: 10, width: 100, height: 50, angle: 0 }
    expect(board.stored('box')).toMatchObject(stands)
    expect(board.view.get('box')).toMatchObject(stands)
  }
  board.binding.showMotion(moved('box', 300))
  board.clock.advance(100)
  expect(board.view.get('box').x).toBe(300)
})

test('a size that I give to what is shown too large is a size, whatever it was shown as', () => {
  const board = new Board({ id: 'box' })
  board.binding.showMotion(new Map([['box', { xy: [0, 0], wh: [5_000, 200] } as const]]))
  board.clock.advance(16)
  board.view.press('box')
  board.view.edit('box', { width: 60, height: 210 })
  board.view.release()
  board.clock.advance(2_000)
  expect(board.stored('box')).toMatchObject({ width: 100, height: 60 })
})

test('a line that another bends keeps its bends: mine are added point by point, and a new one has to wait', () => {
  const straight = [
    [0, 0],
    [50, 0],
    [100, 0],
  ]
  const bent = (y: number) => straight.map(([x, at], i) => [x!, i === 1 ? y : at!] as const)
  const longer = [
    [0, 0],
    [45, 0],
    [150, 0],
  ] as const
  for (const [points, stored, width, height] of [
    [bent(407), bent(7), 100, 7],
    [[...bent(400), [150, 0]], longer, 150, 0],
  ] as const) {
    const board = new Board({ id: 'line', type: 'line', width: 100, height: 0, points: straight })
    board.binding.showMotion(new Map([['line', { xy: [30, 0], points: bent(400) } as const]]))
    board.clock.advance(16)
    board.view.edit('line', { x: 35, points })
    board.clock.advance(2_000)
    const stands = { x: 5, width, height, points: stored }
    expect(board.stored('line')).toMatchObject(stands)
    expect(board.view.get('line')).toMatchObject(stands)
  }
})

test('motion that no honest client sends changes nothing', () => {
  const board = new Board(
    { id: 'box', x: 10 },
    {
      id: 'line',
      type: 'line',
      points: [
        [0, 0],
        [5, 5],
      ],
    },
  )
  const hostile = { xy: [Number.NaN, 'x'], wh: [Infinity, 2], angle: {}, points: [[0]] } as never
  board.binding.showMotion(
    new Map([
      ['box', hostile],
      ['line', { xy: [1, 1], points: 'many' } as never],
      ['nobody', hostile],
    ]),
  )
  expect(board.view.get('box')).toMatchObject({ x: 10, y: 0, width: 100, height: 50, angle: 0 })
  expect(board.view.get('line')).toMatchObject({
    x: 1,
    points: [
      [0, 0],
      [5, 5],
    ],
  })
  expect(board.view.elements).toHaveLength(2)
  // Beyond the plane, together with where the line is.
  const far = {
    xy: [9_000_000, 0],
    points: [
      [0, 0],
      [9_000_000, 0],
    ],
  } as const
  board.binding.showMotion(new Map([['line', far]]))
  board.clock.advance(16)
  expect(board.view.get('line')).toMatchObject({
    x: 0,
    points: [
      [0, 0],
      [5, 5],
    ],
  })
})

test('somebody’s motion of what is here and not written yet takes nothing away', () => {
  const board = new Board()
  const { view, binding, clock } = board
  view.do({ kind: 'create', type: 'rectangle', at: [0, 0] })
  const { id } = view.elements.at(-1)!
  binding.showMotion(new Map([[id, { xy: [9, 9] as const, angle: 0 }]]))
  expect(view.get(id).isDeleted).toBe(false)
  clock.advance(1_000)
  expect(view.get(id).isDeleted).toBe(false)
  expect(board.stored(id)?.isDeleted).toBe(false)
})
