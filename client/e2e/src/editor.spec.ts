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

/** Somebody on a new board with one shape, which is selected. */
async function withOneShape(options = {}): Promise<BoardActor> {
  const ada = await stage.enter(options)
  await ada.newBoard()
  await ada.draw('rectangle', [400, 300], [560, 400])
  await ada.page.mouse.click(400, 350)
  return ada
}

/** The words of a part of the page that one can see, line by line. */
const linesOf = async ({ page }: BoardActor, selector: string) => {
  await page.locator(selector).waitFor()
  return (await page.locator(selector).innerText()).split(/\n+/)
}

test('there is no library: not in the menu of a shape, and not beside the search', async () => {
  const ada = await withOneShape()
  await ada.page.mouse.click(400, 350, { button: 'right' })
  const items = await linesOf(ada, '.context-menu')
  expect(items).toContain('Duplicate')
  expect(items).not.toContain('Add to library')
  const [, ...below] = await ada.page
    .locator('.context-menu > :visible')
    .evaluateAll((shown) => shown.map((item) => item.tagName))
  expect(below.join(' ')).not.toContain('HR HR')

  await ada.page.keyboard.press('Escape')
  await ada.page.locator('.excalidraw').first().focus()
  await ada.page.keyboard.press('Control+f')
  await ada.page.getByPlaceholder(/^Find text on canvas/).waitFor()
  expect(await ada.page.getByRole('tab').filter({ visible: true }).count()).toBe(0)
})

test('the tools are those that work here', async () => {
  const ada = await withOneShape()
  await ada.page.locator('.App-toolbar__extra-tools-trigger').click()
  const tools = await linesOf(ada, '.App-toolbar__extra-tools-dropdown')
  expect(tools).toEqual(['Frame tool', 'F', 'Laser pointer', 'K', 'Generate', 'Mermaid to Excalidraw'])
})

test('no key clears the board for everybody, and none tells of commands that are not here', async () => {
  const ada = await withOneShape()
  for (const key of ['Control+Delete', 'Control+Backspace', 'Control+p', 'Control+/', 'Control+Shift+p', '9']) {
    await ada.page.keyboard.press(key)
  }
  // The editor takes keys one after another: what those did, it has done when this has its effect.
  await ada.page.keyboard.press('Control+d')
  await vi.waitFor(async () => expect(await ada.count()).toBe(2), SOON)
  expect(await ada.page.locator('.Modal').count()).toBe(0)
  expect(await ada.page.locator('.Toast').count()).toBe(0)

  await ada.write([800, 500], 'one two')
  await ada.page.keyboard.press('Control+Backspace')
  await ada.page.keyboard.press('Escape')
  await vi.waitFor(
    async () =>
      expect((await ada.elements()).flatMap((element) => ('text' in element ? [element.text] : []))).toEqual(['one ']),
    SOON,
  )
})

test('the help has the keys of what is here, and no others', async () => {
  const ada = await withOneShape()
  await ada.page.keyboard.press('?')
  const help = await linesOf(ada, '.HelpDialog')
  for (const here of [
    'Text',
    'Eraser',
    'Lock/unlock selection',
    'Toggle grid',
    'Find on canvas',
    'Move canvas',
    'Delete',
  ]) {
    expect(help).toContain(here)
  }
  const elsewhere = [/image/i, /view mode/i, /theme/i, /command palette/i, /reset the canvas/i, /librar/i, /embed/i]
  for (const words of elsewhere) expect(help.filter((line) => words.test(line))).toEqual([])
})

test.each([
  ['drawing.excalidraw', 'application/json', '{"type":"excalidraw","version":2,"elements":[]}'],
  ['shapes.excalidrawlib', '', '{"type":"excalidrawlib","version":2,"libraryItems":[]}'],
  ['picture.png', 'image/png', 'not really'],
])('a dropped %s is refused in words that are true of it', async (name, type, content) => {
  const ada = await withOneShape()
  await ada.page.evaluate(
    (file) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([file.content], file.name, { type: file.type }))
      const canvas = document.querySelector('.excalidraw canvas.interactive')
      const at = { dataTransfer, bubbles: true, cancelable: true, clientX: 500, clientY: 400 }
      for (const kind of ['dragover', 'drop']) canvas?.dispatchEvent(new DragEvent(kind, at))
    },
    { name, type, content },
  )
  expect(await linesOf(ada, '.Toast')).toEqual(['Files cannot be put on a board yet.'])
  expect(await ada.count()).toBe(1)
})

test('the link to an object leads to it, also on a device that has the board from before', async () => {
  const ada = await withOneShape({ permissions: ['clipboard-read', 'clipboard-write'] })
  const bob = await stage.enter()
  await bob.open(ada.page.url())
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(1), SOON)
  await bob.page.goto('about:blank')

  await ada.draw('ellipse', [900, 600], [1000, 700])
  await ada.page.mouse.click(900, 650, { button: 'right' })
  await ada.page.locator('.context-menu').getByText('Copy link to object').click()
  await ada.page.locator('.Toast').waitFor()
  const link = await ada.page.evaluate(() => navigator.clipboard.readText())
  await vi.waitFor(async () => expect(await ada.status()).toBe('Saved'), SOON)

  await bob.open(link)
  await vi.waitFor(async () => expect(await bob.elements()).toHaveLength(2), SOON)
  const farFromIt = async () => {
    const linked = (await bob.elements()).find(({ type }) => type === 'ellipse')
    const { x, y, zoom } = await bob.viewport()
    const center = [(linked?.x ?? 0) + 50, (linked?.y ?? 0) + 50] as const
    return Math.hypot(x + 640 / zoom - center[0], y + 375 / zoom - center[1])
  }
  await vi.waitFor(async () => expect(await farFromIt()).toBeLessThan(60), SOON)
  expect(await bob.page.locator('.Toast').count()).toBe(0)
})

test.each([
  ['a flowchart', 'flowchart TD\n A[Start] --> B{Done}\n B -->|Yes| C[End]', ['Start', 'Done', 'End', 'Yes']],
  ['a sequence diagram', 'sequenceDiagram\n Ada->>Bob: Hello\n Bob-->>Ada: Hi', ['Ada', 'Bob', 'Hello', 'Hi']],
  ['a class diagram', 'classDiagram\n class Duck { +swim() }\n Animal <|-- Duck', ['Animal', 'Duck']],
  ['a state diagram', 'stateDiagram-v2\n [*] --> Still\n Still --> Moving', ['Still', 'Moving']],
  ['an ER diagram', 'erDiagram\n CUSTOMER ||--o{ ORDER : places', ['CUSTOMER', 'ORDER', 'places']],
])('%s in Mermaid is inserted as shapes with its words', async (_, definition, words) => {
  const ada = await stage.enter()
  await ada.newBoard()
  await ada.insertMermaid(definition)
  const elements = await ada.elements()
  const written = elements.flatMap((element) => ('originalText' in element ? [element.originalText] : []))
  expect(written).toEqual(expect.arrayContaining(words))
  expect(elements.filter(({ type }) => type === 'arrow' || type === 'line').length).toBeGreaterThan(0)
  expect(elements.filter(({ type }) => type === 'image')).toEqual([])
})
