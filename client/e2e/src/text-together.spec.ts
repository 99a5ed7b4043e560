import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { elementsOf } from '@sketchroom/shared/scene/document'
import type { BoardActor, SeenElement } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const AT: [number, number] = [500, 400]

/** Two people at a board on which there is one text, which Ada has written. */
async function twoAtAText(words: string): Promise<[ada: BoardActor, bob: BoardActor]> {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.write(AT, words)
  await ada.page.keyboard.press('Escape')
  await seeWords([ada, bob], words)
  for (const person of [ada, bob]) await person.take('selection')
  return [ada, bob]
}

/** Opens the text, with the caret at its end or at its beginning. */
async function openText(person: BoardActor, caret: 'Home' | 'End'): Promise<void> {
  await person.page.keyboard.press('Escape')
  await person.page.mouse.dblclick(AT[0] + 10, AT[1])
  await person.typeInText('')
  await person.page.keyboard.press(caret)
}

async function texts(person: BoardActor): Promise<(SeenElement & { originalText: string })[]> {
  return (await person.elements()).filter((element) => element.type === 'text') as never
}

async function seeWords(people: readonly BoardActor[], ...expected: string[]): Promise<void> {
  for (const person of people) {
    await vi.waitFor(async () => {
      expect((await texts(person)).map(({ originalText }) => originalText)).toEqual(expected)
    }, SOON)
  }
}

test('two people who write in one text see each other write, and each goes on where they are', async () => {
  const [ada, bob] = await twoAtAText('middle')
  await openText(ada, 'End')
  await openText(bob, 'Home')
  await ada.page.keyboard.type(' end')
  await seeWords([ada, bob], 'middle end')
  await bob.page.keyboard.type('start ')
  await seeWords([ada, bob], 'start middle end')
  await Promise.all([ada.page.keyboard.type(' of Ada'), bob.page.keyboard.type('of Bob ')])
  await seeWords([ada, bob], 'start of Bob middle end of Ada')
  for (const person of [ada, bob]) await person.page.keyboard.press('Escape')
  await seeWords([ada, bob], 'start of Bob middle end of Ada')
  for (const person of [ada, bob]) await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
  const [[atAda], [atBob]] = [await texts(ada), await texts(bob)]
  expect(atAda?.width).toBe(atBob?.width)
})

test('of two who write in one text, one of them offline, both words are there; undo takes only one’s own', async () => {
  const [ada, bob] = await twoAtAText('middle')
  await bob.page.context().setOffline(true)
  await openText(bob, 'Home')
  await bob.page.keyboard.type('Bob ')
  await bob.page.keyboard.press('Escape')
  await openText(ada, 'End')
  await ada.page.keyboard.type(' Ada')
  await ada.page.keyboard.press('Escape')
  await bob.page.context().setOffline(false)
  await seeWords([ada, bob], 'Bob middle Ada')
  await ada.page.keyboard.press('Control+z')
  await seeWords([ada, bob], 'Bob middle')
  await bob.page.keyboard.press('Control+z')
  await seeWords([ada, bob], 'middle')
  await ada.page.keyboard.press('Control+Shift+z')
  await seeWords([ada, bob], 'middle Ada')
})

test('who takes back a text in which another has written takes out their own words, on a slow device too', async () => {
  const [ada, bob] = await twoAtAText('middle')
  await openText(bob, 'End')
  await bob.page.keyboard.type(' Bob')
  await bob.page.keyboard.press('Escape')
  await seeWords([ada, bob], 'middle Bob')
  await ada.page.evaluate(() => {
    const work = () => {
      for (const until = performance.now() + 400; performance.now() < until;);
    }
    document.querySelector('.excalidraw')?.addEventListener('keydown', work, true)
  })
  for (let step = 0; step < 3; step++) await ada.page.keyboard.press('Control+z')
  await seeWords([ada, bob], ' Bob')
  await ada.page.keyboard.press('Control+Shift+z')
  await seeWords([ada, bob], 'middle Bob')
})

test('letters of another that are deleted just before the text is closed are gone', async () => {
  const [ada, bob] = await twoAtAText('middle')
  await openText(bob, 'End')
  await bob.page.keyboard.type('XYZ')
  await bob.page.keyboard.press('Escape')
  await seeWords([ada, bob], 'middleXYZ')
  await openText(ada, 'End')
  for (const key of ['Backspace', 'Backspace', 'Backspace', 'Escape']) await ada.page.keyboard.press(key)
  await seeWords([ada, bob], 'middle')
})

