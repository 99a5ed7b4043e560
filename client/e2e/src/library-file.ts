import type { BoardActor } from './board-actor.ts'

/** An element of a library file, not checked: what people's files have in them. */
export type FileElement = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string }

/** Where an element's or a group's id stands. */
const NAMES_ONE = new Set(['id', 'containerId', 'frameId', 'elementId', 'groupIds', 'boundElementIds'])

/**
 * The elements of a public `.excalidrawlib` file, of version 1 (`library`: lists of elements) or 2 (`libraryItems`),
 * without what was deleted in it. Items may use each other's ids: each item gets ids of its own.
 */
export function elementsOfLibrary(json: string): FileElement[] {
  const file = JSON.parse(json) as {
    readonly library?: readonly (readonly FileElement[])[]
    readonly libraryItems?: readonly { readonly elements?: readonly FileElement[] }[]
  }
  const items = file.library ?? file.libraryItems?.map(({ elements }) => elements ?? []) ?? []
  return items.flatMap((elements, item) => {
    const renamed = (value: unknown, key: string): unknown => {
      if (typeof value === 'string') return NAMES_ONE.has(key) ? `${item}-${value}` : value
      if (Array.isArray(value)) return value.map((inner) => renamed(inner, key))
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, renamed(inner, name)]))
    }
    return elements.filter(({ isDeleted }) => isDeleted !== true).map((each) => renamed(each, '') as FileElement)
  })
}

/** Puts elements on the board as people do: from the clipboard, which needs the browser's permission. */
export async function pasteElements({ page }: BoardActor, elements: readonly FileElement[]): Promise<void> {
  const clip = JSON.stringify({ type: 'excalidraw/clipboard', elements })
  await page.evaluate((text) => navigator.clipboard.writeText(text), clip)
  await page.locator('.excalidraw').first().focus()
  await page.mouse.move(640, 420)
  await page.keyboard.press('Control+v')
}
