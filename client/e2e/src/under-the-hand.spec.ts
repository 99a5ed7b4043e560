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

/** Two people at a new board. */
async function two(): Promise<[ada: BoardActor, bob: BoardActor]> {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await bob.take('selection')
  return [ada, bob]
}

async function deleteAll(person: BoardActor): Promise<void> {
  await person.page.locator('.excalidraw').first().focus()
  await person.page.keyboard.press('Control+a')
  await person.page.keyboard.press('Delete')
  await vi.waitFor(async () => expect(await person.count()).toBe(0), SOON)
  await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
}

const words = async (person: BoardActor) =>
  (await person.elements()).flatMap((element) => ('originalText' in element ? [element.originalText] : []))

/** What both have, when it is the same and all of it is saved. */
async function bothSee(people: readonly BoardActor[], expected: readonly string[]): Promise<void> {
  for (const person of people) {
    await vi.waitFor(async () => expect(await words(person)).toEqual(expected), SOON)
    await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
  }
}

test('a text that another deletes while somebody writes in it stays, with all that is written', async () => {
  const [ada, bob] = await two()
  await ada.write([500, 400], 'before')
  await bothSee([bob], ['before'])
  await deleteAll(bob)
  await ada.page.keyboard.type(' and after')
  await ada.page.keyboard.press('Escape')
  await bothSee([ada, bob], ['before and after'])
})

test('a text that another deletes after the last letter, while it is still open, stays', async () => {
  const [ada, bob] = await two()
  await ada.write([500, 400], 'all of it')
  await bothSee([ada, bob], ['all of it'])
  await deleteAll(bob)
  await ada.page.keyboard.press('Escape')
  await bothSee([ada, bob], ['all of it'])
})

test('a stroke that another deletes while it is drawn stays, as a whole', async () => {
  const [ada, bob] = await two()
  const { mouse } = ada.page
  await ada.take('freedraw')
  await mouse.move(300, 300)
  await mouse.down()
  await mouse.move(500, 320, { steps: 10 })
  await vi.waitFor(async () => expect((await bob.elements())[0]?.width).toBeGreaterThan(195), SOON)
  await deleteAll(bob)
  await mouse.move(700, 300, { steps: 10 })
  await mouse.up()
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => {
      const [stroke] = await person.elements()
      expect(stroke?.width).toBeGreaterThan(390)
    }, SOON)
  }
})

test('a label whose box another deletes while it is written stays, with its box', async () => {
  const [ada, bob] = await two()
  await ada.draw('rectangle', [400, 300], [600, 400])
  await ada.take('selection')
  await ada.page.mouse.dblclick(500, 350)
  await ada.typeInText('label')
  await bothSee([bob], ['label'])
  await deleteAll(bob)
  await ada.page.keyboard.type(' of Ada')
  await ada.page.keyboard.press('Escape')
  await bothSee([ada, bob], ['label of Ada'])
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => {
      const [box, label] = await person.elements()
      expect(box).toMatchObject({ type: 'rectangle', width: 200 })
      expect(label).toMatchObject({ type: 'text', containerId: box?.id })
    }, SOON)
  }
})

test('a label that is rewritten offline, while its box is deleted, stays', async () => {
  const [ada, bob] = await two()
  await ada.draw('rectangle', [400, 300], [600, 400])
  await ada.take('selection')
  await ada.page.mouse.dblclick(500, 350)
  await ada.typeInText('label')
  await ada.page.keyboard.press('Escape')
  await bothSee([bob], ['label'])
  await ada.page.context().setOffline(true)
  await ada.page.keyboard.press('Escape')
  await ada.page.mouse.dblclick(500, 350)
  await ada.typeInText('rewritten')
  await ada.page.keyboard.press('Escape')
  await deleteAll(bob)
  await ada.page.context().setOffline(false)
  await bothSee([ada, bob], ['rewritten'])
  expect(await ada.count()).toBe(1)
})

test('what is in hand and not written yet is not called saved', async () => {
  const [ada, bob] = await two()
  await ada.draw('rectangle', [300, 300], [400, 400])
  await vi.waitFor(async () => expect(await bob.count()).toBe(1), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  const { mouse } = ada.page
  await ada.take('selection')
  await mouse.move(300, 350)
  await mouse.down()
  await mouse.move(350, 350, { steps: 5 })
  await vi.waitFor(async () => expect(await ada.status()).not.toBe('Saved'), { timeout: 900, interval: 20 })
  await mouse.up()
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
})