test('while an input method is in the middle of a word, what others write waits', async () => {
  const [ada, bob] = await twoAtAText('middle')
  await openText(ada, 'End')
  await openText(bob, 'Home')
  const input = await ada.page.context().newCDPSession(ada.page)
  const compose = (text: string) =>
    input.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
  await compose('k')
  await bob.page.keyboard.type('Bob ')
  await seeWords([bob], 'Bob middlek')
  await compose('か')
  await seeWords([bob], 'Bob middleか')
  expect(await ada.page.locator('textarea.excalidraw-wysiwyg').inputValue()).toBe('middleか')
  await input.send('Input.insertText', { text: '化' })
  await seeWords([ada, bob], 'Bob middle化')
  await ada.page.keyboard.type('!')
  await seeWords([ada, bob], 'Bob middle化!')
})

test('a box that is resized, and its font that is changed, while another writes in it keep the words', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.draw('rectangle', [400, 300], [600, 400])
  await vi.waitFor(async () => expect(await bob.count()).toBe(1), SOON)
  for (const person of [ada, bob]) await person.take('selection')
  await ada.page.mouse.dblclick(500, 350)
  await ada.typeInText('first')
  await seeWords([bob], 'first')
  await bob.page.mouse.click(400, 350)
  await ada.page.keyboard.type(' second')
  await seeWords([bob], 'first second')
  const fontSize = async () => (await texts(bob)).map((text) => 'fontSize' in text && text.fontSize)[0]
  const before = await fontSize()
  await bob.page.keyboard.press('Control+Shift+.')
  await vi.waitFor(async () => expect(await fontSize()).not.toBe(before), SOON)
  const [box = { x: 0, y: 0, width: 0, height: 0 }] = await bob.elements()
  const [x, y] = await bob.windowPoint({ x: box.x + box.width + 4, y: box.y + box.height + 4 })
  await bob.drag([x, y], [x + 100, y + 50])
  await ada.page.keyboard.type(' third')
  await ada.page.keyboard.press('Escape')
  await seeWords([ada, bob], 'first second third')
  await vi.waitFor(async () => {
    for (const person of [ada, bob]) expect((await person.elements())[0]?.width).toBeGreaterThan(250)
  }, SOON)
  const sizes = async (person: BoardActor) => (await texts(person)).map(({ width, height }) => [width, height])
  await vi.waitFor(async () => expect(await sizes(ada)).toEqual(await sizes(bob)), SOON)
})

test('a text that a client of ten lines writes, without a size, is shown whole and can be picked up', async () => {
  const board = await stage.hostBoard()
  const peer = await board.join('Peer')
  const ada = await stage.enter()
  await ada.open(board.url)
  const text = { type: 'text', xy: [100, 100], words: 'Hello, written by hand' }
  elementsOf(peer.doc).set('hand', new Y.Map<unknown>(Object.entries(text)))
  await seeWords([ada], 'Hello, written by hand')
  await ada.write([500, 600], 'Hello, written by hand')
  await ada.page.keyboard.press('Escape')
  await vi.waitFor(async () => {
    const [byHand, byAda] = await texts(ada)
    expect(byHand?.width).toBe(byAda?.width)
    expect(byHand?.height).toBe(byAda?.height)
  }, SOON)
  expect(peer.stored('hand').has('fit')).toBe(false)
  peer.leave()
})

test('a text that is finished before its font has come is measured again, for everybody, when it has', async () => {
  // What a service worker fetches cannot be held up.
  const ada = await stage.enter({ serviceWorkers: 'block' })
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  await ada.page.route(/Xiaolai/, async (route) => {
    await held
    await route.continue()
  })
  const url = await ada.newBoard()
  const bob = await stage.enter()
  await bob.open(url)
  await ada.write([500, 300], '白板は楽しいです')
  await ada.page.keyboard.press('Escape')
  await seeWords([ada, bob], '白板は楽しいです')
  const [unmeasured] = await texts(ada)
  release()
  // With the font there, a new text of the same letters has the right size at once.
  await vi.waitFor(
    async () =>
      expect(await ada.page.evaluate(() => document.fonts.check('20px Xiaolai', '白板は楽しいです'))).toBe(true),
    SOON,
  )
  await ada.write([500, 500], '白板は楽しいです')
  await ada.page.keyboard.press('Escape')
  for (const person of [ada, bob]) {
    await vi.waitFor(async () => {
      const [before, after] = await texts(person)
      expect(after?.width).not.toBe(unmeasured?.width)
      expect(before?.width).toBe(after?.width)
    }, SOON)
  }
})
