import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { BoardActor } from './board-actor.ts'
import { cutLine, enterByOwnLine, mendLine, mendRequests } from './own-line.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const PASSWORD = 'a few words in a row'

const unsentInList = (person: BoardActor) => person.page.getByText(/^\d+ changes? only on this device$/)

/** A new board of somebody's, with one shape that the server has. */
async function makeBoard(person: BoardActor): Promise<string> {
  const url = await person.newBoard()
  await person.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
  return url
}

/**
 * Leaves, and comes back to an empty page. By way of an address, so that the board hears that it is left and writes what is
 * in hand, which counts as unsent already; and then the page is closed, since one that was left may still hear of the network.
 */
async function comeBack({ page }: BoardActor): Promise<BoardActor> {
  const context = page.context()
  await page.goto('about:blank')
  await page.close()
  return new BoardActor(await context.newPage(), stage.origin)
}

/** Goes to a board within the app, as the network is gone, and draws. */
async function drawOffline(person: BoardActor, url: string): Promise<void> {
  await person.page.getByRole('link', { name: 'All boards' }).click()
  await person.page.locator(`a[href="${new URL(url).pathname}"]`).click()
  await person.ready()
  await vi.waitFor(async () => expect(await person.elements()).toHaveLength(1), SOON)
  await person.draw('ellipse', [700, 300], [820, 400])
  await vi.waitFor(async () => expect(await person.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
}

test('what was drawn offline on two boards goes out from the list, without opening them', async () => {
  const ada = await enterByOwnLine(stage)
  const urls = [await makeBoard(ada), await makeBoard(ada)]
  const watchers = [await stage.enter(), await stage.enter()]
  for (const [i, watcher] of watchers.entries()) {
    await watcher.open(urls[i] ?? '')
    await vi.waitFor(async () => expect(await watcher.elements()).toHaveLength(1), SOON)
  }
  await ada.page.evaluate(() => navigator.serviceWorker.ready)
  await cutLine(ada)
  for (const url of urls) await drawOffline(ada, url)
  await ada.page.getByRole('link', { name: 'All boards' }).click()
  // A session that a page opened goes on for a while after the board was left: here, none is open any more.
  await ada.page.reload()
  await vi.waitFor(async () => expect(await unsentInList(ada).count()).toBe(2), SOON)

  await mendLine(ada)
  for (const watcher of watchers) {
    await vi.waitFor(async () => expect(await watcher.elements()).toHaveLength(2), SOON)
    // Nobody is at the board who only sends to it.
    expect(await watcher.cursors()).toEqual([])
  }
  await ada.page.getByRole('list', { name: 'Your boards' }).waitFor()
  await vi.waitFor(async () => expect(await unsentInList(ada).count()).toBe(0), SOON)
})

test('what was drawn offline goes out when the app starts, on whatever page', async () => {
  const ada = await enterByOwnLine(stage)
  const url = await makeBoard(ada)
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await ada.page.evaluate(() => navigator.serviceWorker.ready)
  await cutLine(ada)
  await ada.draw('ellipse', [700, 300], [820, 400])
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  const { page } = await comeBack(ada)
  await mendLine(ada)
  expect(await bob.elements()).toHaveLength(1)

  await page.goto(`${stage.origin}/signup`)
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(2), SOON)
})

async function signUp({ page }: BoardActor, name: string): Promise<void> {
  await page.goto(`${stage.origin}/signup`)
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('E-mail address').fill(`${name}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL(`${stage.origin}/`)
}

async function signIn({ page }: BoardActor, name: string): Promise<void> {
  await page.goto(`${stage.origin}/signin`)
  await page.getByLabel('E-mail address').fill(`${name}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(`${stage.origin}/`)
}

test('what somebody drew goes out when they sign in again, and not as anybody else’s', async () => {
  let ada = await enterByOwnLine(stage)
  await signUp(ada, 'Ada')
  const url = await makeBoard(ada)
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await cutLine(ada)
  await ada.draw('ellipse', [700, 300], [820, 400])
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  ada = await comeBack(ada)
  const { page } = ada
  await page.context().clearCookies()
  await mendLine(ada)

  // A guest goes on where she was: the board is open to all, and shows what the server has.
  await page.goto(url)
  await page.getByRole('button', { name: 'Continue as a guest' }).click()
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  expect(await ada.elements()).toHaveLength(1)
  await page.goto(stage.origin)
  await page.getByRole('button', { name: /^Account: / }).waitFor()
  expect(await unsentInList(ada).count()).toBe(0)
  expect(await bob.elements()).toHaveLength(1)

  await signIn(ada, 'Ada')
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(2), SOON)
})

test('what a guest has not sent is the account’s that takes the boards over, and goes out as theirs', async () => {
  const elsewhere = await stage.enter()
  await signUp(elsewhere, 'Grace')
  let guest = await enterByOwnLine(stage)
  const url = await makeBoard(guest)
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await cutLine(guest)
  await guest.draw('ellipse', [700, 300], [820, 400])
  await vi.waitFor(async () => expect(await guest.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  guest = await comeBack(guest)
  const { page } = guest
  // Something on the way lets pages through and no sockets.
  await mendRequests(guest)

  await signIn(guest, 'Grace')
  await page.getByRole('button', { name: 'Account: Grace' }).waitFor()
  await unsentInList(guest).waitFor()
  expect(await bob.elements()).toHaveLength(1)
  await mendLine(guest)
  await page.reload()
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(2), SOON)
  await vi.waitFor(async () => expect(await unsentInList(guest).count()).toBe(0), SOON)
})
