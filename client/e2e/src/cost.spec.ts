import type { Ink } from '@sketchroom/shared/scene/ink'
import { elementsOf } from '@sketchroom/shared/scene/document'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { Peer } from './peer.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

/** How many points of a stroke a peer has. */
function inkPoints(peer: Peer): number {
  const [stroke] = peer.elements().values()
  const ink = stroke?.keys.ink as Ink | undefined
  return (ink?.steps.length ?? 0) / 2
}

/** What 500 points may cost, in bytes, and each of the updates that bring them: about ten in a second. */
const BUDGET = { points: 3 * 1024, update: 24, updatesPerSecond: 12 }

test('a stroke of 500 points, drawn live, costs less than 8 KB of updates if it is drawn in 17 seconds', async () => {
  const board = await stage.hostBoard()
  const [ada, peer] = [await stage.enter(), await board.join('listener')]
  await ada.open(board.url)
  await ada.take('freedraw')
  peer.listen()

  const { mouse } = ada.page
  const turn = (step: number) => {
    const [angle, radius] = [step / 12, 40 + step / 3]
    return [640 + Math.cos(angle) * radius, 420 + Math.sin(angle) * radius] as const
  }
  await mouse.move(...turn(0))
  const began = performance.now()
  await mouse.down()
  let drawn = 0
  // The editor takes one point a frame, however often the mouse is moved.
  for (let step = 1; drawn < 500; step++) {
    await mouse.move(...turn(step))
    if (step % 25 === 0) drawn = (await ada.elements())[0]?.points?.length ?? 0
  }
  await vi.waitFor(() => expect(peer.heardUpdates).toBeGreaterThan(3), SOON)
  await mouse.up()

  await vi.waitFor(() => expect(inkPoints(peer)).toBeGreaterThanOrEqual(500), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  expect(inkPoints(peer)).toBe((await ada.elements())[0]?.points?.length)
  // Who draws for longer sends more updates, so a slow machine may spend more than 8 KB.
  const seconds = (performance.now() - began) / 1000
  expect(peer.heardUpdates).toBeLessThan(BUDGET.updatesPerSecond * (seconds + 1))
  expect(peer.heardBytes).toBeLessThan(BUDGET.points + BUDGET.update * peer.heardUpdates)
  peer.leave()
})

test('a drag in 300 steps leaves next to nothing behind in the document', async () => {
  const board = await stage.hostBoard()
  const [ada, peer] = [await stage.enter(), await board.join('listener')]
  await ada.open(board.url)
  await ada.draw('rectangle', [300, 300], [400, 380])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await vi.waitFor(() => expect(peer.elements().size).toBe(1), SOON)
  const [before] = await ada.elements()
  const bytesBefore = peer.documentBytes()
  peer.listen()

  await ada.take('selection')
  const { mouse } = ada.page
  await mouse.move(300, 340)
  await mouse.down()
  await mouse.move(900, 640, { steps: 300 })
  await mouse.up()

  const end = [(before?.x ?? 0) + 600, (before?.y ?? 0) + 300]
  await vi.waitFor(() => expect([...peer.elements().values()][0]?.keys).toMatchObject({ xy: end }), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  expect(peer.heardBytes).toBeLessThan(4 * 1024)
  expect(peer.documentBytes() - bytesBefore).toBeLessThan(2 * 1024)
  peer.leave()
})

test('a text of 100,000 letters without a fit is measured when its words change, and not when it is moved or recoloured', async () => {
  const board = await stage.hostBoard()
  const [ada, peer] = [await stage.enter(), await board.join('writer')]
  // To measure, one asks whether the letters' font is there.
  await ada.page.addInitScript(() => {
    const asked: number[] = []
    Object.assign(window, { asked })
    const check = FontFaceSet.prototype.check
    FontFaceSet.prototype.check = function (this: FontFaceSet, font, letters = '') {
      asked.push(letters.length)
      return check.call(this, font, letters)
    }
  })
  const asked = () => ada.page.evaluate(() => (window as unknown as { asked: number[] }).asked)
  const words = new Y.Text(`${'All of it is there, in one line or another. '.repeat(5)}\n`.repeat(450))
  const text = new Y.Map<unknown>(Object.entries({ type: 'text', xy: [100, 100], words, index: 'a0' }))
  elementsOf(peer.doc).set('long', text)
  await ada.open(board.url)
  const isShown = (changed: object) =>
    vi.waitFor(async () => expect((await ada.elements())[0]).toMatchObject(changed), SOON)
  await isShown({ x: 100 })
  // The fonts have come.
  await vi.waitFor(async () => {
    const before = (await asked()).length
    text.set('xy', [((text.get('xy') as number[])[0] ?? 0) + 1, 100])
    await isShown({ x: (text.get('xy') as number[])[0] })
    expect((await asked()).length).toBe(before)
  }, SOON)

  const before = (await asked()).length
  for (let i = 0; i < 8; i++) {
    text.set('strokeColor', `#0000${i}0`)
    await isShown({ strokeColor: `#0000${i}0` })
    text.set('xy', [300 + i, 100])
    await isShown({ x: 300 + i })
  }
  expect((await asked()).length).toBe(before)
  const width = (await ada.elements())[0]?.width ?? 0
  words.insert(0, `${'A line that is longer than the others. '.repeat(10)}\n`)
  await vi.waitFor(async () => expect((await ada.elements())[0]?.width).toBeGreaterThan(width * 1.2), SOON)
  expect((await asked()).length).toBe(before + 1)
  expect(Math.max(...(await asked()))).toBeLessThan(100)
  peer.leave()
})
