import type { ElementId } from '../ids.ts'
import type { ElementValues } from './codec.ts'
import type { ArrowBinding, BoundElement } from './element.ts'

const NONE: ReadonlySet<ElementId> = new Set()

/**
 * Derives `boundElements` from what is bound: a text names its container, an arrow the shapes at its ends. Two
 * arrows that are bound to one shape at the same time thus both stay. Keeps both directions, so that one changed
 * element costs only its own targets.
 */
export class BoundElements {
  readonly #targets = new Map<ElementId, ReadonlySet<ElementId>>()
  readonly #bound = new Map<ElementId, Map<ElementId, BoundElement>>()

  /** Takes an element's present values (undefined: it is gone); tells which shapes have gained or lost it. */
  update(id: ElementId, values: ElementValues | undefined): ElementId[] {
    const before = this.#targets.get(id) ?? NONE
    const after = targetsOf(values)
    const changed: ElementId[] = []
    for (const target of before) {
      if (after.has(target)) continue
      this.#bound.get(target)?.delete(id)
      changed.push(target)
    }
    for (const target of after) {
      if (before.has(target)) continue
      const bound = this.#bound.get(target) ?? new Map<ElementId, BoundElement>()
      bound.set(id, { id, type: values?.type === 'text' ? 'text' : 'arrow' })
      this.#bound.set(target, bound)
      changed.push(target)
    }
    if (after.size > 0) this.#targets.set(id, after)
    else this.#targets.delete(id)
    return changed
  }

  /** What is bound to a shape: its label, then arrows by id; null when nothing is. */
  of(target: ElementId): BoundElement[] | null {
    const [label] = this.#boundTo(target, 'text')
    const bound = [...(label ? [label] : []), ...this.#boundTo(target, 'arrow')]
    return bound.length > 0 ? bound : null
  }

  /** The texts that name a shape as theirs, by id: its label, and what others wrote there at the same time. */
  textsOf(target: ElementId): ElementId[] {
    return this.#boundTo(target, 'text').map(({ id }) => id)
  }

  #boundTo(target: ElementId, type: BoundElement['type']): BoundElement[] {
    const bound = [...(this.#bound.get(target)?.values() ?? [])].filter((entry) => entry.type === type)
    return bound.map((entry) => ({ ...entry })).sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

function targetsOf(values: ElementValues | undefined): ReadonlySet<ElementId> {
  if (!values || values.keys.isDeleted === true) return NONE
  const targets = new Set<ElementId>()
  if (values.type === 'text') {
    const container = values.keys.containerId as ElementId | null
    if (container !== null) targets.add(container)
  }
  if (values.type === 'arrow') {
    for (const key of ['startBinding', 'endBinding']) {
      const binding = values.keys[key] as ArrowBinding | null
      if (binding) targets.add(binding.elementId)
    }
  }
  return targets
}
