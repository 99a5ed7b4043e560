import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { elementsOf } from '@sketchroom/shared/scene/document'
import type { BoardActor } from './board-actor.ts'
import type { Peer } from './peer.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

type Point = readonly [number, number]

function write(peer: Peer, id: string, keys: object): void {
  elementsOf(peer.doc).set(id, new Y.Map<unknown>(Object.entries(keys)))
}

/** Two boxes, and an arrow from the right of the one to the left of the other. */
function writeTiedBoxes(peer: Peer, arrow: object): void {
  peer.doc.transact(() => {
    write(peer, 'left', { type: 'rectangle', index: 'a0', xy: [100, 100], wh: [120, 80], backgroundColor: '#a5d8ff' })
    write(peer, 'right', { type: 'rectangle', index: 'a1', xy: [500, 300], wh: [120, 80], backgroundColor: '#a5d8ff' })
    write(peer, 'arrow', { type: 'arrow', index: 'a2', from: [225, 140], to: [495, 340], ...arrow })
  })
}

const ELBOW = {
  elbow: { fixedSegments: null, startIsSpecial: null, endIsSpecial: null },
  startBinding: { elementId: 'left', focus: 0, gap: 5, fixedPoint: [1.04, 0.501] },
  endBinding: { elementId: 'right', focus: 0, gap: 5, fixedPoint: [-0.04, 0.501] },
}

const FIXED = {
  ...ELBOW,
  elbow: { ...ELBOW.elbow, fixedSegments: [{ start: [300, 140], end: [300, 340], index: 2 }] },
}

/** The places that the arrow goes through. */
async function way(person: BoardActor): Promise<Point[]> {
  const arrow = (await person.elements()).find(({ id }) => id === 'arrow')
  return arrow?.points?.map(([x, y]) => [Math.round(arrow.x + x), Math.round(arrow.y + y)] as const) ?? []
}

/** Whether each part of the way is level or upright. */
const isSquare = (points: readonly Point[]) =>
  points.every(([x, y], i) => i === 0 || x === points[i - 1]?.[0] || y === points[i - 1]?.[1])

async function moveBox(person: BoardActor, box: Point, by: Point): Promise<void> {
  await person.take('selection')
  const [x, y] = await person.windowPoint({ x: box[0] + 60, y: box[1] + 40 })
  await person.drag([x, y], [x + by[0], y + by[1]])
}

test('an elbow arrow whose way nobody has found is led by the editor, and nothing is written for that', async () => {
  const board = await stage.hostBoard()
  const peer = await board.join('Peer')
  writeTiedBoxes(peer, ELBOW)
  const ada = await stage.enter()
  await ada.open(board.url)
  await vi.waitFor(async () => expect((await way(ada)).length).toBeGreaterThan(2), SOON)
  const points = await way(ada)
  expect(isSquare(points), JSON.stringify(points)).toBe(true)
  expect(points[0]).toEqual([225, 140])
  expect(points.at(-1)).toEqual([495, 340])
  await ada.draw('rectangle', [900, 500], [1_000, 600])
  await vi.waitFor(() => expect(peer.elements().size).toBe(4), SOON)
  expect(peer.stored('arrow').has('route')).toBe(false)
  // Her undo takes back the box that she has drawn, and not the way of the arrow.
  await ada.page.keyboard.press('Control+z')
  await vi.waitFor(async () => expect(await ada.count()).toBe(3), SOON)
  expect(await way(ada)).toEqual(points)
  peer.leave()
})

test.each([
  ['an elbow arrow', ELBOW],
  ['an elbow arrow of which a part is fixed', FIXED],
  [
    'a bent arrow',
    {
      via: [[300, 300]],
      startBinding: { elementId: 'left', focus: 0, gap: 5 },
      endBinding: { elementId: 'right', focus: 0, gap: 5 },
    },
  ],
])('%s between two shapes that two people move, one of them offline, follows both', async (_, arrow) => {
  const board = await stage.hostBoard()
  const peer = await board.join('Peer')
  writeTiedBoxes(peer, arrow)
  const [ada, bob] = [await stage.enter(), await stage.enter()]
  for (const person of [ada, bob]) {
    await person.open(board.url)
    await vi.waitFor(async () => expect(await person.count()).toBe(3), SOON)
  }
  await bob.page.context().setOffline(true)
  await moveBox(ada, [100, 100], [-60, 150])
  await moveBox(bob, [500, 300], [100, -180])
  await bob.page.context().setOffline(false)
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => {
      const [left, right] = await person.elements()
      expect([left, right].map((box) => [Math.round(box?.x ?? 0), Math.round(box?.y ?? 0)])).toEqual([
        [40, 250],
        [600, 120],
      ])
      const points = await way(person)
      const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = [points[0], points.at(-1)]
      expect(Math.hypot(x1 - 100, y1 - 290)).toBeLessThan(90)
      expect(Math.hypot(x2 - 660, y2 - 160)).toBeLessThan(90)
      if ('elbow' in arrow) expect(isSquare(points), JSON.stringify(points)).toBe(true)
      else expect(points).toContainEqual([300, 300])
      if (arrow === FIXED) expect(points.filter(([x]) => x === 300)).toHaveLength(2)
    }, SOON)
  }
  expect(await way(ada)).toEqual(await way(bob))
  peer.leave()
})
