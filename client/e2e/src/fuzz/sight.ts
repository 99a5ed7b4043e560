import type { BoardActor } from '../board-actor.ts'
import { gripsOf, inWindow, isOnPaper, type View } from './places.ts'
import type { Point } from './script.ts'
import { type WholeElement, wholeEditor } from './whole-editor.ts'

/** The box in which the editor lets one write. */
export const OPEN_TEXT = 'textarea.excalidraw-wysiwyg'

/** An element, and where in the window it can be taken. */
export interface Grip {
  readonly element: WholeElement
  readonly at: Point
  readonly name: string
}

/** What somebody sees when they are about to do something. */
export class Sight {
  readonly view: View
  readonly textIsOpen: boolean
  readonly #elements: readonly WholeElement[]

  private constructor(view: View, elements: readonly WholeElement[], textIsOpen: boolean) {
    this.view = view
    this.#elements = elements
    this.textIsOpen = textIsOpen
  }

  /** Looks at the board; `home` brings the drawing's origin back to the corner of the window first. */
  static async take(person: BoardActor, { textIsOpen, home }: { textIsOpen: boolean; home: boolean }): Promise<Sight> {
    const editor = await wholeEditor(person)
    const json = await editor.evaluate((present, goHome) => {
      const { state, scene } = present
      const { offsetLeft, offsetTop } = state
      let { scrollX, scrollY } = state
      if (goHome && (scrollX !== 0 || scrollY !== 0 || state.zoom.value !== 1)) {
        scrollX = scrollY = 0
        present.setState({ scrollX, scrollY, zoom: { value: 1 } })
      }
      return JSON.stringify([{ scrollX, scrollY, offsetLeft, offsetTop }, scene.getNonDeletedElements()])
    }, home)
    const [view, elements] = JSON.parse(json) as [View, readonly WholeElement[]]
    return new Sight(view, elements, textIsOpen)
  }

  /** The element that a pick (0 to 1) means, of those that can be taken; undefined when there is none. */
  grip(pick: number, types?: readonly string[]): Grip | undefined {
    const grips = this.#elements.flatMap((element) => {
      if (element.locked || (types && !types.includes(element.type))) return []
      const at = gripsOf(element)
        .map((grip) => inWindow(grip, this.view))
        .find(isOnPaper)
      return at ? [{ element, at, name: `${element.type} ${element.id.slice(0, 5)}` }] : []
    })
    return grips[Math.floor(pick * grips.length)]
  }
}
