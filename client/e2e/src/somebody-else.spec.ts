import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { cutLine, enterByOwnLine, mendRequests } from './own-line.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'
import { storedRooms } from './stored-rooms.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const PASSWORD = 'a few words in a row'

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
  const ada = await enterByOwnLine(stage)
  const { page } = ada
  await signUp(page, 'Ada')
  await page.getByRole('button', { name: 'New board' }).first().click()
  await page.waitForURL(/\/r\/[\w-]+$/)
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await cutLine(ada)
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  const count = Number(/\d+/.exec(await ada.status())?.[0])

  // Her sign-in ends while the board is closed.
  await page.goto('about:blank')
  await page.context().clearCookies()
  await mendRequests(ada)
  await page.goto(`${stage.origin}/signin`)
  await page.getByText(`Ada has changes that are only on this device: “Untitled board” (${count}).`).waitFor()
  await page.getByLabel('E-mail address').fill('Bob@example.com')
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(`${stage.origin}/`)
  await page.getByRole('button', { name: 'Account: Bob' }).waitFor()

  const remembered = await page.evaluate(() => JSON.stringify(localStorage))
  expect(remembered).not.toContain('Untitled board')
  expect(await storedRooms(page)).toEqual([])
})
