import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

test('drawing and writing ask no other server for anything, and the browser has nothing to complain about', async () => {
  const ada = await stage.enter()
  const { page } = ada
  const elsewhere: string[] = []
  const complaints: string[] = []
  const hears = (url: string) => {
    const { protocol, host } = new URL(url)
    if (host !== new URL(stage.origin).host && !['data:', 'blob:'].includes(protocol)) elsewhere.push(url)
  }
  // Of the context: the service worker's requests too.
  page.context().on('request', (request) => hears(request.url()))
  page.on('websocket', (socket) => hears(socket.url()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })

  await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await ada.write([700, 350], 'Grüße, Ελλάδα, 你好')
  await page.keyboard.press('Escape')
  await vi.waitFor(async () => {
    expect((await ada.elements()).map(({ type }) => type)).toEqual(['rectangle', 'text'])
    expect(await ada.status()).toBe('Saved')
  }, SOON)
  await page.evaluate(() => document.fonts.ready.then(() => true))
  // Exporting subsets the fonts, in workers and in WebAssembly.
  await page.getByTestId('main-menu-trigger').click()
  await page.getByTestId('image-export-button').click()
  await page.locator('.ImageExportModal canvas').waitFor({ timeout: SOON.timeout })
  await page.keyboard.press('Escape')
  const dialog = await ada.share()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('link', { name: 'All boards' }).click()
  await page.getByRole('list', { name: 'Your boards' }).waitFor({ timeout: SOON.timeout })

  expect(elsewhere).toEqual([])
  expect(complaints).toEqual([])
})
