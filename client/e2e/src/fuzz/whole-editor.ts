import type { JSHandle } from 'playwright-core'
import type { BoardActor } from '../board-actor.ts'

/** What a binding of an arrow is, as far as it matters here. */
interface End {
  readonly elementId: string
}

/** An element with whatever Excalidraw has in it. */
export interface WholeElement {
  readonly id: string
  readonly type: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly angle: number
  readonly locked: boolean
  readonly isDeleted: boolean
  readonly groupIds: readonly string[]
  readonly frameId?: string | null
  readonly boundElements?: readonly { readonly id: string; readonly type: string }[] | null
  readonly points?: ReadonlyArray<readonly [number, number]>
  readonly containerId?: string | null
  readonly originalText?: string
  readonly startBinding?: End | null
  readonly endBinding?: End | null
}

/** As much of Excalidraw's component as the fuzzer looks at. */
export interface WholeEditor {
  readonly scene: {
    getNonDeletedElements(): readonly WholeElement[]
    getElementsIncludingDeleted(): readonly WholeElement[]
  }
  readonly history: { readonly undoStack: readonly unknown[]; readonly redoStack: readonly unknown[] }
  readonly state: {
    readonly scrollX: number
    readonly scrollY: number
    readonly offsetLeft: number
    readonly offsetTop: number
    readonly zoom: { readonly value: number }
    readonly selectedElementIds: Readonly<Record<string, boolean>>
    readonly editingTextElement: WholeElement | null
    readonly newElement: WholeElement | null
  }
  setState(state: object): void
  getElementAtPosition(x: number, y: number, options: object): WholeElement | null
}

/** The editor of somebody who is at a board. */
export async function wholeEditor(person: BoardActor): Promise<JSHandle<WholeEditor>> {
  return (await person.editor()) as unknown as JSHandle<WholeEditor>
}
