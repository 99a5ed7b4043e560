import { Digest } from './digest.ts'
import { ELEMENT_TYPES, isElementType, isTypeName, type ElementType, type SceneElement } from './element.ts'
import { changedLooks, findForeign, FOREIGN_KEY_NAMES, placeholderOf, rest, restOf } from './foreign.ts'
import type { ElementId } from '../ids.ts'
import type { Ink } from './ink.ts'
import { KEYS, KEYS_OF } from './keys.ts'
import type { KeySpec, Properties } from './key-spec.ts'
import { writeLine } from './line-keys.ts'
import { writeText } from './text-keys.ts'

/** A whole element as the format has it: the checked value of each key of its kind. */
export interface ElementValues {
  /** A kind of this format, or the name of another: see `foreign.ts`. */
  readonly type: string
  readonly keys: Properties
}

/** What a Yjs map and a plain one have in common. */
interface StoredKeys extends Iterable<readonly [string, unknown]> {
  get(key: string): unknown
  forEach(visit: (value: unknown, key: string) => void): void
}

/** All that is known of a kind of element, worked out once. */
interface Kind {
  readonly specs: readonly KeySpec[]
  readonly byName: ReadonlyMap<string, KeySpec>
  readonly fallbacks: Properties
  /** An element that is all defaults, to be copied: a thousand elements then have one shape. */
  readonly template: Properties
  /** The keys that must be written even when they are defaults, because they make arrays of their own. */
  readonly neverShared: ReadonlySet<KeySpec>
  /** Writes what several keys make together. */
  readonly finish: (keys: Properties, element: Record<string, unknown>) => void
}

/** What is not part of what a person means: see `contentDigest`. */
const NOT_CONTENT: ReadonlySet<string> = new Set(['index', 'isDeleted', 'fit', 'route', 'ink'])

const OF_PLACE: ReadonlySet<string> = new Set(['xy', 'angle'])
/** The kind of the placeholder of what is faulty. */
const UNREADABLE = 'unreadable'

/** Whether a key is part of what an element is to a person. */
export function isContent(key: string): boolean {
  return key === 'ink' || !NOT_CONTENT.has(key)
}

const FINISH: Readonly<Record<string, Kind['finish']>> = { line: writeLine, arrow: writeLine, text: writeText }

const KINDS = Object.fromEntries(ELEMENT_TYPES.map((type) => [type, kindOf(type, KEYS_OF[type])])) as Record<
  ElementType,
  Kind
>
const FOREIGN = kindOf('', [...KEYS.filter(({ name }) => FOREIGN_KEY_NAMES.has(name)), rest])

/**
 * The values of an element as an editor holds it, as near as the format can keep them; undefined when it is no element.
 */
export function valuesOf(element: object): ElementValues | undefined {
  const from = element as Properties
  const held = findForeign(from)
  if (held) return { type: held.type, keys: { ...readKeys(FOREIGN, from), rest: held.rest } }
  if (!isTypeName(from.type)) return undefined
  const values = { type: from.type, keys: readKeys(kindNamed(from.type), from) }
  return isNothing(values) ? withKeys(values, new Map([['isDeleted', true]])) : values
}

/** The keys of which the format cannot keep what an editor holds; mostly none. */
export function unkeptKeys(element: { readonly type: ElementType }): string[] {
  const from: Properties = { ...element }
  if (findForeign(from)) return changedLooks(from)
  const unkept = KEYS_OF[element.type].filter((spec) => {
    const raw = spec.read(from)
    return raw !== spec.fallback && spec.parse(raw) === undefined
  })
  return unkept.map(({ name }) => name)
}

/**
 * Reads an element from stored keys, over what it was created as, over the defaults. Total: a faulty value is
 * passed over for the next one; undefined only when there is no type. Costs what is said, not what could be.
 */
export function parseValues(created: Properties, stored: StoredKeys): ElementValues | undefined {
  const types = [stored.get('type'), created.type]
  const type = types.find(isElementType) ?? types.find(isTypeName)
  if (type === undefined) return undefined
  const kind = kindNamed(type)
  const keys: Record<string, unknown> = { ...kind.fallbacks }
  const take = (raw: unknown, name: string) => {
    const value = kind.byName.get(name)?.parse(raw)
    if (value !== undefined) keys[name] = value
  }
  for (const name of Object.keys(created)) take(created[name], name)
  stored.forEach(take)
  if (kind === FOREIGN) keys.rest = restOf(created, stored)
  const stamp = stored.get('isDeleted') ?? created.isDeleted
  const values = { type, keys }
  if (typeof stamp === 'string') keys.isDeleted = stamp === contentDigest(values)
  return isNothing(values) ? { type, keys: { ...keys, isDeleted: true } } : values
}

/**
 * What stands for an element that cannot be read or shown, for a reason that nobody has foreseen: a placeholder as of an
 * unknown kind, where it is as far as that is known. It can be moved and deleted like any other.
 */
