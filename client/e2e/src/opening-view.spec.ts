import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { elementsOf } from '@sketchroom/shared/scene/document'
import type { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

type Place = readonly [x: number, y: number]
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

const cluster = (x: number, y: number): Place[] =>
  Array.from({ length: 12 }, (_, i) => [x + (i % 4) * 120, y + Math.floor(i / 4) * 120] as const)
const ring = (radius: number): Place[] =>
  Array.from({ length: 40 }, (_, i) => [radius * Math.cos((i / 20) * Math.PI), radius * Math.sin((i / 20) * Math.PI)])

/** Somebody who opens a board on which there are boxes at these places. */
async function openWith(places: readonly Place[], options?: BrowserContextOptions): Promise<BoardActor> {
  const board = await stage.hostBoard()
  const peer = await board.join('Peer')
  peer.doc.transact(() => {
    for (const [i, xy] of places.entries()) {
      const box = { type: 'rectangle', xy: [...xy], wh: [80, 80] }
      elementsOf(peer.doc).set(`box-${i}`, new Y.Map<unknown>(Object.entries(box)))
    }
  })
  const ada = await stage.enter(options)
  await ada.open(board.url)
  await vi.waitFor(async () => expect(await ada.count()).toBe(places.length), SOON)
  peer.leave()
  return ada
}

test('a frame that is larger than the screen opens on what is in it', async () => {
  const board = await stage.hostBoard()
  const peer = await board.join('Peer')
  peer.doc.transact(() => {
    const parts = {
      frame: { type: 'frame', xy: [7_000, 7_000], wh: [4_000, 4_000] },
      box: { type: 'rectangle', xy: [10_500, 10_500], wh: [80, 80], frameId: 'frame' },
    }
    for (const [id, keys] of Object.entries(parts))
      elementsOf(peer.doc).set(id, new Y.Map<unknown>(Object.entries(keys)))
  })
  const ada = await stage.enter(PHONE)
  await ada.open(board.url)
  await vi.waitFor(async () => expect(await ada.count()).toBe(2), SOON)
  peer.leave()
  await vi.waitFor(async () => {
    const [x, y] = await ada.windowPoint({ x: 10_540, y: 10_540 })
    expect(Math.hypot(x - 195, y - 422)).toBeLessThan(100)
  }, SOON)
})

/** How many elements have their middle on the screen. */
async function inSight(person: BoardActor): Promise<number> {
  const { x, y, zoom } = await person.viewport()
  const { width, height } = person.page.viewportSize() ?? { width: 0, height: 0 }
  const [right, bottom] = [x + width / zoom, y + height / zoom]
  return (await person.elements()).filter((element) => {
    const middle = [element.x + element.width / 2, element.y + element.height / 2] as const
    return middle[0] > x && middle[0] < right && middle[1] > y && middle[1] < bottom
  }).length
}

test.each<[string, readonly Place[], BrowserContextOptions | undefined, number]>([
  ['two clusters 6,000 px apart', [...cluster(0, 0), ...cluster(6_000, 2_000)], undefined, 12],
  ['a ring', ring(4_000), undefined, 1],
  ['a cluster and one outlier', [...cluster(0, 0), [15_000, 9_000]], undefined, 12],
  ['two clusters, on a phone', [...cluster(0, 0), ...cluster(6_000, 2_000)], PHONE, 6],
])('%s: a board opens where there is something', async (_, places, options, expected) => {
  const ada = await openWith(places, options)
  await vi.waitFor(async () => expect(await inSight(ada)).toBeGreaterThanOrEqual(expected), SOON)
})

test('where everything is, one key tells; also where it is more than the editor can show', async () => {
  const ada = await openWith([...cluster(0, 0), ...cluster(6_000, 2_000)])
  await ada.page.locator('.excalidraw').first().focus()
  await ada.page.keyboard.press('Shift+Digit1')
  await vi.waitFor(async () => expect(await inSight(ada)).toBe(24), SOON)
  await ada.page.keyboard.press('?')
  const help = ada.page.locator('.HelpDialog')
  expect(await help.getByText('Zoom to fit all elements').count()).toBe(1)

  const bob = await openWith([...cluster(0, 0), ...cluster(40_000, 0)])
  await bob.page.locator('.excalidraw').first().focus()
  await bob.page.keyboard.press('Shift+Digit1')
  await vi.waitFor(async () => expect((await bob.viewport()).zoom).toBe(0.1), SOON)
  expect(await inSight(bob)).toBe(12)
})

test('on a phone, where there are no keys, the menu shows everything', async () => {
  const ada = await openWith([...cluster(0, 0), ...cluster(2_000, 1_000)], PHONE)
  await ada.page.locator('[data-testid="main-menu-trigger"], .mobile-misc-tools-container button').first().tap()
  await ada.page.getByText('Show everything').tap()
  await vi.waitFor(async () => expect(await inSight(ada)).toBe(24), SOON)
})
