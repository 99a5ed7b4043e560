import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

/** Its letters are in several parts of the font, which are loaded when they are needed. */
const POEM = '夜來風雨聲 カナカナ 花落知多少 alpha'

/** The texts as they are shown: their lines and their sizes. */
const texts = async (person: BoardActor) =>
  (await person.elements()).flatMap((element) =>
    'text' in element ? [{ lines: String(element.text), width: element.width, height: element.height }] : [],
  )

/** The state of the fonts' parts that were asked for. */
const asked = (person: BoardActor) =>
  person.page.evaluate(() => [
    ...new Set([...document.fonts].map(({ status }) => status).filter((status) => status !== 'unloaded')),
  ])

/** Whether the poem can be drawn as it is meant. */
const isThere = (person: BoardActor) =>
  person.page.evaluate((words) => document.fonts.check('20px Excalifont, Xiaolai', words), POEM)

/** Two people at a board with a labelled box, who have nothing of the font in a worker's store. */
async function twoAtALabel(): Promise<[ada: BoardActor, bob: BoardActor]> {
  const [ada, bob] = [await stage.enter({ serviceWorkers: 'block' }), await stage.enter({ serviceWorkers: 'block' })]
  await bob.open(await ada.newBoard())
  await bob.take('selection')
  await ada.draw('rectangle', [300, 250], [600, 450])
  await ada.page.keyboard.press('Enter')
  await ada.typeInText('Label')
  await ada.page.keyboard.press('Escape')
  await vi.waitFor(async () => expect(await texts(bob)).toHaveLength(1), SOON)
  return [ada, bob]
}

async function writeOn(person: BoardActor): Promise<void> {
  await person.page.mouse.dblclick(450, 350)
  await person.page.locator('textarea.excalidraw-wysiwyg:focus').waitFor()
  await person.page.keyboard.press('Control+End')
  await person.page.keyboard.insertText(` ${POEM}`)
  await person.page.keyboard.press('Escape')
}

test.each(['online', 'the server'] as const)(
  'a font that could not be loaded is asked for again when the network is back (%s), and all see the same lines',
  async (kind) => {
    const [ada, bob] = await twoAtALabel()
    const isFont = /\/Xiaolai\//
    if (kind === 'online') await bob.page.context().setOffline(true)
    else await bob.page.context().route(isFont, (route) => route.abort())
    await writeOn(bob)
    await vi.waitFor(async () => expect(await asked(bob)).toContain('error'), SOON)

    if (kind === 'online') await bob.page.context().setOffline(false)
    else await bob.page.context().unroute(isFont)
    await vi.waitFor(async () => expect(await asked(bob)).toEqual(['loaded']), SOON)
    const eva = await stage.enter()
    await eva.open(ada.page.url())
    await vi.waitFor(async () => {
      const [seen] = await texts(eva)
      expect(seen?.lines.replaceAll(/\s/g, '')).toBe(`Label${POEM}`.replaceAll(' ', ''))
      for (const person of [ada, bob]) expect(await texts(person)).toEqual([seen])
    }, SOON)

    // The editor adds all that it knows of the font again when it makes an image.
    await bob.page.locator('.excalidraw').first().focus()
    await bob.page.keyboard.press('Control+Shift+E')
    await bob.page.locator('.ImageExportModal canvas').waitFor()
    await bob.page.keyboard.press('Escape')
    await writeOn(bob)
    const twice = `Label${POEM}${POEM}`.replaceAll(' ', '')
    await vi.waitFor(async () => {
      const [seen] = await texts(bob)
      expect(seen?.lines.replaceAll(/\s/g, '')).toBe(twice)
      expect(await texts(ada)).toEqual([seen])
    }, SOON)
    expect(await isThere(bob)).toBe(true)
  },
)

test('the fonts of a board are there offline, also those that came before the app was on the device', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.write([300, 300], POEM)
  await ada.page.keyboard.press('Escape')
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await asked(bob)).toEqual(['loaded']), SOON)
  await bob.kept()
  const seen = await texts(bob)
  await bob.goOffline()
  await bob.page.reload()
  await bob.ready()
  await vi.waitFor(async () => expect(await texts(bob)).toEqual(seen), SOON)
  await vi.waitFor(async () => expect(await isThere(bob)).toBe(true), SOON)
})
