import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

async function twoOnABoard(): Promise<{ ada: BoardActor; bob: BoardActor }> {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  return { ada, bob }
}

/** The button in the bar that stands for somebody else. */
const faceOf = (name: string, seenBy: BoardActor) => seenBy.page.getByRole('button', { name: `Follow ${name}` })

test('two people see each other in the bar and as cursors with names, and who leaves is gone soon', async () => {
  const { ada, bob } = await twoOnABoard()
  const [adasName, bobsName] = [await ada.name(), await bob.name()]
  await faceOf(adasName, bob).waitFor({ timeout: SOON.timeout })
  await faceOf(bobsName, ada).waitFor({ timeout: SOON.timeout })

  const bar = await ada.page.locator('.excalidraw').first().boundingBox()
  for (const [x, y] of [
    [500, 400],
    [640, 480],
  ] as const) {
    await ada.page.mouse.move(x, y)
    const seen = [{ name: adasName, x, y: y - (bar?.y ?? 0) }]
    await vi.waitFor(async () => expect(await bob.cursors()).toEqual(seen), SOON)
  }

  await bob.page.close()
  await faceOf(bobsName, ada).waitFor({ state: 'detached', timeout: SOON.timeout })
  await vi.waitFor(async () => expect(await ada.cursors()).toEqual([]), SOON)
})

test('a press on a face follows what that person sees; Escape stops it', async () => {
  const { ada, bob } = await twoOnABoard()
  const name = await ada.name()
  await faceOf(name, bob).click()
  const notice = bob.page.getByRole('status').getByText(`Following ${name}`)
  await notice.waitFor({ timeout: SOON.timeout })

  await ada.page.mouse.move(600, 400)
  await ada.page.mouse.wheel(700, 500)
  await vi.waitFor(async () => expect((await ada.viewport()).x).toBeGreaterThan(500), SOON)
  const seen = await ada.viewport()
  await vi.waitFor(async () => expect(await bob.viewport()).toEqual(seen), SOON)

  await bob.page.keyboard.press('Escape')
  await notice.waitFor({ state: 'detached', timeout: SOON.timeout })
  await ada.page.mouse.wheel(300, 300)
  await vi.waitFor(async () => expect((await ada.viewport()).x).toBeGreaterThan(seen.x), SOON)
  // The cursor comes the same way as the view, and in the same message.
  const { x } = await ada.viewport()
  await ada.page.mouse.move(610, 410)
  await vi.waitFor(async () => {
    const [cursor] = await bob.cursors()
    expect(Math.round(cursor?.x ?? 0)).toBe(610 + x)
  }, SOON)
  expect(await bob.viewport()).toEqual(seen)
})

test('a shape in one person’s hand moves before the others’ eyes, more often than it is written', async () => {
  const board = await stage.hostBoard()
  const [ada, bob, peer] = [await stage.enter(), await stage.enter(), await board.join('listener')]
  await ada.page.clock.install()
  for (const person of [ada, bob]) await person.open(board.url)
  await ada.draw('rectangle', [400, 300], [500, 380])
  for (const person of [ada, bob]) await vi.waitFor(async () => expect(await person.elements()).toHaveLength(1), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  const [before] = await bob.elements()
  const { mouse, clock } = ada.page
  await ada.take('selection')
  await mouse.move(400, 340)
  peer.listen()
  // Ada's time is in our hand: her second does not end, however long the steps take here.
  await clock.pauseAt(await ada.page.evaluate(() => Date.now() + 100))
  await mouse.down()
  const places = 3
  const placeAt = (step: number) => ({ x: (before?.x ?? 0) + step * 15, y: (before?.y ?? 0) + step * 10 })
  for (let step = 1; step <= places; step++) {
    await mouse.move(400 + step * 15, 340 + step * 10)
    // In slices, because the editor draws between them: all in all less than the second after which it is written.
    let slices = 10
    await vi.waitFor(async () => {
      if (slices-- > 0) await clock.runFor(30)
      expect(await bob.elements()).toMatchObject([placeAt(step)])
    }, SOON)
  }
  // The button is still down: what Bob sees is the motion, not the document.
  expect(peer.heardUpdates).toBe(0)
  await clock.runFor(1_000)
  await vi.waitFor(
    () => expect([...peer.elements().values()][0]?.keys.xy).toEqual(Object.values(placeAt(places))),
    SOON,
  )
  await clock.resume()
  await mouse.up()
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  expect(await bob.elements()).toMatchObject([placeAt(places)])
  expect(peer.heardUpdates).toBeLessThanOrEqual(2)
  peer.leave()
})
