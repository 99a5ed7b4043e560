import { orderKeysBetween } from '@sketchroom/shared/scene/fractional-index'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import type { Peer } from './peer.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

const COUNT = 5_000

/** Fills a board with shapes and texts, side by side, as the format's documentation has it. */
function fill(peer: Peer): void {
  const order = orderKeysBetween(null, null, COUNT)
  const elements = peer.doc.getMap('elements')
  peer.doc.transact(() => {
    peer.doc.getMap('meta').set('schema', 1)
    for (const [i, index] of order.entries()) {
      const [column, row] = [i % 100, Math.floor(i / 100)]
      const type = ['rectangle', 'ellipse', 'diamond', 'text'][i % 4]
      const size = type === 'text' ? { words: 'note', fit: [40, 25] } : { wh: [44, 30] }
      const created = { type, index, xy: [column * 60, row * 50], seed: i, ...size }
      const o = new TextEncoder().encode(JSON.stringify(created))
      elements.set(`element-${i}`, new Y.Map([['o', o]]))
    }
  })
}

test('a board of 5,000 elements opens and stays usable; a remote edit rebuilds one element only', async () => {
  const board = await stage.hostBoard()
  const peer = await board.join('bot')
  fill(peer)
  const [ada, witness] = [await stage.enter(), await board.join('witness')]
  await vi.waitFor(() => expect(witness.elements().size).toBe(COUNT), SOON)
  await ada.open(board.url)
  await vi.waitFor(async () => expect(await ada.count()).toBe(COUNT), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  await ada.draw('rectangle', [400, 300], [640, 460])
  const drawn = () => [...peer.elements()].find(([id]) => !id.startsWith('element-'))
  await vi.waitFor(() => expect(drawn()?.[1]).toMatchObject({ type: 'rectangle' }), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  const replaced = await ada.noteObjects()
  peer.stored('element-2550').set('backgroundColor', '#ffc9c9')
  await vi.waitFor(async () => expect(await replaced()).toEqual(['element-2550']), SOON)
  const seen = (await ada.elements()).find(({ id }) => id === 'element-2550')
  expect(seen).toMatchObject({ x: 50 * 60, y: 25 * 50, backgroundColor: '#ffc9c9' })

  const [id, before] = drawn() ?? []
  const [x, y] = (before?.keys.xy ?? []) as number[]
  const { zoom } = await ada.viewport()
  await ada.take('selection')
  await ada.drag([400, 380], [470, 450])
  const moved = [x, y].map((place = NaN) => expect.closeTo(place + 70 / zoom, 3))
  await vi.waitFor(() => expect(peer.elements().get(id ?? '')?.keys.xy).toEqual(moved), SOON)
  for (const client of [peer, witness]) client.leave()
})
