import type { ElementId } from '../ids.ts'
import type { ElementValues } from './codec.ts'
import type { ArrowBinding, BoundElement } from './element.ts'

/** The kinds that a text can label. */
const LABELLED: ReadonlySet<string> = new Set(['rectangle', 'diamond', 'ellipse', 'arrow'])
/** The kinds that an arrow's end cannot be tied to. */
const LINEAR: ReadonlySet<string> = new Set(['line', 'arrow', 'freedraw'])

/** Whether a text can be the label of an element of this kind. */
export function canBeLabelled(type: string): boolean {
  return LABELLED.has(type)
}

/** Whether an arrow can be tied to an element of this kind; to one of a later kind, too. */
export function canBeTiedTo(type: string): boolean {
  return !LINEAR.has(type)
}

/** How one element refers to another. */
type Reference = 'label' | 'tie' | 'part'

/**
 * Who refers to whom: a text names its container, an arrow the shapes at its ends, anything the frame that it is part
 * of. What is bound to a shape is derived from that, so that two arrows that are bound to one shape at the same time
 * both stay. Keeps both directions, so that one changed element costs only its own targets.
 */
export class References {
  readonly #targets = new Map<ElementId, ReadonlyMap<ElementId, Reference>>()
  readonly #referrers = new Map<ElementId, Map<ElementId, Reference>>()
  /** Of the referrers, those that are texts in it: asked for often, also of a frame with thousands of parts. */
  readonly #labels = new Map<ElementId, Set<ElementId>>()

  /**
   * Takes an element's present values (undefined: it is gone); tells which elements have gained or lost it, or are named
   * for another reason: an arrow that is part of a frame may be tied to it later.
   */
  update(id: ElementId, values: ElementValues | undefined): ElementId[] {
    const before = this.#targets.get(id)
    const after = targetsOf(id, values)
    const changed: ElementId[] = []
    for (const target of before?.keys() ?? []) {
      if (after?.has(target)) continue
      this.#referrers.get(target)?.delete(id)
      this.#labels.get(target)?.delete(id)
      changed.push(target)
    }
    for (const [target, reference] of after ?? []) {
      const referrers = this.#referrers.get(target) ?? new Map<ElementId, Reference>()
      referrers.set(id, reference)
      this.#referrers.set(target, referrers)
      if (reference === 'label') this.#labels.set(target, (this.#labels.get(target) ?? new Set()).add(id))
      else this.#labels.get(target)?.delete(id)
      if (before?.get(target) !== reference) changed.push(target)
    }
    if (after) this.#targets.set(id, after)
    else this.#targets.delete(id)
    return changed
  }

  /** What an editor takes for bound to a shape: its label, then arrows by id; null when nothing is. */
  boundTo(target: ElementId): BoundElement[] | null {
    const [label] = this.labelsOf(target)
    const arrows = this.#tiedTo(target).map((id) => ({ id, type: 'arrow' as const }))
    const bound = [...(label === undefined ? [] : [{ id: label, type: 'text' as const }]), ...arrows]
    return bound.length > 0 ? bound : null
  }

  /** The texts that name a shape as theirs, by id: its label, and what others wrote there at the same time. */
  labelsOf(target: ElementId): ElementId[] {
    return [...(this.#labels.get(target) ?? [])].sort((a, b) => (a < b ? -1 : 1))
  }

  /** Everything that refers to an element. */
  referrersOf(target: ElementId): Iterable<ElementId> {
    return this.#referrers.get(target)?.keys() ?? []
  }

  #tiedTo(target: ElementId): ElementId[] {
    const found = [...(this.#referrers.get(target) ?? [])].filter(([, each]) => each === 'tie')
    return found.map(([id]) => id).sort((a, b) => (a < b ? -1 : 1))
  }
}

function targetsOf(id: ElementId, values: ElementValues | undefined): ReadonlyMap<ElementId, Reference> | undefined {
  if (!values || values.keys.isDeleted === true) return undefined
  const { type, keys } = values
  const targets = new Map<ElementId, Reference>()
  if (typeof keys.frameId === 'string') targets.set(keys.frameId, 'part')
  if (type === 'text' && typeof keys.containerId === 'string') targets.set(keys.containerId, 'label')
  if (type === 'arrow') {
    for (const binding of [keys.startBinding, keys.endBinding] as (ArrowBinding | null)[]) {
      if (binding) targets.set(binding.elementId, 'tie')
    }
  }
  targets.delete(id)
  return targets.size > 0 ? targets : undefined
}
