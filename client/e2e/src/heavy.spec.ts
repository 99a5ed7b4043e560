import { elementsOf } from '@sketchroom/shared/scene/document'
import { inkChunk, inkFromPoints } from '@sketchroom/shared/scene/ink'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { type HostBoard, Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

type Keys = Readonly<Record<string, unknown>>
const wave = (count: number) => Array.from({ length: count }, (_, i) => [300 + i / 16, 300 + (i % 100)] as const)
const stroke = inkFromPoints(
  Array.from({ length: 100_000 }, (_, i) => [160 * Math.cos(i / 5), 160 * Math.sin(i / 5)] as const),
  [],
)
const HUGE = { type: 'rectangle', xy: [-5e6, -5e6], wh: [1e7, 1e7], backgroundColor: '#ffc9c9', fillStyle: 'hachure' }

/** All of it is in the format; before, a browser stood for seconds at some of these, and for good at others. */
const HEAVY: Readonly<Record<string, Keys>> = {
  hatched: HUGE,
  dotted: { type: 'ellipse', xy: [300, 300], wh: [600, 1e6], strokeStyle: 'dotted', strokeWidth: 0.1 },
  arrow: { type: 'arrow', from: [300, 300], to: [900, 300], via: wave(9_998), endArrowhead: 'arrow' },
  shape: { type: 'line', from: [300, 300], to: [300, 300], via: wave(9_998), backgroundColor: '#a5d8ff' },
  ink: { type: 'freedraw', xy: [600, 400], ink: Y.Array.from([inkChunk(stroke, 0)]) },
  words: { type: 'text', xy: [300, 500], words: 'x'.repeat(100_000), wrapWidth: 200 },
  long: { type: 'arrow', from: [0, 200], to: [14_000, 200] },
  label: { type: 'text', xy: [700, 190], words: 'far', containerId: 'long' },
}

/** A board that a client without an editor has drawn. */
async function boardWith(elements: Readonly<Record<string, Keys>>) {
  const board = await stage.hostBoard()
  const peer = await board.join('Peer')
  peer.doc.transact(() => {
    for (const [id, keys] of Object.entries(elements)) elementsOf(peer.doc).set(id, new Y.Map(Object.entries(keys)))
  })
  return { board, peer }
}

/** Opens a board; answers for how long the page did nothing else at a stretch until it could be drawn on, in milliseconds. */
async function open(ada: BoardActor, board: HostBoard, count: number): Promise<() => Promise<number>> {
  await ada.open(board.url)
  await vi.waitFor(async () => expect(await ada.count()).toBe(count), SOON)
  await ada.take('selection')
  return () =>
    ada.page.evaluate(() => Math.max(0, ...(window as unknown as { standstills: number[] }).standstills.splice(0)))
}

test('a board that is full of what is legal and heavy opens, is drawn on, and all of it is moved and none of it lost', async () => {
  const [light, heavy] = [await boardWith({ box: { type: 'rectangle' } }), await boardWith(HEAVY)]
  const ada = await stage.enter()
  await ada.page.addInitScript(() => {
    const standstills: number[] = []
    Object.assign(window, { standstills })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) standstills.push(duration)
    }).observe({ type: 'longtask', buffered: true })
  })
  const lightMs = await (await open(ada, light.board, 1))()
  const longest = await open(ada, heavy.board, Object.keys(HEAVY).length)
  const stored = (id: string) => heavy.peer.stored(id)
  const before = JSON.stringify([stored('ink').get('ink'), stored('words').get('words')])

  await ada.page.keyboard.press('Control+a')
  await ada.page.keyboard.press('ArrowRight')
  await vi.waitFor(() => expect(stored('ink').get('xy')).not.toEqual(HEAVY['ink']?.['xy']), SOON)
  const moved = (stored('ink').get('xy') as number[])[0]! - 600
  await vi.waitFor(() => expect((stored('shape').get('from') as number[])[0]).toBe(300 + moved), SOON)
  await ada.draw('rectangle', [500, 600], [560, 640])
  await vi.waitFor(() => expect(heavy.peer.elements().size).toBe(Object.keys(HEAVY).length + 1), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  expect(await longest()).toBeLessThan(1_000 + 10 * lightMs)
  expect(JSON.stringify([stored('ink').get('ink'), stored('words').get('words')])).toBe(before)
  for (const id of ['arrow', 'shape']) {
    expect(stored(id).get('via')).toEqual(wave(9_998).map(([x, y]) => [x + moved, y]))
  }
  expect(stored('hatched').toJSON()).toMatchObject({ ...HUGE, xy: [-5e6 + moved, -5e6] })
  expect(stored('dotted').toJSON()).toMatchObject({ strokeStyle: 'dotted', strokeWidth: 0.1 })
  expect(stored('label').get('containerId')).toBe('long')
  for (const { peer } of [light, heavy]) peer.leave()
})
