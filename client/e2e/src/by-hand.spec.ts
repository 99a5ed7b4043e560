import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { YJS_PATH } from '@sketchroom/shared/api/paths'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import type { BoardActor, SeenElement } from './board-actor.ts'
import { SOON } from './soon.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.clear())
afterAll(() => stage.close())

type Place = readonly [x: number, y: number]

/** What the client in the README has when it has drawn. */
interface Client {
  readonly doc: Y.Doc
  readonly provider: WebsocketProvider
}

const README = new URL('../../../shared/src/scene/README.md', import.meta.url)

/** The client as it stands in the README of the drawing's format: what it draws, and how it goes. */
function readClient(): { code: string; end: string } {
  const [, section = ''] = readFileSync(README, 'utf8').split('## A client that draws a labelled box and an arrow')
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(section) ?? []
  expect(code.split('\n').length).toBeLessThan(60)
  const [drawing = '', end = ''] = code.split('// And then, to leave:\n')
  return { code: drawing, end }
}

/** Runs it in this process. It stays. */
async function runClient(serverUrl: string, roomId: string, token: string): Promise<Client> {
  const lines = readClient().code.trim().split('\n')
  const body = lines.filter((line) => !line.startsWith('import ')).join('\n')
  const names = 'Y, WebsocketProvider, serverUrl, roomId, token'
  const source = `export default async (${names}) => {\n${body}\nreturn { doc, provider }\n}`
  const { default: run } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    default: (...args: unknown[]) => Promise<Client>
  }
  return run(Y, WebsocketProvider, serverUrl, roomId, token)
}

/** Somebody at the board on which the client has drawn, and what it drew, as the client has it. */
async function openDrawing() {
  const board = await stage.hostBoard()
  const serverUrl = stage.origin.replace(/^http/, 'ws') + YJS_PATH
  const { doc, provider } = await runClient(serverUrl, board.id, await board.tokenFor('by hand'))
  onTestFinished(() => {
    provider.destroy()
    doc.destroy()
  })

  const elements = [...doc.getMap<Y.Map<unknown>>('elements')].map(([id, keys]) => ({ id, keys }))
  const find = (key: string, value: unknown) => {
    const found = elements.find(({ id, keys }) => (key === 'id' ? id : keys.get(key)) === value)
    if (found === undefined) throw new Error(`the client has nothing with ${key} ${String(value)}`)
    return found
  }
  const [label, arrow] = [find('type', 'text'), find('type', 'arrow')]
  const box = find('id', label.keys.get('containerId'))
  const next = find('id', (arrow.keys.get('endBinding') as { elementId: string }).elementId)

  const ada = await stage.enter()
  await ada.open(board.url)
  await vi.waitFor(async () => expect(await ada.elements()).toHaveLength(elements.length), SOON)
  /** An element as she sees it. */
  const see = async ({ id }: { id: string }): Promise<SeenElement> => {
    const seen = (await ada.elements()).find((element) => element.id === id)
    if (seen === undefined) throw new Error(`${id} is not shown`)
    return seen
  }
  return { ada, see, box, label, next, arrow }
}

/** The way from a place of the drawing to the one in somebody's window. */
async function intoWindow(person: BoardActor): Promise<(place: Place) => [number, number]> {
  const { x, y, zoom } = await person.viewport()
  const canvas = await person.page.locator('.excalidraw canvas.interactive').boundingBox()
  return (place) => [(canvas?.x ?? 0) + (place[0] - x) * zoom, (canvas?.y ?? 0) + (place[1] - y) * zoom]
}

/** How wide the widest of these lines is in somebody's browser, in the font of the label. */
const measure = ({ page }: BoardActor, lines: string[]) =>
  page.evaluate((measured) => {
    const context = document.createElement('canvas').getContext('2d')
    if (!context) throw new Error('this browser cannot measure')
    context.font = '20px Excalifont'
    return Math.max(...measured.map((line) => context.measureText(line).width))
  }, lines)

const middleOf = ({ x, y, width, height }: SeenElement): Place => [x + width / 2, y + height / 2]

/** Expects a place, to this many decimals. */
const about = (place: Place, decimals: number) => place.map((at) => expect.closeTo(at, decimals) as number)

/** Where an end is, less the box that it was put there for. */
const placeOf = (end: unknown) => (end as unknown[]).slice(0, 2)

