import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

test('a plain y-websocket client and a browser draw on one board', async () => {
  const board = await stage.hostBoard()
  const [ada, peer] = [await stage.enter(), await board.join('bot')]
  await ada.open(board.url)

  // As the README writes it.
  const id = randomUUID()
  const rectangle = new Y.Map(Object.entries({ type: 'rectangle', xy: [40, 40], wh: [160, 90] }))
  peer.doc.getMap('elements').set(id, rectangle)
  const seen = { id, type: 'rectangle', x: 40, y: 40, width: 160, height: 90 }
  await vi.waitFor(async () => expect(await ada.elements()).toMatchObject([seen]), SOON)

  await ada.draw('ellipse', [700, 300], [820, 400])
  const ellipseOf = () => [...peer.elements()].find(([, { type }]) => type === 'ellipse')
  await vi.waitFor(() => expect(ellipseOf()?.[1].keys).toMatchObject({ wh: [120, 100] }), SOON)
  const [ellipse] = ellipseOf() ?? []
  const drawn = (await ada.elements()).find((element) => element.id === ellipse)
  expect(ellipseOf()?.[1].keys).toMatchObject({ xy: [drawn?.x, drawn?.y] })

  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  const replaced = await ada.noteObjects()
  peer.stored(id).set('strokeColor', '#e03131')
  await vi.waitFor(async () => {
    const recoloured = (await ada.elements()).find((element) => element.id === id)
    expect(recoloured).toMatchObject({ ...seen, strokeColor: '#e03131' })
  }, SOON)
  expect(await replaced()).toEqual([id])
  peer.leave()
})

test('a y-websocket client that may only look sees the drawing, and what it writes reaches nobody', async () => {
  const board = await stage.hostBoard()
  const [ada, viewer] = [await stage.enter(), await board.join('looker', 'viewer')]
  await ada.open(board.url)
  await ada.draw('rectangle', [400, 300], [500, 380])
  await vi.waitFor(() => expect(viewer.elements().size).toBe(1), SOON)
  viewer.doc.getMap('elements').set('forbidden', new Y.Map(Object.entries({ type: 'ellipse' })))
  await ada.draw('rectangle', [600, 300], [700, 380])
  const other = await board.join('other')
  await vi.waitFor(() => expect(other.elements().size).toBe(2), SOON)
  expect(other.doc.getMap('elements').has('forbidden')).toBe(false)
  expect((await ada.elements()).map(({ type }) => type)).toEqual(['rectangle', 'rectangle'])
  for (const client of [viewer, other]) client.leave()
})
