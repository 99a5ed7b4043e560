import type { JSHandle, Locator, Page } from 'playwright-core'
import { vi } from 'vitest'
import { SOON } from './soon.ts'

/** An element as the canvas shows it. */
export interface SeenElement {
  readonly id: string
  readonly type: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly strokeColor: string
  readonly backgroundColor: string
  readonly points?: ReadonlyArray<readonly [number, number]>
}

/** Where somebody's cursor is, in the drawing's coordinates. */
export interface SeenCursor {
  readonly name: string
  readonly x: number
  readonly y: number
}

/** The part of Excalidraw's own component that tells what it shows. */
export interface Editor {
  readonly scene: { getNonDeletedElements(): SeenElement[] }
  readonly state: {
    readonly scrollX: number
    readonly scrollY: number
    readonly zoom: { readonly value: number }
    readonly collaborators: ReadonlyMap<
      string,
      { readonly username: string; readonly pointer?: { readonly x: number; readonly y: number } }
    >
  }
}

type Tool = 'rectangle' | 'ellipse' | 'freedraw' | 'selection' | 'text'
const KEYS: Record<Tool, string> = { rectangle: 'r', ellipse: 'o', freedraw: 'p', selection: 'v', text: 't' }

/** Somebody at a board, with a mouse, a keyboard and eyes. */
export class BoardActor {
  readonly page: Page
  readonly #origin: string

  constructor(page: Page, origin: string) {
    this.page = page
    this.#origin = origin
  }