/** How far a place is from an element that it lies outside of. */
function distance(element: SeenElement, [x, y]: Place): number {
  const [right, bottom] = [element.x + element.width, element.y + element.height]
  return Math.hypot(Math.max(element.x - x, 0, x - right), Math.max(element.y - y, 0, y - bottom))
}

/** Where an arrow begins and ends. */
function endsOf({ x, y, points = [] }: SeenElement): [Place, Place] {
  const [dx, dy] = points.at(-1) ?? [0, 0]
  return [
    [x, y],
    [x + dx, y + dy],
  ]
}

test('what the client of the README draws is a drawing like any other', async () => {
  const { ada, see, box, label, next, arrow } = await openDrawing()
  const tiedArrow = { id: arrow.id, type: 'arrow' }
  expect(await see(box)).toMatchObject({ boundElements: [{ id: label.id, type: 'text' }, tiedArrow] })
  expect(await see(next)).toMatchObject({ boundElements: [tiedArrow] })
  expect(await see(arrow)).toMatchObject({
    startBinding: { elementId: box.id },
    endBinding: { elementId: next.id },
    endArrowhead: 'arrow',
  })

  expect(await see(label)).toMatchObject({ containerId: box.id, originalText: 'Plan the next release' })
  const seenBox = await see(box)
  await vi.waitFor(async () => {
    const seen = await see(label)
    expect(seen).toMatchObject({ text: 'Plan the next\nrelease', height: 50 })
    expect(Math.abs(seen.width - (await measure(ada, ['Plan the next', 'release'])))).toBeLessThanOrEqual(1)
    expect(middleOf(seen)).toEqual(about(middleOf(seenBox), 0))
  }, SOON)
})

test('the client of the README ends by itself, as a program of its own, and what it drew is there', async () => {
  const board = await stage.hostBoard()
  const serverUrl = stage.origin.replace(/^http/, 'ws') + YJS_PATH
  const { code, end } = readClient()
  const known = Object.entries({ serverUrl, roomId: board.id, token: await board.tokenFor('by hand') })
  const constants = known.map(([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`)
  const input = `${constants.join('')}${code}${end}`
  // Beside the packages that it imports.
  const cwd = new URL('.', import.meta.url)
  const { status, stderr, error } = spawnSync(process.execPath, ['--input-type=module', '-'], {
    cwd,
    input,
    timeout: 20_000,
    encoding: 'utf8',
  })
  expect({ status, stderr, error }).toEqual({ status: 0, stderr: '', error: undefined })
  const peer = await board.join('who looks')
  onTestFinished(() => peer.leave())
  await vi.waitFor(() => expect(peer.elements().size).toBe(4), SOON)
})

test('people and the client of the README change one drawing', async () => {
  const { ada, see, box, label, next, arrow } = await openDrawing()
  const boxBefore = await see(box)
  const place = await intoWindow(ada)
  await ada.take('selection')
  const [x, y] = place([boxBefore.x + 10, boxBefore.y + 8])
  await ada.drag([x, y], [x + 40, y + 180])

  const boxMoved = await see(box)
  expect(boxMoved).toMatchObject({ x: boxBefore.x + 40, y: boxBefore.y + 180 })
  expect(middleOf(await see(label))).toEqual(about(middleOf(boxMoved), 0))
  const seenArrow = await see(arrow)
  const [start, end] = endsOf(seenArrow)
  expect(distance(boxMoved, start)).toBeCloseTo(5, 0)
  expect(distance(await see(next), end)).toBeCloseTo(5, 0)

  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  await vi.waitFor(() => {
    expect(box.keys.get('xy')).toEqual([boxMoved.x, boxMoved.y])
    expect(placeOf(arrow.keys.get('from'))).toEqual(about(start, 2))
    expect(placeOf(arrow.keys.get('to'))).toEqual(about(end, 2))
  }, SOON)

  await ada.page.mouse.dblclick(...place(middleOf(boxMoved)))
  await ada.typeInText('Ship it')
  await ada.page.keyboard.press('Escape')
  const words = label.keys.get('words') as Y.Text
  await vi.waitFor(() => expect(words.toJSON()).toBe('Ship it'), SOON)
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)
  words.insert(words.length, ' soon')
  await vi.waitFor(async () => expect(await see(label)).toMatchObject({ text: 'Ship it soon' }), SOON)
})
