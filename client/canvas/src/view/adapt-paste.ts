import { arrowBinding } from '@sketchroom/shared/scene/checks'
import { elementOf, valuesOf } from '@sketchroom/shared/scene/codec'
import { isElementType } from '@sketchroom/shared/scene/element'

/** Kinds that this format does not have and Excalidraw does, or did: it changes them or leaves them out by itself. */
const OF_THE_EDITOR: ReadonlySet<unknown> = new Set([
  'draw',
  'embeddable',
  'iframe',
  'image',
  'magicframe',
  'selection',
])

type Pasted = Readonly<Record<string, unknown>>

/**
 * Pasted elements in a form that this version of Excalidraw takes. Of a newer one it would drop the kinds that it does
 * not know, and lose an arrow whose bindings lack what they used to say.
 */
export function adaptPaste(elements: readonly Pasted[]): Pasted[] {
  return elements.map((element) => {
    const { type, id, startBinding, endBinding } = element
    if (isElementType(type)) {
      return { ...element, ...adaptBinding('startBinding', startBinding), ...adaptBinding('endBinding', endBinding) }
    }
    const values = OF_THE_EDITOR.has(type) || typeof id !== 'string' ? undefined : valuesOf(element)
    return values ? { ...elementOf(String(id), values) } : element
  })
}

function adaptBinding(key: string, raw: unknown): Pasted {
  const binding = arrowBinding(raw)
  return binding ? { [key]: binding } : {}
}
