import type { JSHandle } from 'playwright-core'
import type { WholeEditor } from './whole-editor.ts'

/** What an act did, as the page saw it in the moment of each key and button. */
export interface Testimony {
  /** Words that the person saw when a key or button that may delete was pressed, and does not see any more. */
  readonly gone: readonly string[]
  /** What the act was done to, with what moves along: labels, bound arrows, what is in a frame. */
  readonly touched: readonly string[]
}

interface Witness {
  seen: Set<string>
  touched: Set<string>
}
type WitnessedWindow = typeof globalThis & { fuzzWitness?: Witness }

/** Begins to watch an act in the page: between it and the test, words of others may arrive and go. */
export async function watchAct(editor: JSHandle<WholeEditor>): Promise<void> {
  await editor.evaluate((present) => {
    const { fuzzWitness: watching } = globalThis as WitnessedWindow
    if (watching) {
      watching.seen.clear()
      watching.touched.clear()
      return
    }
    const witness: Witness = { seen: new Set(), touched: new Set() }
    Object.assign(globalThis, { fuzzWitness: witness })
    const note = (event: Event) => {
      const { state, scene } = present
      for (const id of Object.keys(state.selectedElementIds)) witness.touched.add(id)
      for (const element of [state.editingTextElement, state.newElement]) if (element) witness.touched.add(element.id)
      if (event.type !== 'keydown' && event.type !== 'pointerup') return
      const { target } = event
      const word = /j[bcmnuz]+y/g
      if (!(target instanceof HTMLTextAreaElement)) {
        const texts = scene.getNonDeletedElements().map(({ originalText = '' }) => originalText)
        for (const seen of texts.join(' ').match(word) ?? []) witness.seen.add(seen)
        return
      }
      // In a text a key deletes what is selected and nothing else; of a word that somebody was still typing when it was
      // selected, that may be its beginning alone.
      const { value, selectionStart: start, selectionEnd: end } = target
      for (const { 0: seen, index } of start < end ? value.matchAll(word) : []) {
        if (index < end && index + seen.length > start) witness.seen.add(seen)
      }
    }
    for (const kind of ['keydown', 'keyup', 'pointerdown', 'pointerup']) globalThis.addEventListener(kind, note, true)
  })
}

/** What the act that has just been done did. */
export async function testify(editor: JSHandle<WholeEditor>): Promise<Testimony> {
  return editor.evaluate((present) => {
    const { fuzzWitness: witness } = globalThis as WitnessedWindow
    if (!witness) return { gone: [], touched: [] }
    const elements = present.scene.getNonDeletedElements()
    const open = document.querySelector<HTMLTextAreaElement>('textarea.excalidraw-wysiwyg')?.value ?? ''
    const text = [open, ...elements.map(({ originalText = '' }) => originalText)].join(' ')
    const { touched } = witness
    for (const id of Object.keys(present.state.selectedElementIds)) touched.add(id)
    if (present.state.editingTextElement) touched.add(present.state.editingTextElement.id)
    for (let before = -1; before !== touched.size;) {
      before = touched.size
      for (const { id, containerId, frameId, startBinding, endBinding } of elements) {
        const on = [containerId, frameId, startBinding?.elementId, endBinding?.elementId]
        if (on.some((other) => other && touched.has(other))) touched.add(id)
        if (containerId && touched.has(id)) touched.add(containerId)
      }
    }
    return { gone: [...witness.seen].filter((word) => !text.includes(word)), touched: [...touched] }
  })
}
