import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

/** Somebody on a new board with one shape, which is selected. */
async function withOneShape(options = {}): Promise<BoardActor> {
  const ada = await stage.enter(options)
  await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await ada.page.mouse.click(400, 350)
  return ada
}

/** The words of a part of the page that one can see, line by line. */
const linesOf = async ({ page }: BoardActor, selector: string) => {
  await page.locator(selector).waitFor()
  return (await page.locator(selector).innerText()).split(/\n+/)
}

test('there is no library: not in the menu of a shape, and not beside the search', async () => {
  const ada = await withOneShape()
  await ada.page.mouse.click(400, 350, { button: 'right' })
  const items = await linesOf(ada, '.context-menu')
  expect(items).toContain('Duplicate')
  expect(items).not.toContain('Add to library')
  const [, ...below] = await ada.page
    .locator('.context-menu > :visible')
    .evaluateAll((shown) => shown.map((item) => item.tagName))
  expect(below.join(' ')).not.toContain('HR HR')

  await ada.page.keyboard.press('Escape')
  await ada.page.locator('.excalidraw').first().focus()
  await ada.page.keyboard.press('Control+f')
  await ada.page.getByPlaceholder(/^Find text on canvas/).waitFor()
  expect(await ada.page.getByRole('tab').filter({ visible: true }).count()).toBe(0)
})
