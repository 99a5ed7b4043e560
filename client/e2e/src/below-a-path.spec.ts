import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { findFreePort } from '../../../server/src/testing/free-port.ts'
import { removeServerData } from '../../../server/src/testing/server-data.ts'
import { ServerProcess } from '../../../server/src/testing/server-process.ts'
import { BoardActor } from './board-actor.ts'
import { launchBrowser } from './browser.ts'
import { PathProxy } from './path-proxy.ts'
import { SOON } from './soon.ts'

/** Two teams with a server each, on one origin. One proxy rule passes the path on, the other takes it away. */
const PLACES = [
  { path: '/team/a/', strips: false },
  { path: '/b/', strips: true },
] as const

let proxy: PathProxy
let browser: Browser
let [a, b] = ['', '']
const servers: Array<{ process: ServerProcess; dataDir: string }> = []
const contexts: BrowserContext[] = []

beforeAll(async () => {
  ;[proxy, browser] = await Promise.all([PathProxy.open(), launchBrowser()])
  ;[a, b] = PLACES.map(({ path }) => proxy.origin + path) as [string, string]
  for (const { path, strips } of PLACES) {
    const [port, dataDir] = [await findFreePort(), await mkdtemp(join(tmpdir(), 'sketchroom-'))]
    const process = await ServerProcess.start(port, dataDir, { PUBLIC_URL: proxy.origin + path })
    servers.push({ process, dataDir })
    proxy.serve(path, { port, strips })
  }
})
beforeEach(() => {
  proxy.strays.length = 0
})
afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())))
afterAll(async () => {
  await browser.close()
  proxy.close()
  for (const { process, dataDir } of servers) {
    await process.end('SIGKILL')
    await removeServerData(dataDir)
  }
})

async function newBrowser(): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  contexts.push(context)
  return context
}

const enter = async (context: BrowserContext, home: string) => new BoardActor(await context.newPage(), home)
const isSaved = (person: BoardActor) => vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
const hasElements = (person: BoardActor, count: number) =>
  vi.waitFor(async () => expect(await person.elements()).toHaveLength(count), SOON)

test('two draw together below a path, and one of them goes on there offline, through a reload', async () => {
  const ada = await enter(await newBrowser(), a)
  const faults: string[] = []
  ada.page.on('console', (message) => message.type() === 'error' && faults.push(message.text()))
  const url = await ada.newBoard()
  expect(url).toMatch(new RegExp(`^${a}r/[\\w-]+$`))
  const dialog = await ada.share()
  expect(await dialog.getByRole('textbox').first().inputValue()).toBe(url)
  await dialog.getByRole('button', { name: 'Close' }).click()
  const bob = await enter(await newBrowser(), a)
  await bob.open(url)
  await bob.draw('rectangle', [400, 300], [560, 400])
  await hasElements(ada, 1)
  await ada.write([700, 350], 'Grüße')
  await ada.page.keyboard.press('Escape')
  await hasElements(bob, 2)
  await isSaved(ada)
  expect(faults).toEqual([])

  await ada.page.evaluate(() => navigator.serviceWorker.ready)
  await ada.goOffline()
  await ada.page.reload()
  await ada.ready()
  await hasElements(ada, 2)
  await ada.draw('ellipse', [600, 500], [700, 600])
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  await ada.page.context().setOffline(false)
  await isSaved(ada)
  await hasElements(bob, 3)

  await ada.page.getByRole('link', { name: 'All boards' }).click()
  await ada.page.waitForURL(a)
  await ada.page.getByRole('list', { name: 'Your boards' }).getByRole('link').first().click()
  await ada.page.waitForURL(url)
  expect(proxy.strays).toEqual([])
})

test('two servers below two paths of one origin do not mix, and who signs out of one is still at the other', async () => {
  const context = await newBrowser()
  const atA = await enter(context, a)
  const url = await atA.newBoard()
  await atA.draw('rectangle', [400, 300], [560, 400])
  await isSaved(atA)
  const name = await atA.name()
  await atA.page.evaluate(() => navigator.serviceWorker.ready)
  const atB = await enter(context, b)
  await atB.page.goto(b)
  // Here nobody has been yet.
  await atB.page.getByRole('link', { name: 'Sign in' }).first().waitFor()
  await atB.newBoard()
  await atB.draw('ellipse', [400, 300], [560, 400])
  await isSaved(atB)
  await atB.page.evaluate(() => navigator.serviceWorker.ready)
  await vi.waitFor(async () => {
    const kept = (await context.cookies([`${a}api/v1/auth/refresh`, `${b}api/v1/auth/refresh`])).map(({ path }) => path)
    expect(kept.sort()).toEqual(['/b/api/v1/auth', '/team/a/api/v1/auth'])
    const caches = await atB.page.evaluate(async () => (await globalThis.caches.keys()).sort())
    expect(caches.map((cache) => cache.replace(/\w+$/, ''))).toEqual(['sketchroom[/b]-', 'sketchroom[/team/a]-'])
  }, SOON)

  await atB.page.getByRole('button', { name: /^Account: / }).click()
  await atB.page.getByRole('menuitem', { name: 'Sign out…' }).click()
  await atB.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await atB.page.waitForURL(b)
  const stored = () =>
    atB.page.evaluate(async () => ({
      entries: Object.keys(localStorage).filter((key) => !key.startsWith('sketchroom[/team/a].')),
      databases: (await indexedDB.databases()).map((database) => database.name),
    }))
  await vi.waitFor(
    async () => expect(await stored()).toEqual({ entries: [], databases: ['sketchroom[/team/a]'] }),
    SOON,
  )

  await atA.goOffline()
  await atA.page.reload()
  await atA.ready()
  await hasElements(atA, 1)
  await context.setOffline(false)
  await isSaved(atA)
  expect([atA.page.url(), await atA.name()]).toEqual([url, name])
  expect(proxy.strays).toEqual([])
})