export function placeholderFor(known: Properties = {}): ElementValues {
  const { from } = known
  const said = Array.isArray(from) ? { ...known, xy: from.slice(0, 2) } : known
  const keys = Object.entries(said).filter(([name]) => FOREIGN_KEY_NAMES.has(name))
  return { type: UNREADABLE, keys: { ...FOREIGN.fallbacks, ...Object.fromEntries(keys) } }
}

/** The element that an editor shows for the values. Everything in it may be changed in place. */
export function elementOf(id: ElementId, { type, keys }: ElementValues): SceneElement {
  const kind = kindNamed(type)
  const element: Record<string, unknown> = { ...kind.template, id }
  if (kind === FOREIGN) Object.assign(element, placeholderOf(type, keys.rest))
  for (const spec of kind.specs) {
    const value = keys[spec.name]
    if (value !== spec.fallback || kind.neverShared.has(spec)) spec.write(value, element)
  }
  kind.finish(keys, element)
  // Every property of the kind has been written: the table of keys covers them all.
  return element as unknown as SceneElement
}

/** The keys whose values differ, with their new values. Both are of the same kind. */
export function changedKeys(before: ElementValues, after: ElementValues): Map<string, unknown> {
  const changed = new Map<string, unknown>()
  for (const spec of kindNamed(after.type).specs) {
    const value = after.keys[spec.name]
    if (!spec.equals(before.keys[spec.name], value)) changed.set(spec.name, value)
  }
  return changed
}

/** The values with some keys replaced. */
export function withKeys(values: ElementValues, changes: ReadonlyMap<string, unknown>): ElementValues {
  return changes.size === 0 ? values : { type: values.type, keys: { ...values.keys, ...Object.fromEntries(changes) } }
}

/** What differs from the defaults, less what is stored as a shared type of its own: what `o` says of a new element. */
export function sparseValues({ type, keys }: ElementValues): Record<string, unknown> {
  const sparse: Record<string, unknown> = { ...(keys.rest as Properties | undefined), type }
  for (const spec of kindNamed(type).specs) {
    const value = keys[spec.name]
    const isApart = spec === rest || spec.name === 'ink' || spec.name === 'words'
    if (!isApart && !spec.equals(spec.fallback, value)) sparse[spec.name] = value
  }
  return sparse
}

/**
 * Names what an element is to a person: all but its place in the stack, whether it is deleted, and what follows from
 * the rest. Who deletes an element stores the name of what they saw: if it has another now, somebody changed it and
 * the deleter did not know, so it is not deleted.
 */
export function contentDigest({ type, keys }: ElementValues): string {
  const digest = new Digest().text(type)
  for (const spec of kindNamed(type).specs) {
    const value = keys[spec.name]
    if (NOT_CONTENT.has(spec.name) || value === spec.fallback || spec.equals(spec.fallback, value)) continue
    // Where a label stands follows from its shape: whoever moves that has not changed the label.
    if (OF_PLACE.has(spec.name) && typeof keys.containerId === 'string') continue
    digest.text(spec.name).text(JSON.stringify(value))
  }
  const ink = keys.ink as Ink | undefined
  return (ink ? digest.numbers(ink.steps).numbers(ink.pressures) : digest).name()
}

/**
 * Whether nobody could see an element or pick it up: a text without words, or with nothing but blanks, is there no more,
 * until somebody writes in it.
 */
function isNothing({ type, keys }: ElementValues): boolean {
  return type === 'text' && !/\S/.test(keys.words as string)
}

function readKeys(kind: Kind, from: Properties): Record<string, unknown> {
  const keys: Record<string, unknown> = {}
  for (const spec of kind.specs) {
    const raw = spec.read(from)
    keys[spec.name] = spec.parse(raw) ?? spec.fit?.(raw) ?? spec.fallback
  }
  return keys
}

function kindNamed(type: string): Kind {
  return isElementType(type) ? KINDS[type] : FOREIGN
}

function kindOf(type: string, specs: readonly KeySpec[]): Kind {
  const fallbacks = Object.fromEntries(specs.map((spec) => [spec.name, spec.fallback]))
  const finish = FINISH[type] ?? (() => {})
  const template: Record<string, unknown> = { id: '', type, boundElements: null }
  for (const spec of specs) spec.write(spec.fallback, template)
  finish(fallbacks, template)
  const makesObjects = (spec: KeySpec) => {
    const made: Record<string, unknown> = { type }
    spec.write(spec.fallback, made)
    return Object.values(made).some((value) => typeof value === 'object' && value !== null)
  }
  return {
    specs,
    byName: new Map(specs.filter((spec) => spec !== rest).map((spec) => [spec.name, spec])),
    fallbacks,
    // A copy, because V8 copies an object that grew property by property ten times more slowly.
    template: { ...template },
    neverShared: new Set(specs.filter(makesObjects)),
    finish,
  }
}
