import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { HostApp } from './host-app.ts'
import { SOON } from './soon.ts'
import { type HostBoard, Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
/** The apps that a test has opened. */
const hosts: HostApp[] = []
afterEach(async () => {
  await stage.clear()
  for (const host of hosts.splice(0)) await host.close()
})
afterAll(() => stage.close())

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

/** The README's code that holds `mark`, as its reader would copy it, with words of its own replaced. */
function snippet(mark: string, words: Readonly<Record<string, string>>): string {
  const code = [...README.matchAll(/```(?:tsx|js)\n(.*?)```/gs)].map(([, text = '']) => text)
  const found = code.find((text) => text.includes(mark))
  if (!found) throw new Error(`the README shows no ${mark}`)
  return Object.entries(words).reduce((text, [word, own]) => {
    if (!text.includes(word)) throw new Error(`the README’s ${mark} does not say ${word}`)
    return text.replaceAll(word, own)
  }, found)
}

/** What the README's backend makes for pages of an origin. */
interface Made {
  readonly accessToken: string
  readonly room: { readonly id: string }
  readonly token: string
}

async function runBackend(pageOrigin: string): Promise<Made> {
  const code = snippet('/auth/guest', { 'http://localhost:3000': stage.origin, 'https://your.app': pageOrigin })
  const module = `${code}\nexport { accessToken, room, token }`
  return (await import(`data:text/javascript,${encodeURIComponent(module)}`)) as Made
}

/** Another app with the README's component in its page and the README's code in its backend. */
async function openHost(): Promise<{ host: HostApp; board: HostBoard; boardPage: string }> {
  const component = snippet('<SharedCanvas', { 'http://localhost:3000': stage.origin })
  const made = Promise.withResolvers<Made>()
  const host = await HostApp.open(component, async () => (await made.promise).token)
  hosts.push(host)
  made.resolve(await runBackend(host.origin))
  const { accessToken, room } = await made.promise
  return { host, board: stage.boardOf(accessToken, room.id), boardPage: `${host.origin}/?room=${room.id}` }
}

test('the README’s component draws on a board from another app’s page, with the token of the README’s backend', async () => {
  const { board, boardPage } = await openHost()
  const [ada, peer] = [await stage.enter(), await board.join('bot')]
  const faults: string[] = []
  ada.page.on('pageerror', (error) => faults.push(error.message))
  await ada.open(boardPage)
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(() => expect([...peer.elements().values()]).toMatchObject([{ type: 'rectangle' }]), SOON)
  const [id] = peer.elements().keys()
  peer.stored(id ?? '').set('strokeColor', '#e03131')
  await vi.waitFor(async () => expect(await ada.elements()).toMatchObject([{ strokeColor: '#e03131' }]), SOON)
  expect(faults).toEqual([])
  peer.leave()
})

test('a text in another app’s page is drawn with the server’s fonts, and nobody else is asked for anything', async () => {
  const { host, board, boardPage } = await openHost()
  const [ada, peer] = [await stage.enter(), await board.join('bot')]
  const asked = new Set<string>()
  ada.page.on('request', (request) => asked.add(request.url()))
  const font = ada.page.waitForResponse(/\/fonts\/Excalifont\/.*\.woff2$/)
  await ada.open(boardPage)
  await ada.write([400, 300], 'Where does this come from?')
  await ada.page.keyboard.press('Escape')
  await vi.waitFor(() => expect([...peer.elements().values()]).toMatchObject([{ type: 'text' }]), SOON)

  const { origin, pathname } = new URL((await font).url())
  expect([origin, (await font).status()]).toEqual([stage.origin, 200])
  expect(pathname).toMatch(/^\/excalidraw\/fonts\//)
  // Loaded, and not only asked for: the browser refuses another origin's font that does not allow it.
  await ada.page.waitForFunction(() =>
    [...document.fonts].some(({ family, status }) => family === 'Excalifont' && status === 'loaded'),
  )
  const own = ['blob:', 'data:', host.origin, stage.origin]
  expect([...asked].filter((url) => !own.some((start) => url.startsWith(start)))).toEqual([])
  peer.leave()
})