  /** From the home page to a new board; answers its address. */
  async newBoard(): Promise<string> {
    await this.page.goto(this.#origin)
    await this.page.getByRole('button', { name: 'New board' }).first().click()
    await this.page.waitForURL(/\/r\/[\w-]+$/)
    await this.ready()
    return this.page.url()
  }

  /** Opens a board by its link. */
  async open(url: string): Promise<void> {
    await this.page.goto(url)
    await this.ready()
  }

  /** Resolves when the canvas can be looked at. Its tools come when the server has said that one may draw. */
  async ready(): Promise<void> {
    await this.page.locator('.excalidraw canvas.interactive').waitFor({ timeout: 30_000 })
  }

  /** Takes a tool by its key, as soon as there are tools: before that the editor takes no key for one. */
  async take(tool: Tool): Promise<void> {
    await this.page.getByTestId(`toolbar-${tool}`).waitFor({ state: 'attached', timeout: 30_000 })
    await this.#press(tool)
  }

  /** Resolves when all that the app stores for offline is on the device. */
  async kept(): Promise<void> {
    const isKept = () =>
      this.page.evaluate(async () => {
        const names = await caches.keys()
        const files = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
        // The last of it.
        return files.flat().some(({ url }) => url.includes('/assets/image-'))
      })
    // Not Vitest's: rounds are played without it, too.
    const deadline = performance.now() + SOON.timeout
    while (!(await isKept())) {
      if (performance.now() > deadline) throw new Error('not all is stored')
      await this.page.waitForTimeout(SOON.interval)
    }
  }

  /** Takes the network away, and with it what the browser keeps by itself: only what the app has stored is left. */
  async goOffline(): Promise<void> {
    const context = this.page.context()
    await (await context.newCDPSession(this.page)).send('Network.clearBrowserCache')
    await context.setOffline(true)
  }

  /** Draws from one point of the window to another. */
  async draw(tool: Tool, from: [number, number], to: [number, number]): Promise<void> {
    await this.take(tool)
    await this.drag(from, to)
  }

  /** Does what would draw, whether there are tools or not. */
  async tryToDraw(tool: Tool, from: [number, number], to: [number, number]): Promise<void> {
    await this.#press(tool)
    await this.drag(from, to)
  }

  /** Writes at a point of the window; the text is still open. */
  async write(at: [number, number], words: string): Promise<void> {
    await this.take('text')
    await this.page.mouse.click(...at)
    await this.typeInText(words)
  }

  /** Types into the text that is opening. */
  async typeInText(words: string): Promise<void> {
    await this.page.locator('textarea.excalidraw-wysiwyg:focus').waitFor({ state: 'attached', timeout: 30_000 })
    await this.page.keyboard.type(words)
  }

  /** Puts a Mermaid diagram on the board. */
  async insertMermaid(definition: string): Promise<void> {
    const before = await this.count()
    await this.take('selection')
    await this.page.locator('.App-toolbar__extra-tools-trigger').click()
    await this.page.getByText('Mermaid to Excalidraw').click()
    const dialog = this.page.locator('.ttd-dialog')
    await dialog.locator('.ttd-dialog-input').fill(definition)
    await dialog.locator('.ttd-dialog-output-canvas-container canvas').waitFor({ timeout: 30_000 })
    await vi.waitFor(async () => {
      if ((await dialog.count()) > 0) await dialog.getByRole('button', { name: 'Insert' }).click()
      if ((await this.count()) <= before) throw new Error('nothing was inserted')
    }, SOON)
  }

  /** Presses the mouse at one point and lets go at another. */
  async drag(from: [number, number], to: [number, number]): Promise<void> {
    const { mouse } = this.page
    await mouse.move(...from)
    await mouse.down()
    await mouse.move(...to, { steps: 8 })
    await mouse.up()
  }

  /** Excalidraw's own component, found as React's developer tools find it; undefined while there is none. */
  editor(): Promise<JSHandle<Editor | undefined>> {
    return this.page.evaluateHandle(() => {
      interface Fiber {
        return: Fiber | null
        stateNode: { scene?: unknown } | null
      }
      const root = document.querySelector('.excalidraw')
      const key = root && Object.keys(root).find((name) => name.startsWith('__reactFiber$'))
      let fiber = root && key ? (root as unknown as Record<string, Fiber>)[key] : undefined
      while (fiber && !fiber.stateNode?.scene) fiber = fiber.return ?? undefined
      return fiber?.stateNode as Editor | undefined
    })
  }

  /** What the canvas shows, lowest first, without what was deleted. */
  async elements(): Promise<SeenElement[]> {
    const editor = await this.editor()
    const json = await editor.evaluate((present) => JSON.stringify(present?.scene.getNonDeletedElements() ?? []))
    return JSON.parse(json) as SeenElement[]
  }

  /** How many elements the canvas shows: cheaper to ask than all of them. */
  async count(): Promise<number> {
    const editor = await this.editor()
    return editor.evaluate((present) => present?.scene.getNonDeletedElements().length ?? 0)
  }

  /** Remembers the objects that stand for the elements now; the answer tells which have been replaced since. */
  async noteObjects(): Promise<() => Promise<string[]>> {
    const editor = await this.editor()
    const known = await editor.evaluateHandle(
      (present) => new Map(present?.scene.getNonDeletedElements().map((element) => [element.id, element])),
    )
    return () =>
      editor.evaluate(
        (present, before) =>
          (present?.scene.getNonDeletedElements() ?? []).flatMap((element) =>
            before.get(element.id) === element ? [] : [element.id],
          ),
        known,
      )
  }

  /** The others' cursors on the canvas. */
  async cursors(): Promise<SeenCursor[]> {
    const editor = await this.editor()
    return editor.evaluate((present) =>
      [...(present?.state.collaborators.values() ?? [])].flatMap(({ username, pointer }) =>
        pointer ? [{ name: username, x: pointer.x, y: pointer.y }] : [],
      ),
    )
  }

  /** Which part of the drawing is seen: what lies at the canvas's top left corner, and the zoom. */
  async viewport(): Promise<{ x: number; y: number; zoom: number }> {
    const editor = await this.editor()
    return editor.evaluate((present) => ({
      x: Math.round(-(present?.state.scrollX ?? 0)),
      y: Math.round(-(present?.state.scrollY ?? 0)),
      zoom: present?.state.zoom.value ?? 0,
    }))
  }

  /** Where a place of the drawing is in the window. */
  async windowPoint(place: { readonly x: number; readonly y: number }): Promise<[number, number]> {
    const { x, y, zoom } = await this.viewport()
    const canvas = await this.page.locator('.excalidraw canvas.interactive').boundingBox()
    return [(place.x - x) * zoom + (canvas?.x ?? 0), (place.y - y) * zoom + (canvas?.y ?? 0)]
  }

  /** Opens the Share dialog. */
  async share(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'Share', exact: true }).click()
    const dialog = this.page.getByRole('dialog', { name: /^Share/ })
    await dialog.waitFor()
    return dialog
  }

  /** Chooses in the Share dialog who the link lets in; resolves when the server has taken it. */
  async letIn(choice: RegExp): Promise<void> {
    const dialog = await this.share()
    // The choice is shown before the server has answered.
    const answer = this.page.waitForResponse((response) => response.request().method() === 'PATCH')
    await dialog.getByRole('radio', { name: choice }).check()
    if (!(await answer).ok()) throw new Error(`the server refused ${choice}`)
    await dialog.getByRole('button', { name: 'Close' }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  /** What this person is called on the board. */
  async name(): Promise<string> {
    const label = await this.page.getByRole('button', { name: /^Account: / }).getAttribute('aria-label')
    return label?.slice('Account: '.length) ?? ''
  }

  /** The words beside the name that say whether the board is saved. */
  async status(): Promise<string> {
    return (await this.page.locator('.status-badge').first().innerText()).trim()
  }

  async #press(tool: Tool): Promise<void> {
    // As a press on the canvas would: the editor hears the keyboard only when it has the focus.
    await this.page.locator('.excalidraw').first().focus()
    await this.page.keyboard.press('Escape')
    await this.page.keyboard.press(KEYS[tool])
  }
}
