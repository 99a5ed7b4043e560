import { isElementLink } from '@excalidraw/excalidraw'
import type { ExcalidrawImperativeAPI } from '@excalidraw/excalidraw/types'

/** The element may come with the server's drawing; a view that jumps later than this would startle. In milliseconds. */
const SEEK_MS = 10_000

/** The element or group that the page's address names, as "Copy link to object" writes it, and the way there. */
export class LinkedElement {
  readonly #api: ExcalidrawImperativeAPI
  #seekUntil = 0

  constructor(api: ExcalidrawImperativeAPI) {
    this.#api = api
  }

  /** Goes there when a board opens: now, or when `arrived` finds it in the drawing. */
  seek(): void {
    if (!isElementLink(location.href)) return
    // The editor has looked for it already, before there was a drawing, and said that it is not there.
    this.#api.setToast(null)
    this.#seekUntil = Date.now() + SEEK_MS
    this.arrived()
  }

  /** Says that there is more of the drawing. */
  arrived(): void {
    if (Date.now() > this.#seekUntil) return
    const sought = new URL(location.href).searchParams.get('element') ?? ''
    const isSought = ({ id, groupIds }: { id: string; groupIds: readonly string[] }) =>
      id === sought || groupIds.includes(sought)
    if (!this.#api.getSceneElements().some(isSought)) return
    this.#seekUntil = 0
    this.#api.scrollToContent(location.href, { animate: false })
  }
}
