import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { HostApp } from './host-app.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

/** The README's component, as its reader would copy it, but for the server's address. */
function snippet(serverUrl: string): string {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const [, code] = /```tsx\n(.*?)```/s.exec(readme) ?? []
  if (!code?.includes('http://localhost:3000')) throw new Error('the README shows no component')
  return code.replace('http://localhost:3000', serverUrl)
}

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

test('the README’s component draws on a board from another app’s page, with a token for that page', async () => {
  const board = await stage.hostBoard()
  const host = await HostApp.open(snippet(stage.origin), (_, origin) => board.token('user-42', 'editor', [origin]))
  try {
    const [ada, peer] = [await stage.enter(), await board.join('bot')]
    const faults: string[] = []
    ada.page.on('pageerror', (error) => faults.push(error.message))
    await ada.open(`${host.origin}/?room=${board.id}`)
    await ada.draw('rectangle', [400, 300], [560, 400])
    await vi.waitFor(() => expect([...peer.elements().values()]).toMatchObject([{ type: 'rectangle' }]), SOON)
    const [id] = peer.elements().keys()
    peer.stored(id ?? '').set('strokeColor', '#e03131')
    await vi.waitFor(async () => expect(await ada.elements()).toMatchObject([{ strokeColor: '#e03131' }]), SOON)
    expect(faults).toEqual([])
    peer.leave()
  } finally {
    await host.close()
  }
})

test('a text in another app’s page is drawn with the server’s fonts, and nobody else is asked for anything', async () => {
  const board = await stage.hostBoard()
  const host = await HostApp.open(snippet(stage.origin), (_, origin) => board.token('user-42', 'editor', [origin]))
  try {
    const [ada, peer] = [await stage.enter(), await board.join('bot')]
    const asked = new Set<string>()
    ada.page.on('request', (request) => asked.add(request.url()))
    const font = ada.page.waitForResponse(/\/fonts\/Excalifont\/.*\.woff2$/)
    await ada.open(`${host.origin}/?room=${board.id}`)
    await ada.take('text')
    await ada.page.mouse.click(400, 300)
    await ada.page.keyboard.type('Where does this come from?')
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
  } finally {
    await host.close()
  }
})
