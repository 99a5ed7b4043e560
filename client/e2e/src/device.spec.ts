import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'
import { forgetBoards } from './stored-rooms.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

const BRIEFLY = { timeout: 2_000 }

/** How far the page can be scrolled sideways, in pixels: nobody wants to. */
const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** What has the focus, by its accessible name, and whether one sees that it has. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
    return {
      name: (element.getAttribute('aria-label') ?? element.textContent).trim(),
      isSeen: (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none',
    }
  })

/** Presses Tab until the focus is on what has this name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab')
    const now = await focused(page)
    if (now.name !== name) continue
    expect(now).toEqual({ name, isSeen: true })
    return
  }
  throw new Error(`${name} cannot be reached by Tab`)
}

test('on a phone: a new board by a tap, a line by a finger, the share sheet within the screen', async () => {
  const ada = await stage.enter(PHONE)
  const { page } = ada
  await page.goto(stage.origin)
  expect(await sideways(page)).toBe(0)
  await page.getByRole('button', { name: 'New board' }).first().tap()
  await page.waitForURL(/\/r\/[\w-]+$/)
  await ada.ready()
  await page.getByTestId('toolbar-freedraw').waitFor({ state: 'attached', timeout: SOON.timeout })
  expect(await sideways(page)).toBe(0)

  const bob = await stage.enter()
  await bob.open(page.url())
  await page.locator('label:has([data-testid=toolbar-freedraw])').tap()
  await touchDrag(page, [100, 350], [280, 520])
  await vi.waitFor(async () => expect((await bob.elements()).map(({ type }) => type)).toEqual(['freedraw']), SOON)

  const dialog = page.getByRole('dialog', { name: /^Share/ })
  await vi.waitFor(async () => {
    // Chromium swallows a tap that comes at once after a swift stroke; a person taps again.
    if (!(await dialog.isVisible())) await page.getByRole('button', { name: 'Share', exact: true }).tap(BRIEFLY)
    await dialog.waitFor(BRIEFLY)
  }, SOON)
  expect(await sideways(page)).toBe(0)
  // It slides in.
  await vi.waitFor(async () => {
    const sheet = await dialog.boundingBox()
    expect(sheet).toMatchObject({ x: 0, width: 390 })
    expect((sheet?.y ?? 0) + (sheet?.height ?? 0)).toBeLessThanOrEqual(844)
  }, SOON)
  await dialog.getByRole('radio', { name: /can view$/ }).tap()
  await vi.waitFor(async () => expect(await bob.status()).toBe('View only'), SOON)
  await dialog.getByRole('button', { name: 'Close' }).tap()
  await dialog.waitFor({ state: 'detached' })
  expect(await ada.status()).toBe('Saved')
})

test.each(['light', 'dark'] as const)(
  'on a phone, %s: the board’s bar has the account and who else is here, for fingers',
  async (colorScheme) => {
    const ada = await stage.enter({ ...PHONE, colorScheme })
    await ada.newBoard()
    const bob = await stage.enter()
    await bob.open(ada.page.url())
    const { page } = ada
    const account = page.getByRole('button', { name: /^Account: .*\. Others on this board: 1$/ })
    await account.waitFor({ timeout: SOON.timeout })
    expect(await sideways(page)).toBe(0)
    await account.tap()
    const menu = page.getByRole('menu', { name: /^Account: / })
    const items = menu.getByRole('menuitem')
    await vi.waitFor(async () => expect(await items.count()).toBe(5), SOON)
    for (const name of [
      `Follow ${await bob.name()}`,
      'Create an account',
      'Sign in',
      'Change your name…',
      'Sign out…',
    ]) {
      expect(await menu.getByRole('menuitem', { name }).isVisible()).toBe(true)
    }
    for (const target of [account, ...(await items.all())]) {
      const box = await target.boundingBox()
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44)
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390)
    }
    await menu.getByRole('menuitem', { name: 'Sign out…' }).tap()
    expect(await page.getByRole('dialog').isVisible()).toBe(true)
  },
)

async function touchDrag(page: Page, from: [number, number], to: [number, number]): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', point?: [number, number]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: point ? [{ x: point[0], y: point[1] }] : [] })
  await touch('touchStart', from)
  for (let step = 1; step <= 10; step++) {
    const part = step / 10
    await touch('touchMove', [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part])
  }
  await touch('touchEnd')
}

test('by keyboard alone: a new board, the share dialog, and back to where one was', async () => {
  const ada = await stage.enter()
  const { page } = ada
  await page.goto(stage.origin)
  await page.getByRole('button', { name: 'New board' }).first().waitFor()
  await tabTo(page, 'New board')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/r\/[\w-]+$/)
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  // From the top again, as after a look at the address.
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await tabTo(page, 'Share')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: /^Share/ })
  await dialog.waitFor()
  expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await focused(page)).toEqual({ name: 'Share', isSeen: true })
})

test('two tabs of one browser show each other’s edits, offline too', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const other = new BoardActor(await ada.page.context().newPage(), stage.origin)
  await other.open(url)
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await other.elements()).toHaveLength(1), SOON)
  for (const tab of [ada, other]) await vi.waitFor(async () => expect(await tab.status()).toBe('Saved'), SOON)

  await ada.page.context().setOffline(true)
  await other.draw('ellipse', [600, 300], [700, 380])
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(2), SOON)
  for (const tab of [ada, other]) {
    await vi.waitFor(async () => expect(await tab.status()).toMatch(/Offline · \d+ changes? kept/), SOON)
  }
  await ada.page.context().setOffline(false)
  for (const tab of [ada, other]) await vi.waitFor(async () => expect(await tab.status()).toBe('Saved'), SOON)
  expect(await ada.elements()).toMatchObject((await other.elements()).map(({ id, x, y }) => ({ id, x, y })))
})

test('a board that made room for others is said not to be on this device, without the server, and comes with it', async () => {
  const ada = await stage.enter()
  const { page } = ada
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.goto(stage.origin)
  await forgetBoards(page)
  await page.context().setOffline(true)
  for (let visit = 0; visit < 2; visit++) {
    await page.goto(url)
    await page.getByRole('heading', { name: 'This board is not on this device' }).waitFor()
    expect(await page.locator('.excalidraw').count()).toBe(0)
  }
  await page.goto(stage.origin)
  await page.getByText('Not on this device', { exact: true }).waitFor()
  await page.goto(url)
  await page.getByRole('heading', { name: 'This board is not on this device' }).waitFor()
  await page.context().setOffline(false)
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await ada.draw('ellipse', [600, 300], [700, 380])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
})

test('changes that only this device has are told of at home, and by a board that is closed, after a reload too', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  await bob.page.context().setOffline(true)
  await bob.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await bob.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  await bob.page.getByRole('link', { name: 'All boards' }).click()
  const atHome = bob.page.getByText(/^\d+ changes? only on this device$/)
  await atHome.waitFor()

  await ada.letIn(/^Private$/)
  await bob.page.context().setOffline(false)
  const stray = bob.page.getByRole('list', { name: 'Not saved yet' }).getByRole('link')
  await stray.waitFor()
  const count = parseInt(await atHome.innerText(), 10)
  await stray.click()
  for (let visit = 0; visit < 2; visit++) {
    const told = bob.page.getByText(/of yours that the server does not have (is|are) only on this device\.$/)
    expect(await told.innerText()).toMatch(new RegExp(`^${count} change`))
    await bob.page.reload()
  }
})

test('a guest who signs up keeps the boards; who signs out leaves nothing on the device', async () => {
  const ada = await stage.enter()
  const { page } = ada
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  await page.goto(`${stage.origin}/signup`)
  await page.getByLabel('Name', { exact: true }).fill('Ada Lovelace')
  await page.getByLabel('E-mail address').fill('ada@example.com')
  await page.getByLabel('Password', { exact: true }).fill('a few words in a row')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('list', { name: 'Your boards' }).getByRole('link').first().click()
  await page.waitForURL(url)
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
  expect(await ada.name()).toBe('Ada Lovelace')

  await page.getByRole('button', { name: /^Account: / }).click()
  await page.getByRole('menuitem', { name: 'Sign out…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${stage.origin}/`)
  const kept = () =>
    page.evaluate(async () => ({
      entries: Object.keys(localStorage).filter((key) => key.startsWith('sketchroom')),
      databases: (await indexedDB.databases()).map(({ name }) => name).filter((name) => name?.startsWith('sketchroom')),
    }))
  await vi.waitFor(async () => expect(await kept()).toEqual({ entries: [], databases: [] }), SOON)

  await page.goto(`${stage.origin}/signin`)
  await page.getByLabel('E-mail address').fill('ada@example.com')
  await page.getByLabel('Password', { exact: true }).fill('a few words in a row')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('list', { name: 'Your boards' }).getByRole('link').first().click()
  await page.waitForURL(url)
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
})
