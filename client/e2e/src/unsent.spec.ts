import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { SlowLine } from '../../../server/src/testing/slow-line.ts'
import type { BoardActor } from './board-actor.ts'
import { HostApp } from './host-app.ts'
import { Peer } from './peer.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
/** What a test has opened beside the stage. */
const opened: Array<{ close(): Promise<void> }> = []
afterEach(async () => {
  await stage.clear()
  for (const one of opened.splice(0)) await one.close()
})
afterAll(() => stage.close())

/** What the canvas says, as far as it is looked at here. */
interface Status {
  readonly kind: string
  readonly progress?: { readonly done: number }
}

/** As long as a text of the format may be. */
const LONG = 99_990
/** What a telephone has where the network is poor. */
const SLOW = { bytesPerSecond: 60_000 }
/**
 * So many long texts go over the slow line, 0.1 MB each. `SLOW_LINE_TEXTS=40` is the long form, by hand: then a line that
 * only counted whole messages would be cut, at 30 and 35 s.
 */
const SLOW_LINE_TEXTS = Number(process.env['SLOW_LINE_TEXTS'] ?? 10)
/** So many are in one paste offline. `PASTED_TEXTS=60` is the long form, by hand: 18 MB are more than any message may hold. */
const PASTED_TEXTS = Number(process.env['PASTED_TEXTS'] ?? 20)
/** Large things take long, on a machine that does something else too. */
const PATIENCE = { timeout: 150_000, interval: 250 }

/** Pastes so many texts, as from another board. */
async function paste(page: Page, count: number): Promise<void> {
  await page.getByTestId('toolbar-text').waitFor({ state: 'attached', timeout: 30_000 })
  // The editor pastes where the mouse is, and nowhere if that is not over it.
  await page.mouse.move(640, 400)
  await page.evaluate(
    ({ texts, length }) => {
      const line = 'All of it is there. '.repeat(5)
      const words = Array.from({ length: Math.ceil(length / 100) }, () => line.slice(0, 99))
        .join('\n')
        .slice(0, length)
      const style = { strokeColor: '#1e1e1e', backgroundColor: 'transparent', fillStyle: 'solid', strokeWidth: 2 }
      const ink = { ...style, strokeStyle: 'solid', roughness: 1, opacity: 100, roundness: null, seed: 1 }
      const state = {
        version: 1,
        versionNonce: 1,
        isDeleted: false,
        updated: 1,
        link: null,
        locked: false,
        index: null,
      }
      const place = { y: 0, width: 900, height: 25_000, angle: 0, groupIds: [], frameId: null, boundElements: null }
      const font = { fontSize: 20, fontFamily: 1, textAlign: 'left', verticalAlign: 'top', lineHeight: 1.25 }
      const text = { type: 'text', text: words, originalText: words, containerId: null, autoResize: true, ...font }
      const shape = { ...ink, ...state, ...place, ...text }
      const elements = Array.from({ length: texts }, (_, index) => ({
        ...shape,
        id: `${Math.random()}`,
        x: index * 30,
      }))
      const data = new DataTransfer()
      data.setData('text/plain', JSON.stringify({ type: 'excalidraw/clipboard', elements, files: {} }))
      document.querySelector<HTMLElement>('.excalidraw')?.focus()
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    },
    { texts: count, length: LONG },
  )
}

const has = (actor: BoardActor, count: number) =>
  vi.waitFor(async () => expect(await actor.count()).toBe(count), PATIENCE)

/** Another app's page with a board whose statuses can be read, and whose person is named in its address. */
async function openHost(serverUrl: string, getToken: () => Promise<string>): Promise<HostApp> {
  const host = await HostApp.open(
    `
import { SharedCanvas } from '@sketchroom/canvas'

export function Board({ roomId }) {
  const person = new URLSearchParams(location.search).get('person')
  const getToken = async () => (await fetch('/board-token')).text()
  const onStatus = (status) => (window.statuses ??= []).push(status)
  return (
    <SharedCanvas room={roomId} serverUrl="${serverUrl}" getToken={getToken} storage={{ person }} onStatus={onStatus} theme="light" />
  )
}
`,
    getToken,
  )
  opened.push(host)
  return host
}

const statusesOf = (page: Page) => page.evaluate(() => (window as unknown as { statuses?: Status[] }).statuses ?? [])

/** How far it has been said to be, each amount once, of what takes long. */
const progressOf = async (page: Page, kind: string) =>
  new Set(
    (await statusesOf(page)).flatMap((status) =>
      status.kind === kind && status.progress ? [status.progress.done] : [],
    ),
  )

