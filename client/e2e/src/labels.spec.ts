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

const BOX = { from: [300, 300], to: [500, 400], middle: [400, 350] } as const

/** Two people at a board with one box on it. */
async function twoAtABox(): Promise<[ada: BoardActor, bob: BoardActor]> {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [...BOX.from], [...BOX.to])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await bob.take('selection')
  return [ada, bob]
}

async function writeInBox(person: BoardActor, words: string): Promise<void> {
  await person.page.mouse.dblclick(...BOX.middle)
  await person.typeInText(words)
  await person.page.keyboard.press('Escape')
}

const find = async (person: BoardActor, words: string) =>
  (await person.elements()).find((element) => 'text' in element && element.text === words)

test('two people who label one box at the same time both see what both wrote', async () => {
  const [ada, bob] = await twoAtABox()
  await ada.page.context().setOffline(true)
  await ada.take('selection')
  await writeInBox(ada, 'From Ada')
  await writeInBox(bob, 'By Bob')
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  await ada.page.context().setOffline(false)
  const seen = async (person: BoardActor) => {
    const [[box], ...texts] = [await person.elements(), await find(person, 'From Ada'), await find(person, 'By Bob')]
    const bottom = (box?.y ?? 0) + (box?.height ?? 0)
    return texts.map((text) => text && { y: text.y, place: text.y < bottom ? 'in the box' : 'below it' })
  }
  await vi.waitFor(async () => {
    const both = await seen(ada)
    expect(both).not.toContain(undefined)
    expect(await seen(bob)).toEqual(both)
  }, SOON)
})

test('a label that one person writes while another drags the box ends up in the box', async () => {
  const [ada, bob] = await twoAtABox()
  const { mouse } = bob.page
  await mouse.move(300, 350)
  await mouse.down()
  await mouse.move(310, 350, { steps: 2 })
  await ada.take('selection')
  await writeInBox(ada, 'Label')
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await mouse.move(700, 350, { steps: 20 })
  await mouse.up()
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => {
      const [[box], label] = [await person.elements(), await find(person, 'Label')]
      expect(box?.x).toBeGreaterThan(650)
      expect(label?.x).toBeGreaterThan(box?.x ?? 0)
      expect((label?.x ?? 0) + (label?.width ?? 0)).toBeLessThan((box?.x ?? 0) + (box?.width ?? 0))
    }, SOON)
  }
})

test('what is drawn into a frame while another drags it stays near the frame', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.page.locator('.excalidraw').first().focus()
  await ada.take('selection')
  await ada.page.keyboard.press('f')
  await ada.drag([300, 200], [600, 500])
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await bob.take('selection')
  const { mouse } = bob.page
  await mouse.move(300, 350)
  await mouse.down()
  await mouse.move(310, 350, { steps: 2 })
  await ada.draw('ellipse', [450, 300], [520, 360])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await mouse.move(600, 350, { steps: 40 })
  await mouse.up()
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => {
      const [ellipse] = (await person.elements()).filter(({ type }) => type === 'ellipse')
      expect(ellipse?.x).toBeLessThan(800)
    }, SOON)
  }
})

test('a link that lacks its https:// is made whole, for everybody', async () => {
  const [ada, bob] = await twoAtABox()
  await ada.take('selection')
  await ada.page.mouse.click(300, 350)
  await ada.page.keyboard.press('Control+k')
  await ada.page.locator('.excalidraw-hyperlinkContainer-input').fill('example.com')
  await ada.page.keyboard.press('Enter')
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => expect(await person.elements()).toMatchObject([{ link: 'https://example.com' }]), SOON)
  }
})
