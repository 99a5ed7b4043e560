import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'
import { storedRooms } from './stored-rooms.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ keepsApp: true })
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const typesSeenBy = async (person: BoardActor) => (await person.elements()).map(({ type }) => type)
const button = (person: BoardActor, name: string) => person.page.getByRole('button', { name, exact: true })

/** Ada's board with a rectangle, and Bob on it, who has drawn an ellipse without the network. */
async function bobDrawsOffline(): Promise<{ ada: BoardActor; bob: BoardActor; url: string }> {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  const bob = await stage.enter()
  await bob.open(url)
  await vi.waitFor(async () => expect(await typesSeenBy(bob)).toEqual(['rectangle']), SOON)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  // What another tab is loaded from.
  await bob.page.evaluate(() => navigator.serviceWorker.ready)
  await bob.page.context().setOffline(true)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Offline'), SOON)
  await bob.draw('ellipse', [700, 300], [820, 400])
  await vi.waitFor(async () => expect(await bob.status()).toMatch(/^Offline · \d+ changes? kept/), SOON)
  return { ada, bob, url }
}

/** Presses "Save a copy", and resolves when the copy is on the screen and the server has it. */
async function saveCopy(bob: BoardActor, url: string): Promise<void> {
  await button(bob, 'Save a copy as a board of mine').click()
  await bob.page.waitForURL((address) => address.href !== url && /\/r\/[\w-]+$/.test(address.href))
  await bob.ready()
  await vi.waitFor(async () => expect(await typesSeenBy(bob)).toEqual(['rectangle', 'ellipse']), SOON)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
}

test('who was made a viewer saves what they drew before as a board of their own, and sees the board as it is', async () => {
  const { ada, bob, url } = await bobDrawsOffline()
  await ada.letIn(/can view$/)
  await bob.page.context().setOffline(false)
  await bob.page.getByText('You can only view this board now.').waitFor()
  expect(await typesSeenBy(bob)).toEqual(['rectangle', 'ellipse'])

  await saveCopy(bob, url)
  expect(await bob.page.getByRole('heading', { level: 1 }).innerText()).toBe('Copy of Untitled board')
  await bob.open(url)
  await vi.waitFor(async () => expect(await bob.status()).toBe('View only'), SOON)
  expect(await typesSeenBy(bob)).toEqual(['rectangle'])
  expect(await typesSeenBy(ada)).toEqual(['rectangle'])
})

test('who was made a viewer discards what they drew before: asked once, and then it is gone', async () => {
  const { ada, bob } = await bobDrawsOffline()
  await ada.letIn(/can view$/)
  await bob.page.context().setOffline(false)
  await button(bob, 'Discard…').click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Keep', exact: true }).click()
  expect(await typesSeenBy(bob)).toEqual(['rectangle', 'ellipse'])

  await button(bob, 'Discard…').click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
  await vi.waitFor(async () => expect(await bob.status()).toBe('View only'), SOON)
  await vi.waitFor(async () => expect(await typesSeenBy(bob)).toEqual(['rectangle']), SOON)
  expect(await button(bob, 'Discard…').count()).toBe(0)
  await bob.page.reload()
  await bob.ready()
  await vi.waitFor(async () => expect(await typesSeenBy(bob)).toEqual(['rectangle']), SOON)
})

test('what is discarded in one tab is let go of in the others, which send nothing of it when they may again', async () => {
  const { ada, bob, url } = await bobDrawsOffline()
  const other = new BoardActor(await bob.page.context().newPage(), stage.origin)
  await other.open(url)
  await vi.waitFor(async () => expect(await typesSeenBy(other)).toEqual(['rectangle', 'ellipse']), SOON)
  await ada.letIn(/can view$/)
  await bob.page.context().setOffline(false)
  for (const tab of [bob, other]) await button(tab, 'Discard…').waitFor()

  await button(bob, 'Discard…').click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
  for (const tab of [other, bob]) {
    await vi.waitFor(async () => expect(await typesSeenBy(tab)).toEqual(['rectangle']), SOON)
    await vi.waitFor(async () => expect(await tab.status()).toBe('View only'), SOON)
    expect(await button(tab, 'Discard…').count()).toBe(0)
  }
  await ada.letIn(/can edit$/)
  for (const tab of [other, bob]) await vi.waitFor(async () => expect(await tab.status()).toBe('Saved'), SOON)
  // What the other tab draws goes through after what it could have sent before.
  await other.draw('freedraw', [500, 500], [600, 600])
  for (const person of [ada, bob, other]) {
    await vi.waitFor(async () => expect(await typesSeenBy(person)).toEqual(['rectangle', 'freedraw']), SOON)
  }
})

