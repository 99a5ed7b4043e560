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

const typesSeenBy = async (person: BoardActor) => (await person.elements()).map(({ type }) => type)

/** What the canvas shows, in numbers. */
const drawingOf = async (person: BoardActor) =>
  (await person.elements()).map(({ id, x, y, width, height, points }) => ({ id, x, y, width, height, points }))

/** The heading of the page that stands instead of a board. */
async function headingOf(person: BoardActor): Promise<string> {
  await person.page.locator('.message-page h1').waitFor({ timeout: SOON.timeout })
  return person.page.locator('.message-page h1').innerText()
}

test('a viewer looks on and changes nothing; when the owner lets the link draw, they draw without a reload', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await ada.letIn(/can view$/)
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await typesSeenBy(bob)).toEqual(['rectangle']), SOON)
  await vi.waitFor(async () => expect(await bob.status()).toBe('View only'), SOON)
  expect(await bob.page.getByTestId('toolbar-rectangle').count()).toBe(0)

  const [before] = await bob.elements()
  await bob.tryToDraw('ellipse', [700, 300], [820, 400])
  await bob.drag([400, 350], [500, 450])
  for (const key of ['Control+a', 'Delete', 'Control+d', 'Control+x', 'Control+v', 'Control+z']) {
    await bob.page.keyboard.press(key)
  }
  // Had anything of this come through, it would be there before what Ada draws now.
  await ada.draw('rectangle', [700, 500], [820, 600])
  await vi.waitFor(async () => expect(await typesSeenBy(bob)).toEqual(['rectangle', 'rectangle']), SOON)
  expect(await bob.elements()).toMatchObject([{ id: before?.id, x: before?.x, y: before?.y }, {}])
  expect(await ada.elements()).toMatchObject([{ id: before?.id, x: before?.x, y: before?.y }, {}])
  expect(await bob.status()).toBe('View only')

  await ada.letIn(/can edit$/)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  await bob.draw('ellipse', [700, 300], [820, 400])
  await vi.waitFor(async () => expect(await typesSeenBy(ada)).toEqual(['rectangle', 'rectangle', 'ellipse']), SOON)
})

test('who is removed sees the board close at once, and does not come back by a reload', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)

  const name = await bob.name()
  const dialog = await ada.share()
  await dialog.getByRole('button', { name: `Remove ${name}` }).click()
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
  expect(await headingOf(bob)).toBe('You no longer have access')
  expect(await bob.page.locator('.excalidraw').count()).toBe(0)
  await vi.waitFor(async () => expect(await dialog.getByText(name).count()).toBe(0), SOON)

  await bob.page.reload()
  expect(await headingOf(bob)).toBe('No board for you here')
  expect(await bob.page.getByRole('link', { name: 'Go to your boards' }).isVisible()).toBe(true)
})

test('who leaves a board has it in their list no more, and comes back by the link', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  const dialog = await bob.share()
  await dialog.getByRole('button', { name: 'Leave this board' }).click()
  await dialog.getByRole('button', { name: 'Leave', exact: true }).click()
  expect(await headingOf(bob)).toBe('You left this board')
  await bob.page.getByRole('link', { name: 'Go to your boards' }).click()
  await vi.waitFor(async () => expect(await bob.page.locator('.board-card').count()).toBe(0), SOON)
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  // The only owner has no such button: they would have to delete the board.
  expect(await (await ada.share()).getByRole('button', { name: 'Leave this board' }).count()).toBe(0)
})

test('a private board, a board that never was and an address that leads nowhere each say what they are', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.letIn(/^Private$/)
  const stranger = await stage.enter()
  await stranger.page.goto(url)
  expect(await headingOf(stranger)).toBe('No board for you here')
  await stranger.page.goto(`${stage.origin}/r/${'x'.repeat(20)}`)
  expect(await headingOf(stranger)).toBe('No board for you here')
  await stranger.page.goto(`${stage.origin}/nowhere`)
  expect(await headingOf(stranger)).toBe('There is nothing here')
})

test('a deleted board closes for everybody, and its owner brings it back with all that was drawn', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  const bob = await stage.enter()
  await bob.open(url)
  const owners = await ada.page.context().newPage()
  await owners.goto(stage.origin)
  await owners.getByRole('button', { name: /^Actions for/ }).click()
  await owners.getByRole('menuitem', { name: 'Delete' }).click()
  for (const person of [ada, bob]) expect(await headingOf(person)).toBe('This board was deleted')
  expect(await bob.page.getByRole('button', { name: 'Restore the board' }).count()).toBe(0)

  await bob.page.reload()
  // The live connection tells more than REST does, and may be first.
  expect(await headingOf(bob)).toMatch(/^(No board for you here|This board was deleted)$/)
  await ada.page.getByRole('button', { name: 'Restore the board' }).click()
  await ada.ready()
  await bob.page.reload()
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => expect(await typesSeenBy(person)).toEqual(['rectangle']), SOON)
  }
})

