import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

test('one click makes a board; with its link two people draw together and see each other', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect((await bob.elements()).map(({ type }) => type)).toEqual(['rectangle']), SOON)
  await bob.draw('ellipse', [700, 300], [820, 400])
  await vi.waitFor(
    async () => expect((await ada.elements()).map(({ type }) => type).sort()).toEqual(['ellipse', 'rectangle']),
    SOON,
  )
  for (const person of [ada, bob]) await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
  expect(await bob.elements()).toMatchObject((await ada.elements()).map(({ id, x, y }) => ({ id, x, y })))
})

test('offline: draw, reload, draw, come back; both have everything', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await ada.page.evaluate(() => navigator.serviceWorker.ready.then(() => true))

  await ada.page.context().setOffline(true)
  await ada.draw('ellipse', [600, 300], [700, 380])
  await bob.draw('rectangle', [400, 500], [500, 580])
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/Offline · \d+ changes? kept on this device/), SOON)
  await ada.page.reload()
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(2), SOON)
  expect(await ada.status()).toMatch(/Offline · \d+ changes? kept on this device/)
  await ada.draw('rectangle', [800, 300], [900, 380])
  expect(await bob.elements()).toHaveLength(2)

  await ada.page.context().setOffline(false)
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => expect(await person.elements()).toHaveLength(4), SOON)
    await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
  }
})

test('the server is killed while two draw: they go on, and converge after the restart without a reload', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await stage.killServer()
  await ada.draw('ellipse', [600, 300], [700, 380])
  await bob.draw('ellipse', [600, 500], [700, 580])
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/kept on this device|Connecting/), SOON)
  await stage.restartServer()
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => expect(await person.elements()).toHaveLength(3), { timeout: 40_000, interval: 200 })
    await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), { timeout: 40_000, interval: 200 })
  }
})

test('a move and a recolour at the same time both stay', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  const [before] = await ada.elements()
  await ada.page.context().setOffline(true)
  await ada.drag([400, 340], [500, 440])
  await bob.take('selection')
  await bob.page.mouse.click(400, 340)
  await bob.page.keyboard.press('s')
  await bob.page.locator('.color-picker-content').waitFor()
  await bob.page.keyboard.press('e')
  await bob.page.keyboard.press('Escape')
  await vi.waitFor(async () => expect((await bob.elements())[0]?.strokeColor).not.toBe(before?.strokeColor), SOON)
  const [recoloured] = await bob.elements()
  const [moved] = await ada.elements()
  expect(moved?.x).not.toBe(before?.x)
  await ada.page.context().setOffline(false)
  const both = { x: moved?.x, y: moved?.y, strokeColor: recoloured?.strokeColor }
  for (const person of [ada, bob])
    await vi.waitFor(async () => expect(await person.elements()).toMatchObject([both]), SOON)
})

test('undo takes back only what I did', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await bob.draw('ellipse', [600, 300], [700, 380])
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(2), SOON)
  await ada.page.keyboard.press('Control+z')
  await vi.waitFor(async () => {
    for (const person of [ada, bob]) expect((await person.elements()).map(({ type }) => type)).toEqual(['ellipse'])
  }, SOON)
  await ada.page.keyboard.press('Control+Shift+z')
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(2), SOON)
})

test('undo takes back a nudge by the arrow keys, and not what another has done to the same shape since', async () => {
  const ada = await stage.enter()
  const bob = await stage.enter()
  await bob.open(await ada.newBoard())
  await bob.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
  const [before] = await bob.elements()
  await ada.take('selection')
  await ada.page.mouse.click(400, 340)
  for (let i = 0; i < 4; i++) await ada.page.keyboard.press('Shift+ArrowRight')
  const at = (x: number, y: number) => ({ x: (before?.x ?? 0) + x, y: (before?.y ?? 0) + y })
  const see = (...shapes: object[]) =>
    vi.waitFor(async () => {
      for (const person of [ada, bob]) expect(await person.elements()).toMatchObject(shapes)
    }, SOON)
  await see(at(20, 0))
  await bob.drag([420, 340], [420, 440])
  await see(at(20, 100))

  await ada.draw('ellipse', [700, 300], [800, 380])
  await see(at(20, 100), { type: 'ellipse' })
  await ada.page.keyboard.press('Control+z')
  await see(at(20, 100))
  await ada.page.keyboard.press('Control+z')
  await see(at(0, 100))
  await ada.page.keyboard.press('Control+Shift+z')
  await see(at(20, 100))
})
