import * as Y from 'yjs'
import type { ElementId } from '../ids.ts'
import { isRecord } from './checks.ts'
import { parseValues, sparseValues, type ElementValues } from './codec.ts'
import { isElementId } from './element.ts'
import { inkChunk, inkExtends, inkFromChunks, type Ink } from './ink.ts'
import type { Properties } from './key-spec.ts'

/** The root that holds the elements, by id. */
export const ELEMENTS_ROOT = 'elements'
/** The root that holds what concerns the whole document: its `schema`. */
export const META_ROOT = 'meta'

const NOTHING: Properties = Object.freeze({})
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The elements of a document. This module alone touches their Yjs types. */
export function elementsOf(doc: Y.Doc): Y.Map<unknown> {
  return doc.getMap(ELEMENTS_ROOT)
}

/** Whether anything was ever drawn. */
export function hasElements(doc: Y.Doc): boolean {
  return elementsOf(doc).size > 0
}

/** The values of one element; undefined when it does not exist or is nothing that this version can show. */
export function findElement(doc: Y.Doc, id: ElementId): ElementValues | undefined {
  return isElementId(id) ? parseStored(elementsOf(doc).get(id)) : undefined
}

/** Every element that this version can show, in no order. Those that cannot be shown stay as they are. */
export function readElements(doc: Y.Doc): Map<ElementId, ElementValues> {
  const elements = new Map<ElementId, ElementValues>()
  for (const [id, stored] of elementsOf(doc).entries()) {
    const values = isElementId(id) ? parseStored(stored) : undefined
    if (values) elements.set(id, values)
  }
  return elements
}

/** Writes a new element: everything in `o`, but a stroke's points in `ink`. Replaces what had the id. */
export function createElement(doc: Y.Doc, id: ElementId, values: ElementValues): void {
  const stored = new Y.Map<unknown>()
  stored.set('o', encoder.encode(JSON.stringify(sparseValues(values))))
  const ink = values.keys.ink as Ink | undefined
  if (ink) stored.set('ink', Y.Array.from([inkChunk(ink, 0)]))
  elementsOf(doc).set(id, stored)
}

/** Writes changed keys of an element. Never removes one, so that the state vector tells of every change. */
export function writeKeys(doc: Y.Doc, id: ElementId, changes: ReadonlyMap<string, unknown>): void {
  const stored = elementsOf(doc).get(id)
  if (!(stored instanceof Y.Map)) return
  for (const [key, value] of changes) {
    if (key === 'ink') writeInk(stored, value as Ink)
    else stored.set(key, value)
  }
}

/** Tells of the elements that each transaction changed, whoever made it. Returns what ends it. */
export function observeElements(
  doc: Y.Doc,
  listener: (ids: ReadonlySet<ElementId>, origin: unknown) => void,
): () => void {
  const root = elementsOf(doc)
  const onEvents = (events: readonly Y.YEvent<never>[], transaction: Y.Transaction) => {
    const ids = new Set<ElementId>()
    for (const event of events) {
      if (event.path.length > 0) ids.add(String(event.path[0]))
      else for (const id of event.keys.keys()) ids.add(id)
    }
    listener(ids, transaction.origin)
  }
  root.observeDeep(onEvents as never)
  return () => root.unobserveDeep(onEvents as never)
}

function parseStored(stored: unknown): ElementValues | undefined {
  if (!(stored instanceof Y.Map)) return undefined
  return parseValues(parseCreated(stored.get('o')), stored)
}

/** What an element was created as; nothing when it does not say, or says what cannot be read. */
function parseCreated(raw: unknown): Properties {
  if (!(raw instanceof Uint8Array)) return NOTHING
  try {
    const created: unknown = JSON.parse(decoder.decode(raw))
    return isRecord(created) ? created : NOTHING
  } catch {
    // Not JSON: somebody else's bytes. The element's keys still count.
    return NOTHING
  }
}

/** Appends what a stroke has gained; a stroke that has changed otherwise gets a new array. */
function writeInk(stored: Y.Map<unknown>, ink: Ink): void {
  const chunks = stored.get('ink')
  const present = chunks instanceof Y.Array ? inkFromChunks(chunks.toArray()) : undefined
  if (chunks instanceof Y.Array && present && inkExtends(ink, present)) {
    if (ink.steps.length > present.steps.length) chunks.push([inkChunk(ink, present.steps.length / 2)])
  } else {
    stored.set('ink', Y.Array.from([inkChunk(ink, 0)]))
  }
}
