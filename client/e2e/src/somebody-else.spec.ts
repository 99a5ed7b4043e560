import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const PASSWORD = 'a few words in a row'

const isPositive = (count: number) => count > 0

async function signUp(page: Page, name: string): Promise<void> {
  await page.goto(`${stage.origin}/signup`)
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('E-mail address').fill(`${name}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL(`${stage.origin}/`)
}

test('who signs in where another was is told what would be lost, and finds nothing of the other', async () => {
  const bob = await stage.enter()
  await signUp(bob.page, 'Bob')
  const ada = await stage.enter()
  const { page } = ada
  await signUp(page, 'Ada')
  await page.getByRole('button', { name: 'New board' }).first().click()
  await page.waitForURL(/\/r\/[\w-]+$/)
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await page.context().setOffline(true)
  // She may close the page as soon as she has read that the device keeps her changes.
  const rememberedWhenShown = page.evaluate(
    () =>
      new Promise<string | null>((resolve) => {
        const look = () => {
          if (/changes? kept/.test(document.querySelector('.status-badge')?.textContent ?? '')) {
            resolve(localStorage.getItem('sketchroom.rooms'))
          }
        }
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
      }),
  )
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  expect(JSON.parse((await rememberedWhenShown) ?? '[]')).toMatchObject([{ pending: expect.toSatisfy(isPositive) }])
  // How many there are is noted when she pauses. What a page writes while it is left may be lost, and is not counted on.
  const count = Number(/\d+/.exec(await ada.status())?.[0])
  const remembered = () => page.evaluate(() => localStorage.getItem('sketchroom.rooms') ?? '[]')
  await vi.waitFor(async () => expect(JSON.parse(await remembered())).toMatchObject([{ pending: count }]), SOON)
  // What a page has written is on its way to the browser for a few milliseconds, and is lost when the page goes in those
  // (one run of 14 on a busy machine). Nobody who has read it is that fast.
  await new Promise((resolve) => setTimeout(resolve, 500))

  // Her sign-in ends while the board is closed.
  await page.goto('about:blank')
  await page.context().clearCookies()
  await page.context().setOffline(false)
  await page.goto(`${stage.origin}/signin`)
  await page.getByText(/^Ada has changes that are only on this device: “Untitled board” \(\d+\)\./).waitFor()
  await page.getByLabel('E-mail address').fill('Bob@example.com')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(`${stage.origin}/`)
  await page.getByRole('button', { name: 'Account: Bob' }).waitFor()

  const kept = await page.evaluate(async () => ({
    boards: localStorage.getItem('sketchroom.rooms') ?? '[]',
    databases: (await indexedDB.databases()).map(({ name }) => name),
  }))
  expect(kept).toEqual({ boards: '[]', databases: [] })
})
