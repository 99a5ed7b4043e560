import type { Page } from 'playwright-core'

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

type Tool = 'rectangle' | 'ellipse' | 'freedraw' | 'selection'
const KEYS: Record<Tool, string> = { rectangle: 'r', ellipse: 'o', freedraw: 'p', selection: 'v' }

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

  /** Resolves when the canvas can be drawn on or looked at. */
  async ready(): Promise<void> {
    await this.page.locator('.excalidraw canvas.interactive').waitFor({ timeout: 30_000 })
  }

  /** Draws from one point of the window to another, by way of `through`. */
  async draw(
    tool: Tool,
    from: [number, number],
    to: [number, number],
    through: Array<[number, number]> = [],
  ): Promise<void> {
    await this.page.keyboard.press('Escape')
    await this.page.keyboard.press(KEYS[tool])
    await this.drag(from, to, through)
  }

  /** Presses the mouse at one point and lets go at another. */
  async drag(from: [number, number], to: [number, number], through: Array<[number, number]> = []): Promise<void> {
    const { mouse } = this.page
    await mouse.move(...from)
    await mouse.down()
    for (const point of through) await mouse.move(...point)
    await mouse.move(...to, { steps: 8 })
    await mouse.up()
  }

  /** What the canvas shows, lowest first, without what was deleted. */
  elements(): Promise<SeenElement[]> {
    return this.page.evaluate(() => {
      interface Fiber {
        return: Fiber | null
        stateNode: { scene?: { getNonDeletedElements(): SeenElement[] } } | null
      }
      const root = document.querySelector('.excalidraw')
      const key = root && Object.keys(root).find((name) => name.startsWith('__reactFiber$'))
      let fiber = root && key ? (root as unknown as Record<string, Fiber>)[key] : undefined
      while (fiber) {
        const scene = fiber.stateNode?.scene
        if (scene) return JSON.parse(JSON.stringify(scene.getNonDeletedElements())) as SeenElement[]
        fiber = fiber.return ?? undefined
      }
      return []
    })
  }

  /** The words beside the name that say whether the board is saved. */
  async status(): Promise<string> {
    return (await this.page.locator('.status-badge').first().innerText()).trim()
  }
}