test('an owner finds a deleted board at the foot of the home page after a reload, and restores it', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await ada.page.goto(stage.origin)
  const deleted = ada.page.locator('summary', { hasText: 'Recently deleted' })
  await ada.page.getByRole('button', { name: /^Actions for/ }).click()
  expect(await deleted.count()).toBe(0)
  await ada.page.getByRole('menuitem', { name: 'Delete' }).click()
  await deleted.waitFor()
  await ada.page.reload()

  await deleted.focus()
  await ada.page.keyboard.press('Enter')
  const restore = ada.page.getByRole('button', { name: 'Restore Untitled board' })
  await ada.page.route('**/restore', (route) => route.abort(), { times: 1 })
  await restore.click()
  await ada.page.getByText(/is still deleted/).waitFor()
  await restore.press('Enter')
  await ada.page.getByRole('list', { name: 'Your boards' }).getByText('Untitled board').waitFor()
  await vi.waitFor(async () => expect(await deleted.count()).toBe(0), SOON)
  expect(await ada.page.evaluate(() => document.activeElement?.id)).toBe('content')
  await ada.open(url)
  await vi.waitFor(async () => expect(await typesSeenBy(ada)).toEqual(['rectangle']), SOON)
})

test('a stroke that is cut short because its author may only look now is shown as it was written', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.draw('rectangle', [300, 500], [400, 600])
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  await bob.take('freedraw')
  const { mouse } = bob.page
  await mouse.move(500, 300)
  await mouse.down()
  await mouse.move(600, 350, { steps: 10 })
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(2), SOON)

  await ada.letIn(/can view$/)
  await vi.waitFor(async () => expect(await bob.status()).toBe('View only'), SOON)
  await mouse.move(800, 450, { steps: 10 })
  await mouse.up()
  // What Ada draws now comes after anything that Bob's pointer could still do.
  await ada.draw('rectangle', [700, 500], [820, 600])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(3), SOON)
  await vi.waitFor(async () => expect(await drawingOf(bob)).toEqual(await drawingOf(ada)), SOON)
  expect(await bob.status()).toBe('View only')

  await ada.letIn(/can edit$/)
  await bob.draw('ellipse', [700, 200], [820, 280])
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(4), SOON)
})

test('who comes while the owner looks at the people appears among them', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const dialog = await ada.share()
  await dialog.getByText('Nobody else has opened this board yet.').waitFor()
  const bob = await stage.enter()
  await bob.open(url)
  await dialog.getByRole('combobox', { name: `Role of ${await bob.name()}` }).waitFor({ timeout: SOON.timeout })
})

test('while the link lets everybody edit, nobody can be made a viewer, and the dialog says why', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  const name = await bob.name()
  const why = /Everybody with the link can edit.*Change the link first/
  const dialog = await ada.share()
  const viewer = dialog.getByRole('combobox', { name: `Role of ${name}` }).locator('option[value=viewer]')
  await viewer.waitFor({ state: 'attached' })
  expect(await viewer.isDisabled()).toBe(true)
  expect(await dialog.getByText(why).isVisible()).toBe(true)

  await dialog.getByRole('radio', { name: /can view$/ }).check()
  await vi.waitFor(async () => expect(await viewer.isDisabled()).toBe(false), SOON)
  expect(await dialog.getByText(why).count()).toBe(0)
})

test('what the server said of a board before it was renamed does not bring the old name back', async () => {
  const ada = await stage.enter()
  const { page } = ada
  await ada.newBoard()
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  const [asked, mayAnswer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await page.route(/\/api\/v1\/rooms\/[\w-]+$/, async (route) => {
    if (route.request().method() !== 'GET') return route.continue()
    const response = await route.fetch()
    asked.resolve()
    await mayAnswer.promise
    // Nobody may be waiting for it any more.
    await route.fulfill({ response }).catch(() => undefined)
  })
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
  await asked.promise
  await page.getByRole('button', { name: 'Untitled board, rename' }).click()
  await page.getByRole('textbox', { name: 'Board name' }).fill('Roadmap')
  await page.keyboard.press('Enter')
  await vi.waitFor(async () => expect(await page.title()).toContain('Roadmap'), SOON)
  const titles = await page.evaluateHandle(() => {
    const seen: string[] = []
    const title = document.querySelector('title') as HTMLTitleElement
    new MutationObserver(() => seen.push(document.title)).observe(title, { childList: true })
    return seen
  })
  mayAnswer.resolve()
  await page.unrouteAll({ behavior: 'wait' })
  // What it is asked now is answered after that.
  const answer = page.waitForResponse((response) => /\/rooms\/[\w-]+$/.test(response.url()))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
  expect((await answer).ok()).toBe(true)
  expect(await titles.jsonValue()).toEqual([])
})
