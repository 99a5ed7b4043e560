import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startTestServer, type TestServer } from '../../../server/src/testing/test-server.ts'
import { AppVersions } from './app-versions.ts'
import { BoardActor } from './board-actor.ts'
import { launchBrowser } from './browser.ts'
import { SOON } from './soon.ts'

let versions: AppVersions
let server: TestServer
let browser: Browser
let context: BrowserContext
let origin: string

beforeAll(async () => {
  versions = await AppVersions.build(['1', '2'])
  await versions.serve('1')
  server = await startTestServer({ clientDir: versions.clientDir })
  // `localhost` is a secure context, which service workers need.
  origin = server.api.origin.replace('127.0.0.1', 'localhost')
  browser = await launchBrowser()
})
beforeEach(async () => {
  await versions.serve('1')
  context = await browser.newContext()
})
afterEach(() => context.close())
afterAll(async () => {
  await browser.close()
  await server.remove()
  await versions.remove()
})

/** Which version a page runs, and its board if it has one. */
const running = (page: Page) =>
  page.evaluate(() => Object.fromEntries(Object.entries(document.documentElement.dataset)))

/** The names of the shells that the device keeps. */
const shells = (page: Page) => page.evaluate(() => caches.keys())

const offerIn = (page: Page) => page.getByText('A new version of SketchRoom is ready.')
const reload = (page: Page) => page.getByRole('button', { name: 'Reload', exact: true })

/** Somebody at a new board of version 1, with its shell on the device, and nothing of it in the browser's own cache. */
async function atBoard(): Promise<{ ada: BoardActor; url: string }> {
  const ada = new BoardActor(await context.newPage(), origin)
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await ada.page.evaluate(() => navigator.serviceWorker.ready)
  return { ada, url }
}

/** An operator updates the server, and the browser hears of it. */
async function update(page: Page): Promise<void> {
  await versions.serve('2')
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
}

test('online: a new version is offered and not taken, and a press goes over to it', async () => {
  const { ada } = await atBoard()
  await update(ada.page)
  await offerIn(ada.page).waitFor()
  await ada.draw('ellipse', [600, 300], [700, 400])
  expect(await running(ada.page)).toEqual({ page: '1', board: '1' })
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  await reload(ada.page).click()
  await vi.waitFor(async () => expect(await running(ada.page)).toEqual({ page: '2', board: '2' }), SOON)
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(2), SOON)
  expect(await offerIn(ada.page).count()).toBe(0)
  await vi.waitFor(async () => expect(await shells(ada.page)).toHaveLength(1), SOON)
})

test('offline: the version that is open goes on, through a reload too, and a press goes over to the new one', async () => {
  const { ada } = await atBoard()
  await update(ada.page)
  await offerIn(ada.page).waitFor()
  await ada.goOffline()

  await ada.page.reload()
  await ada.ready()
  expect(await running(ada.page)).toEqual({ page: '1', board: '1' })
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
  await offerIn(ada.page).waitFor()

  await reload(ada.page).click()
  await vi.waitFor(async () => expect(await running(ada.page)).toEqual({ page: '2', board: '2' }), SOON)
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(1), SOON)
})

test('offline: a page of the old version opens a board after another page has gone over; then the old shell goes', async () => {
  const { ada, url } = await atBoard()
  const home = await context.newPage()
  await home.goto(origin)
  await home.getByRole('list', { name: 'Your boards' }).waitFor()
  await update(ada.page)
  for (const page of [ada.page, home]) await offerIn(page).waitFor()
  await ada.goOffline()
  await reload(ada.page).click()
  await vi.waitFor(async () => expect(await running(ada.page)).toEqual({ page: '2', board: '2' }), SOON)

  // The board's part of version 1 has not been loaded into this page yet.
  expect(await running(home)).toEqual({ page: '1' })
  await offerIn(home).waitFor()
  await home.getByRole('link', { name: /^Untitled board/ }).click()
  await home.waitForURL(url)
  await new BoardActor(home, origin).ready()
  expect(await running(home)).toEqual({ page: '1', board: '1' })
  expect(await shells(home)).toHaveLength(2)

  await home.close()
  await ada.page.reload()
  await vi.waitFor(async () => expect(await shells(ada.page)).toHaveLength(1), SOON)
  await ada.ready()
  expect(await running(ada.page)).toEqual({ page: '2', board: '2' })
})

test('Mermaid is there offline, though it was not asked for before', async () => {
  const { ada } = await atBoard()
  await ada.kept()
  await ada.goOffline()
  const kinds = [
    ['Flow', 'flowchart TD\n Flow-->Chart'],
    ['Ada', 'sequenceDiagram\n Ada->>Bob: Hello'],
    ['Duck', 'classDiagram\n Animal <|-- Duck'],
    ['Moving', 'stateDiagram-v2\n Still --> Moving'],
    ['ORDER', 'erDiagram\n CUSTOMER ||--o{ ORDER : places'],
  ] as const
  for (const [word, definition] of kinds) {
    await vi.waitFor(async () => {
      // What is inserted may be the diagram before: the dialog begins with it.
      await ada.insertMermaid(definition)
      const words = (await ada.elements()).flatMap((element) => ('text' in element ? [element.text] : []))
      expect(words).toContain(word)
    }, SOON)
  }
})

test('Mermaid is there in a page of the old version, when the server has only the new one', async () => {
  const { ada } = await atBoard()
  await ada.kept()
  await update(ada.page)
  await offerIn(ada.page).waitFor()
  await ada.insertMermaid('flowchart TD\n A-->B')
  expect(await running(ada.page)).toEqual({ page: '1', board: '1' })
})

test('a page that comes from the network in the new version is offered nothing', async () => {
  const { ada } = await atBoard()
  const before = await shells(ada.page)
  await versions.serve('2')
  await ada.page.reload()
  await vi.waitFor(async () => expect(await running(ada.page)).toEqual({ page: '2', board: '2' }), SOON)
  const seen = await ada.page.evaluateHandle(() => {
    const offers: string[] = []
    const look = () => offers.push(...[...document.querySelectorAll('.toast')].map(({ textContent }) => textContent))
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true })
    return offers
  })
  // The new version's worker takes over by itself.
  await vi.waitFor(async () => expect(await shells(ada.page)).toHaveLength(2), SOON)
  const isUnderWay = () =>
    ada.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration()
      return Boolean(registration?.installing ?? registration?.waiting)
    })
  await vi.waitFor(async () => expect(await isUnderWay()).toBe(false), SOON)
  expect(await seen.jsonValue()).toEqual([])
  await ada.page.reload()
  await vi.waitFor(async () => {
    const now = await shells(ada.page)
    expect(now).toHaveLength(1)
    expect(now).not.toEqual(before)
  }, SOON)
  await ada.ready()
  expect(await offerIn(ada.page).count()).toBe(0)
  expect(await running(ada.page)).toEqual({ page: '2', board: '2' })
})

test('"Later" puts the offer away until the page is loaded again', async () => {
  const { ada } = await atBoard()
  await update(ada.page)
  await offerIn(ada.page).waitFor()
  await ada.page.getByRole('button', { name: 'Later' }).click()
  await offerIn(ada.page).waitFor({ state: 'detached' })
  await context.setOffline(true)
  await ada.page.reload()
  await offerIn(ada.page).waitFor()
})
