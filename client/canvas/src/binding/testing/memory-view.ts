import type { ElementId } from '@sketchroom/shared/ids'
import { applyOperation, type EditedElement, type SceneOperation } from '@sketchroom/shared/testing/scene-operations'
import type { Gesture, SceneView, ViewElement } from '../scene-view.ts'

/** An editor without a screen: changes elements in place, as the real one does. */
export class MemoryView implements SceneView {
  elements: readonly ViewElement[] = []
  /** How often the binding has shown something. */
  applied = 0
  /** The keys that the person has been told are not kept. */
  readonly notKept: string[] = []
  gesture: Gesture = { pointerDown: false, held: new Set() }
  /** What the binding wants to know; set after it is made. */
  onChange: () => void = () => {}
  readonly #name: string
  #made = 0

  constructor(name = 'view') {
    this.#name = name
  }

  getElements(): readonly ViewElement[] {
    return this.elements
  }

  applyRemote(elements: readonly ViewElement[]): void {
    this.applied++
    this.elements = elements
    this.onChange()
  }

  getGesture(): Gesture {
    return this.gesture
  }

  tellNotKept(keys: readonly string[]): void {
    this.notKept.push(...keys)
  }

  endGesture(): void {
    this.gesture = { pointerDown: false, held: new Set() }
  }

  /** Does what a person does. */
  do(operation: SceneOperation): void {
    const elements: EditedElement[] = [...this.elements]
    applyOperation(elements, operation, () => `${this.#name}-${this.#made++}`)
    this.elements = elements
    this.onChange()
  }

  /** Changes one element in place. */
  edit(id: ElementId, changes: Readonly<Record<string, unknown>>): void {
    const element = this.get(id)
    Object.assign(element, changes, { version: element.version + 1, versionNonce: element.versionNonce + 1 })
    this.onChange()
  }

  /** Puts the pointer down on elements, or lifts it. */
  press(...held: ElementId[]): void {
    this.gesture = { pointerDown: true, held: new Set(held) }
    this.onChange()
  }

  release(): void {
    this.gesture = { pointerDown: false, held: new Set() }
    this.onChange()
  }

  get(id: ElementId): ViewElement {
    const element = this.elements.find((candidate) => candidate.id === id)
    if (!element) throw new Error(`the view has no ${id}`)
    return element
  }
}
