import type { Page } from 'playwright-core'
import type { DrawingTool, Point } from './script.ts'

const TOOL_KEYS: Readonly<Record<DrawingTool | 'selection' | 'text' | 'eraser', string>> = {
  selection: 'v',
  rectangle: 'r',
  diamond: 'd',
  ellipse: 'o',
  arrow: 'a',
  line: 'l',
  freedraw: 'p',
  frame: 'f',
  text: 't',
  eraser: 'e',
}

/** Somebody's hand: on the keys, or at the mouse, whose button it may hold down from one act to another. */
export class Hand {
  readonly #page: Page
  #at: Point = [700, 400]
  #holds = false

  constructor(page: Page) {
    this.#page = page
  }

  /** Whether the mouse's button is down. */
  get holds(): boolean {
    return this.#holds
  }

  async press(keys: string, times = 1): Promise<void> {
    for (let i = 0; i < times; i++) await this.#page.keyboard.press(keys)
  }

  async take(tool: keyof typeof TOOL_KEYS): Promise<void> {
    await this.press(TOOL_KEYS[tool])
  }

  async click(at: Point, { withShift = false } = {}): Promise<void> {
    if (withShift) await this.#page.keyboard.down('Shift')
    await this.#page.mouse.click(...at)
    if (withShift) await this.#page.keyboard.up('Shift')
  }

  /** Presses the button at a point and keeps it down. */
  async grab(at: Point): Promise<void> {
    await this.#page.mouse.move(...at)
    await this.#page.mouse.down()
    this.#holds = true
    this.#at = at
  }

  async move([dx, dy]: Point): Promise<void> {
    this.#at = [this.#at[0] + dx, this.#at[1] + dy]
    await this.#page.mouse.move(...this.#at, { steps: 5 })
  }

  async release(): Promise<void> {
    if (this.#holds) await this.#page.mouse.up()
    this.#holds = false
  }

  async drag(from: Point, by: Point): Promise<void> {
    await this.grab(from)
    await this.move(by)
    await this.release()
  }
}