test(`offline: three pastes of ${PASTED_TEXTS} long texts; back online all is saved, and others have it`, async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.page.context().setOffline(true)
  for (let pastes = 1; pastes <= 3; pastes++) {
    await paste(ada.page, PASTED_TEXTS)
    await has(ada, pastes * PASTED_TEXTS)
    await vi.waitFor(
      async () => expect(await ada.status()).toMatch(/^Offline · \d+ changes? kept on this device/),
      PATIENCE,
    )
  }
  await ada.page.context().setOffline(false)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), PATIENCE)
  const { accessToken } = await stage.api.guest('Bob')
  const bob = await Peer.join(stage.origin, url.slice(url.lastIndexOf('/') + 1), accessToken)
  expect(bob.elements().size).toBe(3 * PASTED_TEXTS)
  expect(bob.documentBytes()).toBeGreaterThan(3 * PASTED_TEXTS * LONG)
  bob.leave()
}, 400_000)

test(`over 60 KB/s each way, ${SLOW_LINE_TEXTS / 10} MB go up and come down, in the time that they take, and it is said how far they are`, async () => {
  const line = await SlowLine.to(stage.origin, SLOW)
  opened.push(line)
  const board = await stage.hostBoard()
  const origins = { current: '' }
  const host = await openHost(line.url(stage.origin), () => board.tokenFor('Ada', 'editor', [origins.current]))
  origins.current = host.origin
  const ada = await stage.enter()
  await ada.open(`${host.origin}/?room=${board.id}&person=ada`)
  await paste(ada.page, SLOW_LINE_TEXTS)
  await has(ada, SLOW_LINE_TEXTS)
  await vi.waitFor(async () => expect((await statusesOf(ada.page)).at(-1)).toMatchObject({ kind: 'saving' }), SOON)
  await vi.waitFor(async () => expect((await statusesOf(ada.page)).at(-1)).toEqual({ kind: 'saved' }), PATIENCE)
  expect((await progressOf(ada.page, 'saving')).size).toBeGreaterThan(4)

  const bob = await stage.enter()
  await bob.open(`${host.origin}/?room=${board.id}&person=bob`)
  await has(bob, SLOW_LINE_TEXTS)
  expect((await progressOf(bob.page, 'connecting')).size).toBeGreaterThan(4)
}, 500_000)

test('while a drawing comes down there are no tools; what is drawn as soon as there are is kept, also by who reloads at once', async () => {
  const board = await stage.hostBoard()
  const ada = await stage.enter()
  await ada.open(board.url)
  await paste(ada.page, 5)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), PATIENCE)

  const line = await SlowLine.to(stage.origin, SLOW)
  opened.push(line)
  const origins = { current: '' }
  const host = await openHost(line.url(stage.origin), () => board.tokenFor('Bob', 'editor', [origins.current]))
  origins.current = host.origin
  const bob = await stage.enter()
  await bob.open(`${host.origin}/?room=${board.id}&person=bob`)
  await bob.draw('rectangle', [300, 200], [400, 300])
  expect((await progressOf(bob.page, 'connecting')).size).toBeGreaterThan(1)
  await bob.page.reload()
  await has(bob, 6)
  await has(ada, 6)
}, 300_000)

test('on a browser that two people share, one sees nothing of what the other has drawn and not sent', async () => {
  const board = await stage.hostBoard()
  const page = { origin: '', person: 'ada' }
  const host = await openHost(stage.origin, () => board.tokenFor(page.person, 'editor', [page.origin]))
  page.origin = host.origin
  const actor = await stage.enter()
  const urlOf = (person: string) => `${host.origin}/?room=${board.id}&person=${person}`
  await actor.open(urlOf('ada'))
  await actor.draw('rectangle', [300, 300], [400, 380])
  await vi.waitFor(async () => expect((await statusesOf(actor.page)).at(-1)).toEqual({ kind: 'saved' }), SOON)
  await stage.killServer()
  await actor.draw('ellipse', [500, 300], [600, 380])
  await vi.waitFor(
    async () => expect((await statusesOf(actor.page)).at(-1)).toMatchObject({ kind: 'offline', stored: true }),
    PATIENCE,
  )
  page.person = 'bob'
  await actor.page.goto(urlOf('bob'))
  await vi.waitFor(async () => expect((await statusesOf(actor.page)).at(-1)).toMatchObject({ unsent: 0 }), PATIENCE)
  await stage.restartServer()
  await has(actor, 1)
  await vi.waitFor(async () => expect((await statusesOf(actor.page)).at(-1)).toEqual({ kind: 'saved' }), PATIENCE)
  page.person = 'ada'
  await actor.page.goto(urlOf('ada'))
  await has(actor, 2)
  await vi.waitFor(async () => expect((await statusesOf(actor.page)).at(-1)).toEqual({ kind: 'saved' }), PATIENCE)
}, 300_000)
