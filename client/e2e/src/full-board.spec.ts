import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { BoardActor } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

const MOST = 5

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open({ mayRefuse: true, environment: { MAX_BOARD_ELEMENTS: `${MOST}` } })
})
afterAll(() => stage.close())

const FULL = /^This board is full · \d+ changes? kept on this device$/
/** A place for each element, in a row below the notice. */
const at = (n: number): { from: [number, number]; to: [number, number] } => ({
  from: [300 + n * 100, 350],
  to: [370 + n * 100, 420],
})

async function saved(person: BoardActor, count: number): Promise<void> {
  await vi.waitFor(async () => expect(await person.count()).toBe(count), SOON)
  await vi.waitFor(async () => expect(await person.status()).toBe('Saved'), SOON)
}

/** Where an element can be taken hold of, in the window: the notice moves the canvas. */
async function edgeOf(person: BoardActor, n: number): Promise<[number, number]> {
  const element = (await person.elements())[n]
  if (!element) throw new Error(`there is no element ${n}`)
  return await person.windowPoint({ x: element.x + 1, y: element.y + element.height / 2 })
}

async function removeFirst(person: BoardActor): Promise<void> {
  // By its id: as soon as there is room, what others could not save comes in its place.
  const [first] = await person.elements()
  const isThere = async () => (await person.elements()).some(({ id }) => id === first?.id)
  await person.take('selection')
  // The notice may come or go, and move the canvas, between the look and the press.
  await vi.waitFor(async () => {
    if (!(await isThere())) return
    await person.page.mouse.click(...(await edgeOf(person, 0)))
    await person.page.keyboard.press('Delete')
    await vi.waitFor(async () => expect(await isThere()).toBe(false), { timeout: 5_000 })
  }, SOON)
}

test('a full board says so, everything but growth goes on, and what did not fit is saved when there is room', async () => {
  const [ada, bob] = [await stage.enter(), await stage.enter()]
  const url = await ada.newBoard()
  for (let n = 0; n < MOST; n++) await ada.draw('rectangle', at(n).from, at(n).to)
  await saved(ada, MOST)
  await bob.open(url)
  await saved(bob, MOST)

  await ada.draw('ellipse', at(MOST).from, at(MOST).to)
  await ada.page.getByText('This board is full.').waitFor()
  await vi.waitFor(async () => expect(await ada.status()).toMatch(FULL), SOON)
  // The notice has not pushed the canvas away beneath the pen.
  expect((await ada.elements()).at(-1)).toMatchObject({ type: 'ellipse', width: 70, height: 70 })
  const isTold = await ada.page.getByRole('alert').innerText()
  expect(isTold).toMatch(/^This board is full\. \d+ changes? of yours (?:is|are) only on this device/)
  expect(isTold).toContain('Delete something to make room')

  // What is there can be changed, and the others see it.
  const [first] = await ada.elements()
  await ada.take('selection')
  const [x, y] = await edgeOf(ada, 0)
  await ada.drag([x, y], [x, y + 200])
  await vi.waitFor(async () => expect((await bob.elements())[0]?.y).toBe((first?.y ?? 0) + 200), SOON)
  expect(await bob.count()).toBe(MOST)
  expect(await bob.status()).toBe('Saved')

  // Another person is told the same, of what is theirs.
  await bob.draw('ellipse', [300, 650], [370, 720])
  await vi.waitFor(async () => expect(await bob.status()).toMatch(FULL), SOON)
  await bob.page.getByText('This board is full.').waitFor()

  // The drawing goes out as a file, with what did not fit.
  const downloading = ada.page.waitForEvent('download')
  await ada.page.getByRole('button', { name: 'Save as a file' }).click()
  const file = JSON.parse(await readFile(await (await downloading).path(), 'utf8')) as { elements: object[] }
  expect(file.elements).toHaveLength(MOST + 1)

  await ada.page.reload()
  await ada.ready()
  await vi.waitFor(async () => expect(await ada.status()).toMatch(FULL), SOON)
  expect(await ada.count()).toBe(MOST + 1)

  await removeFirst(bob)
  await removeFirst(bob)
  for (const person of [ada, bob]) await saved(person, MOST)
  for (const person of [ada, bob]) {
    expect((await person.elements()).filter(({ type }) => type === 'ellipse')).toHaveLength(2)
    expect(await person.page.getByText('This board is full.').count()).toBe(0)
  }
  // What every other story must not find.
  expect(stage.refusals().join()).toContain('"rule":"G16"')
})
