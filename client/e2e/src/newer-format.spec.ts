import { META_ROOT } from '@sketchroom/shared/scene/document'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

test('a board that a newer version draws on can be looked at, says so at once, and is loaded anew by a press', async () => {
  const board = await stage.hostBoard()
  const ada = await stage.enter()
  await ada.open(board.url)
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  const newer = await board.join('newer')
  newer.doc.getMap(META_ROOT).set('schema', 2)
  await ada.page.getByText('This page is out of date.').waitFor()
  expect(await ada.status()).toBe('Reload to go on drawing')
  await vi.waitFor(async () => expect(await ada.page.getByTestId('toolbar-rectangle').count()).toBe(0), SOON)
  await ada.tryToDraw('ellipse', [700, 300], [820, 400])
  expect(await ada.elements()).toHaveLength(1)
  expect(newer.elements().size).toBe(1)

  await ada.page.evaluate(() => Object.assign(window, { isOld: true }))
  await ada.page.getByRole('button', { name: 'Reload', exact: true }).click()
  await vi.waitFor(async () => expect(await ada.page.evaluate(() => 'isOld' in window)).toBe(false), SOON)
  // The server has no newer app for us here, and what is read is still shown.
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
  await ada.page.getByText('This page is out of date.').waitFor()
  newer.leave()
})
