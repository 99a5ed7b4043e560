import type { Check, Properties } from './checks.ts'
import type { ElementType } from './element.ts'

export type { Properties } from './checks.ts'

/**
 * One key of a stored element: what merges as one. `V` is the value as it is stored: plain JSON, but for `ink`.
 */
export interface KeySpec<V = unknown> {
  readonly name: string
  /** The kinds of elements that have the key. */
  readonly types: readonly ElementType[]
  /** What a missing or a faulty value means. Frozen: documents rely on it for ever. */
  readonly fallback: V
  /** Takes a stored value, copied, or undefined when it is not valid. Never throws. */
  readonly parse: Check<V>
  /** Of what an editor made and `parse` refuses, as much as can be kept; without it, or when it is undefined, nothing. */
  readonly fit?: Check<V>
  /** Whether two valid values are the same. */
  equals(a: V, b: V): boolean
  /** Bundles the properties of an element into a stored value, not checked yet. */
  read(from: Properties): unknown
  /**
   * Spreads a checked value over the properties of an element; copies what an editor might change in place. What only
   * several keys together make (a line's points, a text's size) is written by `codec.ts` when all of them are there.
   */
  write(value: V, to: Record<string, unknown>): void
}

/** A key that is one property under the property's own name. */
export function property<V>(
  name: string,
  types: readonly ElementType[],
  fallback: V,
  parse: Check<V>,
  fit: Check<V> = () => undefined,
): KeySpec<V> {
  return {
    name,
    types,
    fallback,
    parse,
    fit,
    equals: sameJson,
    read: (from) => from[name],
    write: (value, to) => {
      to[name] = copyJson(value)
    },
  }
}

/** A key that several properties share, because they only make sense together. */
export function bundle<V>(spec: Omit<KeySpec<V>, 'equals'> & Partial<Pick<KeySpec<V>, 'equals'>>): KeySpec<V> {
  return { equals: sameJson, ...spec }
}

/** A copy of a JSON value, deep. */
export function copyJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyJson)
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) copy[key] = copyJson((value as Properties)[key])
  return copy
}

/** Whether two JSON values are the same. */
function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  }
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => sameJson((a as Properties)[key], (b as Properties)[key]))
  )
}
