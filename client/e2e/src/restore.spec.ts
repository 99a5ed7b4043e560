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

const CLOSED = /^(No board for you here|This board was deleted)$/

const headingOf = async ({ page }: BoardActor) => (await page.locator('.message-page h1').allInnerTexts()).join()

/** Ada and Bob on her board, with one shape on it. */
async function adaAndBob() {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  for (const person of [ada, bob]) await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
  return { ada, bob, url }
}

async function deleteFromHome({ page }: BoardActor): Promise<void> {
  await page.goto(stage.origin)
  await page.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.locator('summary', { hasText: 'Recently deleted' }).waitFor()
}

async function restoreFromHome({ page }: BoardActor): Promise<void> {
  await page.locator('summary', { hasText: 'Recently deleted' }).click()
  await page.getByRole('button', { name: 'Restore Untitled board' }).click()
  await page.getByRole('list', { name: 'Your boards' }).getByText('Untitled board').waitFor()
}

/** The tab is looked at again; resolves with the status of what it then asks about the board. */
async function lookAgain({ page }: BoardActor): Promise<number> {
  const answer = page.waitForResponse((response) => /\/rooms\/[\w-]+$/.test(response.url()))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })))
  return (await answer).status()
}

test('a board that was deleted says so until its owner restores it, and then it is there again', async () => {
  const { ada, bob } = await adaAndBob()
  await deleteFromHome(ada)
  await vi.waitFor(async () => expect(await headingOf(bob)).toBe('This board was deleted'), SOON)

  expect(await lookAgain(bob)).toBe(404)
  await bob.page.getByRole('button', { name: 'Try again' }).click()
  await bob.page.getByRole('button', { name: 'Try again', disabled: false }).waitFor()
  expect(await headingOf(bob)).toBe('This board was deleted')

  await restoreFromHome(ada)
  expect(await lookAgain(bob)).toBe(200)
  await bob.ready()
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
})

test('who was turned away from a board comes back by a try, once its owner lets them', async () => {
  const { ada, bob } = await adaAndBob()
  const dialog = await ada.share()
  const choose = async (choice: RegExp) => {
    const answer = ada.page.waitForResponse((response) => response.request().method() === 'PATCH')
    await dialog.getByRole('radio', { name: choice }).check()
    await answer
  }
  await choose(/^Private$/)
  await vi.waitFor(async () => expect(await headingOf(bob)).toBe('You no longer have access'), SOON)
  expect(await lookAgain(bob)).toBe(404)
  expect(await headingOf(bob)).toBe('You no longer have access')

  await choose(/can edit$/)
  await bob.page.getByRole('button', { name: 'Try again' }).click()
  await bob.ready()
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
})

test('an owner who comes back by the link of a board that she deleted can restore it there; nobody else can', async () => {
  const { ada, bob, url } = await adaAndBob()
  const stranger = await stage.enter()
  await deleteFromHome(ada)
  for (const person of [ada, bob, stranger]) await person.page.goto(url)
  await vi.waitFor(async () => expect(await headingOf(ada)).toBe('This board was deleted'), SOON)
  await vi.waitFor(async () => expect(await headingOf(stranger)).toBe('No board for you here'), SOON)
  // Bob has been here, so his device asks in two ways, and the one that tells more may answer first or second.
  await vi.waitFor(async () => expect(await headingOf(bob)).toMatch(CLOSED), SOON)
  for (const { page } of [bob, stranger]) {
    expect(await page.getByRole('button', { name: 'Restore the board' }).count()).toBe(0)
  }

  await ada.page.getByRole('button', { name: 'Restore the board' }).click()
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
})
