import type { ElementId } from '@sketchroom/shared/ids'
import { elementOf, type ElementValues, valuesOf } from '@sketchroom/shared/scene/codec'
import type { Measure } from '@sketchroom/shared/scene/scene-reader'
import { shiftCaret, type WordEdit } from '@sketchroom/shared/scene/word-edits'
import { applyOperation, type EditedElement, type SceneOperation } from '@sketchroom/shared/testing/scene-operations'
import { EditLog } from '../edit-log.ts'
import type { Gesture, HistoryStep, SceneView, ViewElement } from '../scene-view.ts'

/** An editor without a screen: changes elements in place, as the real one does. */
export class MemoryView implements SceneView {
  elements: readonly ViewElement[] = []
  /** How often the binding has shown something. */
  applied = 0
  /** What the binding called the person's own, each time that it has shown something. */
  readonly theirs: ElementId[][] = []
  /** The keys that the person has been told are not kept. */
  readonly notKept: string[] = []
  gesture: Gesture = { pointerDown: false, held: new Set() }
  /** What the editor's history is doing. */
  step: HistoryStep | undefined
  /** How this editor measures; without it, it cannot. */
  measure: Measure = () => undefined
  /** How this editor finds the way of an elbow arrow; without it, it cannot. */
  routeElbow: (id: ElementId) => ElementValues | undefined = () => undefined
  /** Whether an input method is in the middle of a word. */
  isComposing = false
  /** What the binding wants to know; set after it is made. */
  onChange: () => void = () => {}
  readonly #name: string
  readonly #typed = new EditLog()
  #made = 0

  constructor(name = 'view') {
    this.#name = name
  }

  getElements(): readonly ViewElement[] {
    return this.elements
  }

  applyRemote(elements: readonly ViewElement[], theirs: ReadonlySet<ElementId> = new Set()): void {
    this.applied++
    this.theirs.push([...theirs])
    this.elements = elements
    this.onChange()
  }

  getGesture(): Gesture {
    return this.gesture
  }

  tellNotKept(keys: readonly string[]): void {
    this.notKept.push(...keys)
  }

  changeOpenText(words: string, edits: readonly WordEdit[]): boolean {
    const { text } = this.gesture
    if (!text || this.isComposing) return false
    this.gesture = { ...this.gesture, text: { ...text, caret: shiftCaret(text.caret, edits) } }
    this.edit(text.id, { originalText: words, text: words, width: 1 + words.length * 10 })
    return true
  }

  typedBetween(before: string, after: string): readonly WordEdit[] | undefined {
    return this.#typed.between(before, after)
  }

  /** Opens a text to write in it, with the caret behind so many letters; at its end, unless told otherwise. */
  open(id: ElementId, caret = this.wordsOf(id).length): void {
    this.gesture = { pointerDown: false, held: new Set([id]), text: { id, caret } }
    this.onChange()
  }

  /** Types at the caret, or deletes so many letters before it. */
  type(letters: string, deleted = 0): void {
    const { text } = this.gesture
    if (!text) throw new Error('no text is open')
    const before = this.wordsOf(text.id)
    const words = before.slice(0, text.caret - deleted) + letters + before.slice(text.caret)
    const caret = text.caret - deleted + letters.length
    this.#typed.note(before, [{ at: text.caret - deleted, deleted, inserted: letters }], words)
    this.gesture = { ...this.gesture, text: { ...text, caret } }
    this.edit(text.id, { originalText: words, text: words, width: 1 + words.length * 10 })
  }

  /** What a text says. */
  wordsOf(id: ElementId): string {
    return (this.get(id) as unknown as { originalText: string }).originalText
  }

  historyStep(): HistoryStep | undefined {
    return this.step
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

  /** Puts an element in, as pasting does. */
  add(id: ElementId, properties: Readonly<Record<string, unknown>>): void {
    const element = elementOf(id, valuesOf(properties)!)
    this.elements = [...this.elements, { ...element, version: 1, versionNonce: 1, updated: 1 }]
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
