import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { elementsOf } from '@sketchroom/shared/scene/document'
import type { BoardActor } from './board-actor.ts'
import type { Peer } from './peer.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

/** Ada at a board on which a client without an editor has written these elements. */
async function openWith(
  elements: Readonly<Record<string, object>>,
  options?: BrowserContextOptions,
): Promise<{ ada: BoardActor; peer: Peer }> {
  const board = await stage.hostBoard()
  const peer = await board.join('Peer')
  peer.doc.transact(() => {
    for (const [id, keys] of Object.entries(elements)) {
      elementsOf(peer.doc).set(id, new Y.Map<unknown>(Object.entries(keys)))
    }
  })
  const ada = await stage.enter(options)
  await ada.open(board.url)
  await ada.take('selection')
  return { ada, peer }
}

const NOTE = { type: 'stickynote', xy: [300, 200], wh: [160, 120], text: 'Remember', tone: { name: 'warm' } }
/** Those of the document that are not deleted, by kind. */
const ofType = (peer: Peer, type: string) =>
  [...peer.elements()].filter(([, values]) => values.type === type && values.keys.isDeleted !== true)

async function clickOn(person: BoardActor, place: { x: number; y: number }): Promise<void> {
  await person.page.mouse.click(...(await person.windowPoint(place)))
}

test('an element of a kind that is not known here is shown, moved and copied, and stays what it is', async () => {
  const { ada, peer } = await openWith({ note: NOTE })
  await vi.waitFor(async () => expect(await ada.count()).toBe(1), SOON)
  expect(await ada.elements()).toMatchObject([{ type: 'rectangle', x: 300, y: 200, width: 160, height: 120 }])
  await clickOn(ada, { x: 380, y: 320 })
  await ada.page.keyboard.press('ArrowRight')
  await vi.waitFor(() => expect(peer.elements().get('note')?.keys.xy).not.toEqual([300, 200]), SOON)
  await ada.page.keyboard.press('Control+d')
  await vi.waitFor(() => expect(ofType(peer, 'stickynote')).toHaveLength(2), SOON)
  for (const [, { keys }] of ofType(peer, 'stickynote')) {
    expect(keys.rest).toEqual({ text: 'Remember', tone: { name: 'warm' } })
  }
  expect(peer.stored('note').get('type')).toBe('stickynote')
  await ada.page.keyboard.press('Delete')
  await vi.waitFor(() => expect(ofType(peer, 'stickynote')).toHaveLength(1), SOON)
  peer.leave()
})

test('who colours an element of a kind that is not known here is told that it stays as it is, and sees so', async () => {
  const { ada, peer } = await openWith({ note: NOTE })
  await vi.waitFor(async () => expect(await ada.count()).toBe(1), SOON)
  const colour = async () => (await ada.elements())[0]?.strokeColor
  const quiet = await colour()
  await clickOn(ada, { x: 380, y: 320 })
  await ada.page.getByTestId('color-top-pick-#e03131').click()
  await ada.page.getByText('Not all of this can be kept on a board').waitFor()
  await vi.waitFor(async () => expect(await colour()).toBe(quiet), SOON)
  expect(peer.stored('note').has('strokeColor')).toBe(false)
  peer.leave()
})

test('what is copied from a newer Excalidraw is pasted with its bindings and its unknown kinds', async () => {
  const { ada, peer } = await openWith({}, { permissions: ['clipboard-read', 'clipboard-write'] })
  const box = { id: 'box', type: 'rectangle', x: 0, y: 0, width: 120, height: 80, backgroundColor: '#a5d8ff' }
  const note = { id: 'note', type: 'stickynote', x: 300, y: 0, width: 120, height: 80, text: 'Hi', seed: 1 }
  const points = [
    [0, 0],
    [170, 0],
  ]
  const tie = (elementId: string, at: number) => ({ elementId, mode: 'orbit', fixedPoint: [at, 0.5] })
  const arrow = { id: 'arrow', type: 'arrow', x: 125, y: 40, width: 170, height: 0, points, elbowed: false }
  const elements = [
    { ...box, boundElements: [{ id: 'arrow', type: 'arrow' }] },
    note,
    { ...arrow, startBinding: tie('box', 1), endBinding: tie('note', 0) },
  ]
  await ada.page.evaluate(
    (text) => navigator.clipboard.writeText(text),
    JSON.stringify({ type: 'excalidraw/clipboard', elements }),
  )
  await ada.page.mouse.move(600, 400)
  await ada.page.locator('.excalidraw').first().focus()
  await ada.page.keyboard.press('Control+v')
  await vi.waitFor(async () => expect(await ada.count()).toBe(3), SOON)
  await vi.waitFor(() => expect(peer.elements().size).toBe(3), SOON)
  const [noteId, boxId] = ['stickynote', 'rectangle'].map((type) => ofType(peer, type)[0]?.[0])
  expect(ofType(peer, 'stickynote')[0]?.[1].keys.rest).toMatchObject({ text: 'Hi' })
  expect(ofType(peer, 'arrow')[0]?.[1].keys).toMatchObject({
    startBinding: { elementId: boxId, mode: 'orbit', focus: 0 },
    endBinding: { elementId: noteId, mode: 'orbit', focus: 0 },
  })
  // The arrow goes with its box.
  const arrowNow = async () => (await ada.elements()).find(({ type }) => type === 'arrow')
  const before = await arrowNow()
  const seen = (await ada.elements()).find(({ id }) => id === boxId)!
  await ada.page.keyboard.press('Escape')
  const [x, y] = await ada.windowPoint({ x: seen.x + 60, y: seen.y + 40 })
  await ada.drag([x, y], [x, y + 150])
  await vi.waitFor(async () => expect((await arrowNow())?.y).toBeGreaterThan((before?.y ?? 0) + 50), SOON)
  peer.leave()
})

