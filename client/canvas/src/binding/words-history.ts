import * as Y from 'yjs'
import type { ElementId } from '@sketchroom/shared/ids'

/** Of more texts than this the steps are not kept. */
const MAX_TEXTS = 100
/** What a text will say for the editor when a step is taken back. */
const TARGET = 'target'

interface TextSteps {
  readonly text: Y.Text
  readonly manager: Y.UndoManager
  /** See `TARGET`, of the step that is being made. */
  target: string | undefined
}

/**
 * Takes back, or does again, what a person did to the words of a text. The editor's history knows a text only as a
 * whole, with what others have written in it at that time. Here a step is the letters that this person inserted and
 * deleted (Yjs keeps them), found again by what the editor makes the text say.
 */
export class WordsHistory {
  readonly #origin: object
  readonly #texts = new Map<ElementId, TextSteps>()

  constructor(origin: object) {
    this.#origin = origin
  }

  /**
   * Begins a step: whatever is written into the text from now on. The editor will make the text say `target` again when
   * the step is taken back; undefined when it cannot be.
   */
  begin(id: ElementId, text: Y.Text, target: string | undefined): void {
    const steps = this.#stepsOf(id, text)
    steps.manager.stopCapturing()
    steps.target = target
  }

  /**
   * Takes back the step after which the editor makes the text say `target`, which is itself a step: from there the
   * editor comes back to `shown`. False when there is no such step. To be called in a transaction of this origin.
   */
  takeBack(id: ElementId, text: Y.Text, target: string, shown: string): boolean {
    const { manager } = this.#stepsOf(id, text)
    const at = manager.undoStack.findLastIndex(({ meta }) => meta.get(TARGET) === target)
    const [step] = at < 0 ? [] : manager.undoStack.splice(at, 1)
    if (!step) return false
    // It takes the next step when one turns out to have nothing left to take back.
    const others = manager.undoStack
    manager.undoStack = [step]
    this.begin(id, text, shown)
    manager.undo()
    manager.undoStack = others
    return true
  }

  /** Forgets everything. */
  destroy(): void {
    for (const { manager } of this.#texts.values()) manager.destroy()
    this.#texts.clear()
  }

  #stepsOf(id: ElementId, text: Y.Text): TextSteps {
    const known = this.#texts.get(id)
    this.#texts.delete(id)
    if (known && known.text !== text) known.manager.destroy()
    const steps = known?.text === text ? known : this.#follow(text)
    this.#texts.set(id, steps)
    const oldest = this.#texts.size > MAX_TEXTS ? this.#texts.entries().next().value : undefined
    if (oldest) {
      oldest[1].manager.destroy()
      this.#texts.delete(oldest[0])
    }
    return steps
  }

  #follow(text: Y.Text): TextSteps {
    const manager = new Y.UndoManager(text, {
      trackedOrigins: new Set([this.#origin]),
      // A step ends when another begins, however long it takes.
      captureTimeout: Number.POSITIVE_INFINITY,
    })
    const steps: TextSteps = { text, manager, target: undefined }
    manager.on('stack-item-added', ({ stackItem }: { stackItem: { meta: Map<string, unknown> } }) => {
      stackItem.meta.set(TARGET, steps.target)
    })
    return steps
  }
}
