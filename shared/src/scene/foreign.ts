import * as check from './checks.ts'
import { isElementType, isTypeName } from './element.ts'
import { bundle, copyJson, type KeySpec, type Properties } from './key-spec.ts'

/** The keys that an element has whatever its kind: enough to show where it is, to move it and to delete it. */
export const FOREIGN_KEY_NAMES: ReadonlySet<string> = new Set([
  'xy',
  'wh',
  'angle',
  'index',
  'isDeleted',
  'groupIds',
  'frameId',
  'locked',
])

/** The properties of an editor's element that those keys say, or that each editor makes for itself. */
const OWN_PROPERTIES: ReadonlySet<string> = new Set([
  'id',
  'type',
  'x',
  'y',
  'width',
  'height',
  'angle',
  'index',
  'isDeleted',
  'groupIds',
  'frameId',
  'locked',
  'version',
  'versionNonce',
  'updated',
  'boundElements',
])

/** How an element of a kind that this version does not know is shown: a quiet empty box where it is. */
const PLACEHOLDER: Properties = {
  type: 'rectangle',
  strokeColor: '#868e96',
  backgroundColor: 'transparent',
  fillStyle: 'solid',
  strokeWidth: 1,
  strokeStyle: 'dashed',
  roundness: null,
  roughness: 0,
  opacity: 100,
  seed: 1,
  link: null,
  boundElements: null,
}

/** What editors make anew for a copy, or derive, and nobody sees of a placeholder. */
const UNSEEN: ReadonlySet<string> = new Set(['seed', 'boundElements'])

/** What such an element says beyond those keys, as plain JSON. It is copied with the element, and never changed. */
export const rest: KeySpec<Properties> = bundle<Properties>({
  name: 'rest',
  types: [],
  fallback: {},
  parse: check.rest,
  read: (from) =>
    Object.fromEntries(Object.entries(from).filter(([name]) => !OWN_PROPERTIES.has(name) && !isOurs(name))),
  write: () => {},
})

/** What a placeholder stands for; undefined when the element is none. */
export function findForeign({ type, customData }: Properties): { type: string; rest: Properties } | undefined {
  if (type !== PLACEHOLDER.type || !check.isRecord(customData) || !check.isRecord(customData.sketchroom))
    return undefined
  const held = customData.sketchroom
  if (!isTypeName(held.type) || isElementType(held.type)) return undefined
  return { type: held.type, rest: check.rest(held.rest) ?? {} }
}

/** The placeholder of an element of this kind, less its place. */
export function placeholderOf(type: string, said: unknown): Record<string, unknown> {
  return { ...PLACEHOLDER, customData: { sketchroom: { type, rest: copyJson(said) } } }
}

/** The properties in which a person has given a placeholder other looks: there is no place to keep them. */
export function changedLooks(element: Properties): string[] {
  return Object.keys(PLACEHOLDER).filter((name) => !UNSEEN.has(name) && (element[name] ?? null) !== PLACEHOLDER[name])
}

/** What stored keys say beyond those that every element has; what is no JSON is left out of copies, and stays. */
export function restOf(created: Properties, stored: Iterable<readonly [string, unknown]>): Properties {
  const said: Record<string, unknown> = {}
  for (const [name, value] of [...Object.entries(created), ...stored]) {
    if (!isOurs(name) && isJson(value)) said[name] = value
  }
  return check.rest(said) ?? rest.fallback
}

function isOurs(name: string): boolean {
  return FOREIGN_KEY_NAMES.has(name) || name === 'type' || name === 'o' || name === '__proto__'
}

function isJson(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) || check.isRecord(value)
  return value !== undefined
}
