import { ELEMENT_TYPES, isElementType, type ElementType, type SceneElement } from './element.ts'
import type { ElementId } from '../ids.ts'
import { KEYS_OF } from './keys.ts'
import type { KeySpec, Properties } from './key-spec.ts'

/** A whole element as the format has it: the checked value of each key of its kind. */
export interface ElementValues {
  readonly type: ElementType
  readonly keys: Properties
}

/** What a Yjs map and a plain one have in common. */
interface StoredKeys {
  get(key: string): unknown
  forEach(visit: (value: unknown, key: string) => void): void
}

const SPECS = ofEachType((specs) => new Map(specs.map((spec) => [spec.name, spec])))
/** The defaults of each kind of element, by key. */
const FALLBACKS = ofEachType((specs) => Object.fromEntries(specs.map((spec) => [spec.name, spec.fallback])))
/** An element of each kind that is all defaults, to be copied: a thousand elements then have one shape. */
const TEMPLATES = ofEachType((specs, type) => {
  const template: Record<string, unknown> = { id: '', type, boundElements: null }
  for (const spec of specs) spec.write(spec.fallback, template)
  // A copy, because V8 copies an object that grew property by property ten times more slowly.
  return { ...template }
})
/** The keys that must be written even when they are defaults, because they make arrays of their own. */
const NEVER_SHARED = ofEachType((specs, type) => {
  const makesObjects = (spec: KeySpec) => {
    const made: Record<string, unknown> = { type }
    spec.write(spec.fallback, made)
    return Object.values(made).some((value) => typeof value === 'object' && value !== null)
  }
  return new Set(specs.filter(makesObjects))
})

/**
 * The values of an element as an editor holds it, as near as the format can keep them; undefined when it has no such
 * kind of element.
 */
export function valuesOf(element: object): ElementValues | undefined {
  const from = element as Properties
  if (!isElementType(from.type)) return undefined
  const keys: Record<string, unknown> = {}
  for (const spec of KEYS_OF[from.type]) {
    const raw = spec.read(from)
    keys[spec.name] = spec.parse(raw) ?? spec.fit?.(raw) ?? spec.fallback
  }
  return { type: from.type, keys }
}

/** The keys of which the format cannot keep what an editor holds; mostly none. */
export function unkeptKeys(element: { readonly type: ElementType }): string[] {
  const from: Properties = { ...element }
  const unkept = KEYS_OF[element.type].filter((spec) => {
    const raw = spec.read(from)
    return raw !== spec.fallback && spec.parse(raw) === undefined
  })
  return unkept.map(({ name }) => name)
}

/**
 * Reads an element from stored keys, over what it was created as, over the defaults. Total: a faulty value is
 * passed over for the next one; undefined only when there is no known type. Costs what is said, not what could be.
 */
export function parseValues(created: Properties, stored: StoredKeys): ElementValues | undefined {
  const type = [stored.get('type'), created.type].find(isElementType)
  if (!type) return undefined
  const specs = SPECS[type]
  const keys: Record<string, unknown> = { ...FALLBACKS[type] }
  const take = (raw: unknown, name: string) => {
    const value = specs.get(name)?.parse(raw)
    if (value !== undefined) keys[name] = value
  }
  for (const name of Object.keys(created)) take(created[name], name)
  stored.forEach(take)
  return { type, keys }
}

/** The element that an editor shows for the values. Everything in it may be changed in place. */
export function elementOf(id: ElementId, { type, keys }: ElementValues): SceneElement {
  const element: Record<string, unknown> = { ...TEMPLATES[type], id }
  for (const spec of KEYS_OF[type]) {
    const value = keys[spec.name]
    if (value !== spec.fallback || NEVER_SHARED[type].has(spec)) spec.write(value, element)
  }
  // Every property of the kind has been written: the table of keys covers them all.
  return element as unknown as SceneElement
}

/** The keys whose values differ, with their new values. Both are of the same kind. */
export function changedKeys(before: ElementValues, after: ElementValues): Map<string, unknown> {
  const changed = new Map<string, unknown>()
  for (const spec of KEYS_OF[after.type]) {
    const value = after.keys[spec.name]
    if (!spec.equals(before.keys[spec.name], value)) changed.set(spec.name, value)
  }
  return changed
}

/** The values with some keys replaced. */
export function withKeys(values: ElementValues, changes: ReadonlyMap<string, unknown>): ElementValues {
  return changes.size === 0 ? values : { type: values.type, keys: { ...values.keys, ...Object.fromEntries(changes) } }
}

/** What differs from the defaults, `ink` left out: what `o` says of a new element. */
export function sparseValues(values: ElementValues): Record<string, unknown> {
  const sparse: Record<string, unknown> = { type: values.type }
  for (const spec of KEYS_OF[values.type]) {
    const value = values.keys[spec.name]
    if (spec.name !== 'ink' && !spec.equals(spec.fallback, value)) sparse[spec.name] = value
  }
  return sparse
}

function ofEachType<T>(make: (specs: readonly KeySpec[], type: ElementType) => T): Readonly<Record<ElementType, T>> {
  const entries = ELEMENT_TYPES.map((type) => [type, make(KEYS_OF[type], type)] as const)
  return Object.fromEntries(entries) as Record<ElementType, T>
}