test('who may edit again has their changes sent, and is asked nothing any more', async () => {
  const { ada, bob } = await bobDrawsOffline()
  await ada.letIn(/can view$/)
  await bob.page.context().setOffline(false)
  await bob.page.getByText('You can only view this board now.').waitFor()
  await ada.letIn(/can edit$/)
  await vi.waitFor(async () => expect(await bob.status()).toBe('Saved'), SOON)
  await vi.waitFor(async () => expect(await typesSeenBy(ada)).toEqual(['rectangle', 'ellipse']), SOON)
  expect(await bob.page.getByText('You can only view this board now.').count()).toBe(0)
})

test('who was shut out saves what they drew as a file, and what the device has goes when they discard it', async () => {
  const { ada, bob } = await bobDrawsOffline()
  await ada.letIn(/^Private$/)
  await bob.page.context().setOffline(false)
  await bob.page.getByText(/of yours that the server does not have/).waitFor()
  // After a reload, too, when no session is open any more.
  await bob.page.reload()
  const downloading = bob.page.waitForEvent('download')
  await button(bob, 'Save as a file').click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('Untitled board.excalidraw')
  const file = JSON.parse(await readFile(await download.path(), 'utf8')) as { type: string; elements: object[] }
  expect(file).toMatchObject({ type: 'excalidraw', elements: [{ type: 'rectangle' }, { type: 'ellipse' }] })
  expect(await storedRooms(bob.page)).toHaveLength(1)

  await button(bob, 'Discard…').click()
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
  await vi.waitFor(async () => expect(await storedRooms(bob.page)).toEqual([]), SOON)
  await vi.waitFor(async () => expect(await button(bob, 'Save as a file').count()).toBe(0), SOON)
})

test('who was shut out has nothing of the board on the device when nothing of theirs would be lost', async () => {
  const ada = await stage.enter()
  const url = await ada.newBoard()
  const [bob, carl] = [await stage.enter(), await stage.enter()]
  for (const person of [bob, carl]) {
    await person.open(url)
    await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
    await vi.waitFor(async () => expect(await storedRooms(person.page)).toHaveLength(1), SOON)
  }
  // Bob is there when it happens; Carl comes back afterwards, when his browser has forgotten to open it at once.
  await carl.page.goto(stage.origin)
  await carl.page.evaluate(() => {
    for (const key of Object.keys(localStorage)) if (key.startsWith('sketchroom.rooms')) localStorage.removeItem(key)
  })
  await ada.letIn(/^Private$/)
  await bob.page.getByText('You no longer have access').waitFor()
  await vi.waitFor(async () => expect(await storedRooms(bob.page)).toEqual([]), SOON)
  await carl.page.goto(url)
  await carl.page.locator('.message-page h1').waitFor()
  await vi.waitFor(async () => expect(await storedRooms(carl.page)).toEqual([]), SOON)
})

test('what was drawn on a board that was deleted meanwhile becomes a board of one’s own', async () => {
  const { ada, bob, url } = await bobDrawsOffline()
  await ada.page.goto(stage.origin)
  await ada.page.getByRole('button', { name: /^Actions for/ }).click()
  await ada.page.getByRole('menuitem', { name: 'Delete' }).click()
  await ada.page.getByText('was deleted.').waitFor()
  await bob.page.context().setOffline(false)
  await bob.page.getByText(/of yours that the server does not have/).waitFor()
  await saveCopy(bob, url)
  expect((await storedRooms(bob.page)).map(([, roomId]) => roomId)).toEqual([bob.page.url().split('/').at(-1)])
})

test('a copy that cannot be made now says so, and nothing is lost', async () => {
  const { ada, bob } = await bobDrawsOffline()
  await ada.letIn(/^Private$/)
  await bob.page.context().setOffline(false)
  await button(bob, 'Save a copy as a board of mine').waitFor()
  await bob.page.context().setOffline(true)
  await button(bob, 'Save a copy as a board of mine').click()
  await bob.page
    .getByRole('alert')
    .getByText(/server/i)
    .last()
    .waitFor()
  expect(await storedRooms(bob.page)).toHaveLength(1)
  expect(await button(bob, 'Save as a file').isVisible()).toBe(true)
})