const TEXT = { type: 'text', xy: [400, 300], words: 'All alone', fontSize: 36 }
const BOX = { type: 'rectangle', xy: [700, 500], wh: [100, 100] }
test.each<[string, Readonly<Record<string, object>>]>([
  [
    'the label of a deleted box',
    { it: { ...TEXT, containerId: 'box' }, box: { ...BOX, xy: [380, 290], wh: [200, 80], isDeleted: true } },
  ],
  [
    'the label of a deleted arrow',
    { it: { ...TEXT, containerId: 'box' }, box: { type: 'arrow', from: [300, 310], to: [600, 310], isDeleted: true } },
  ],
  ['a label of nothing', { it: { ...TEXT, containerId: 'nobody' } }],
  ['a label of itself', { it: { ...TEXT, containerId: 'it' } }],
  [
    'labels of each other',
    { it: { ...TEXT, containerId: 'other' }, other: { ...TEXT, xy: [900, 600], containerId: 'it' } },
  ],
  [
    'a second text in a line',
    { it: { ...TEXT, containerId: 'line' }, line: { type: 'line', from: [700, 500], to: [800, 500] } },
  ],
  [
    'a text in a frame that takes no label',
    { it: { ...TEXT, containerId: 'frame' }, frame: { type: 'frame', xy: [700, 500], wh: [100, 100] } },
  ],
  [
    'something in a frame that is gone',
    { it: { ...TEXT, frameId: 'frame' }, frame: { type: 'frame', xy: [700, 500], wh: [100, 100], isDeleted: true } },
  ],
])('%s can be picked up and taken away', async (_, elements) => {
  const { ada, peer } = await openWith(elements)
  await vi.waitFor(async () => expect((await ada.elements()).map(({ id }) => id)).toContain('it'), SOON)
  const it = (await ada.elements()).find(({ id }) => id === 'it')!
  await clickOn(ada, { x: it.x + it.width / 2, y: it.y + it.height / 2 })
  await ada.page.keyboard.press('Delete')
  await vi.waitFor(() => expect(peer.elements().get('it')?.keys.isDeleted).toBe(true), SOON)
  await vi.waitFor(async () => expect((await ada.elements()).map(({ id }) => id)).not.toContain('it'), SOON)
  peer.leave()
})

test('of frames that are in each other, each can be picked up and taken away', async () => {
  const frame = (x: number, frameId: string) => ({ type: 'frame', xy: [x, 300], wh: [200, 150], frameId })
  const { ada, peer } = await openWith({ one: frame(200, 'other'), other: frame(600, 'one') })
  await vi.waitFor(async () => expect(await ada.count()).toBe(2), SOON)
  for (const [id, x] of [
    ['one', 200],
    ['other', 600],
  ] as const) {
    await clickOn(ada, { x: x + 100, y: 450 })
    await ada.page.keyboard.press('Delete')
    await vi.waitFor(() => expect(peer.elements().get(id)?.keys.isDeleted).toBe(true), SOON)
  }
  await vi.waitFor(async () => expect(await ada.count()).toBe(0), SOON)
  peer.leave()
})

test('a board that a newer version begins to write is only looked at from then on, and asks for a reload', async () => {
  const { ada, peer } = await openWith({ box: BOX })
  await vi.waitFor(async () => expect(await ada.count()).toBe(1), SOON)
  await ada.take('rectangle')
  peer.doc.getMap('meta').set('schema', 2)
  await vi.waitFor(async () => expect(await ada.status()).toMatch(/reload/i), SOON)
  await ada.page.getByTestId('toolbar-rectangle').waitFor({ state: 'detached' })
  await ada.tryToDraw('rectangle', [400, 300], [500, 400])
  peer.doc.getMap('elements').set('late', new Y.Map<unknown>(Object.entries({ ...BOX, xy: [100, 500] })))
  await vi.waitFor(async () => expect((await ada.elements()).map(({ id }) => id).sort()).toEqual(['box', 'late']), SOON)
  expect([...peer.elements().keys()].sort()).toEqual(['box', 'late'])
  peer.leave()
})
