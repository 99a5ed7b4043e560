import * as Y from 'yjs'
import type { ElementId } from '../ids.ts'
import { isRecord } from './checks.ts'
import { contentDigest, isContent, parseValues, placeholderFor, sparseValues, type ElementValues } from './codec.ts'
import { isElementId, type ArrowBinding } from './element.ts'
import { inkChunk, inkExtends, inkFromChunks, type Ink } from './ink.ts'
import type { Properties } from './key-spec.ts'
import { boxOf } from './label-room.ts'
import { routeFor, type LineEnd, type Route } from './line-keys.ts'
import { canBeLabelled } from './references.ts'
import { fitFor, UNTRUSTED, type Fit } from './text-keys.ts'
import { entryOf, shareWords } from './plain-words.ts'
import { ownLetters, writeWords, type WordsOptions } from './words.ts'

/** The root that holds the elements, by id. */
export const ELEMENTS_ROOT = 'elements'
/** The root that holds what concerns the whole document: its `schema`. */
export const META_ROOT = 'meta'

const NOTHING: Properties = Object.freeze({})
/** Keys that follow from others, or hang on them, and are written with the name of what that was. */
const HINTS: ReadonlySet<string> = new Set(['fit', 'route', 'from', 'to'])
const WRITTEN_APART: ReadonlySet<string> = new Set([...HINTS, 'isDeleted', 'rest'])
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The elements of a document. This module, `words.ts` and `plain-words.ts` alone touch their Yjs types. */
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

/** The element that a text labels, deleted or not; undefined when there is none, or it is of a kind that has no label. */
export function findContainer(doc: Y.Doc, text: ElementValues): ElementValues | undefined {
  return containerOf(text, storedIn(doc))
}

function containerOf({ keys: { containerId } }: ElementValues, seen: FindValues): ElementValues | undefined {
  const container = typeof containerId === 'string' ? seen(containerId) : undefined
  return container && canBeLabelled(container.type) ? container : undefined
}

/** How a text's words are stored: shared, or as the plain string that a client of ten lines has written. */
export function storedWords(doc: Y.Doc, id: ElementId): Y.Text | string | undefined {
  const stored = elementsOf(doc).get(id)
  const words = stored instanceof Y.Map ? stored.get('words') : undefined
  if (words instanceof Y.Text) return words
  return findElement(doc, id)?.keys.words as string | undefined
}

/** Whether there is a letter in a text that this document's client has not written. */
export function hasOthersWords(doc: Y.Doc, id: ElementId): boolean {
  const words = storedWords(doc, id)
  return typeof words === 'object' && ownLetters(words).includes(false)
}

/** Whether what a key of an element says was written by another client than this document's own. */
export function isOthers(doc: Y.Doc, id: ElementId, key: string): boolean {
  const stored = elementsOf(doc).get(id)
  const entry = stored instanceof Y.Map ? entryOf(stored, key) : undefined
  return entry !== undefined && entry.id.client !== doc.clientID
}

/** Whether somebody has deleted an element, and nobody has said since that it stays; see `contentDigest`. */
export function isMarkedDeleted(doc: Y.Doc, id: ElementId): boolean {
  const stored = elementsOf(doc).get(id)
  return stored instanceof Y.Map && (isMarked(stored) || parseStored(stored)?.keys.isDeleted === true)
}

function isMarked(stored: Y.Map<unknown>): boolean {
  return typeof stored.get('isDeleted') === 'string'
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

/**
 * Writes a new element: everything in `o`, but a stroke's points in `ink` and a text's words in `words`. Replaces what
 * had the id.
 */
export function createElement(
  doc: Y.Doc,
  id: ElementId,
  values: ElementValues,
  { seen = storedIn(doc) }: Pick<WriteOptions, 'seen'> = {},
): void {
  const { ink, words } = values.keys
  const stored = new Y.Map<unknown>()
  stored.set('o', encoder.encode(JSON.stringify(sparseValues(withHintsNamed(values, seen)))))
  if (ink) stored.set('ink', Y.Array.from([inkChunk(ink as Ink, 0)]))
  if (typeof words === 'string') stored.set('words', new Y.Text(words))
  elementsOf(doc).set(id, stored)
}

/** How changed keys are written. */
export interface WriteOptions extends Omit<WordsOptions, 'shown'> {
  /** The element as the person saw it when they changed it; as it is stored, unless told otherwise. */
  readonly shown?: ElementValues | undefined
  /** The element as it was stored when the person was last shown it, and not what has come since: what they delete. */
  readonly known?: ElementValues | undefined
  /** Other elements as the person saw them, for what was found for them; as they are stored, unless told otherwise. */
  readonly seen?: FindValues | undefined
}

/** Finds the values of an element by its id. */
export type FindValues = (id: ElementId) => ElementValues | undefined

/**
 * Writes changed keys of an element. Never removes one, so that the state vector tells of every change. `words` are
 * written as what the person inserted and deleted, `isDeleted` as the name of what was deleted.
 */
export function writeKeys(
  doc: Y.Doc,
  id: ElementId,
  changes: ReadonlyMap<string, unknown>,
  options: WriteOptions = {},
): void {
  const stored = elementsOf(doc).get(id)
  if (!(stored instanceof Y.Map)) return
  doc.transact(() => {
    // Who changes what somebody deleted sees it, and means it to stay, also when it should look as before in the end.
    const isKept = isMarked(stored) && !changes.has('isDeleted') && [...changes.keys()].some(isContent)
    let needsClock = false
    for (const [key, value] of changes) {
      if (key === 'ink') writeInk(stored, value as Ink)
      else if (key === 'words') needsClock = !writeStoredWords(stored, value as string, options)
      else if (!WRITTEN_APART.has(key) || (key === 'isDeleted' && value !== true)) stored.set(key, value)
    }
    writeHints(stored, changes, { shown: options.shown, seen: options.seen ?? storedIn(doc), force: needsClock })
    if (changes.get('isDeleted') === true) writeStamp(stored, changes, options.known)
    else if (isKept) stored.set('isDeleted', false)
  })
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
  try {
    return parseValues(parseCreated(stored.get('o')), stored)
  } catch {
    // Each key is checked, and yet somebody has found a value that we have not: the others must not go down with it.
    return placeholderFor()
  }
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

function writeStoredWords(stored: Y.Map<unknown>, after: string, { shown, ...options }: WriteOptions): boolean {
  const present = stored.get('words')
  const shownWords = shown?.keys.words as string | undefined
  if (present instanceof Y.Text) return writeWords(present, after, { ...options, shown: shownWords })
  const text = shareWords(stored, (parseStored(stored)?.keys.words as string | undefined) ?? '')
  writeWords(text, after, { ...options, shown: shownWords })
  return true
}

/**
 * Writes the hints that changed, each with the name of what it was found for: what the person saw, and not what others
 * have made of it since.
 */
function writeHints(
  stored: Y.Map<unknown>,
  changes: ReadonlyMap<string, unknown>,
  { shown, seen, force }: { shown: ElementValues | undefined; seen: FindValues; force: boolean },
): void {
  const values = [...HINTS].some((key) => changes.has(key)) || force ? parseStored(stored) : undefined
  if (!values) return
  const keys = { ...values.keys, ...shown?.keys, ...Object.fromEntries(changes) }
  const named = withHintsNamed({ type: values.type, keys }, seen)
  for (const key of HINTS) if (changes.has(key) || (force && key === 'fit')) stored.set(key, named.keys[key])
}

/** The values with their hints named; one that nobody should trust keeps its name. */
function withHintsNamed(values: ElementValues, seen: FindValues): ElementValues {
  const { fit, route, elbow, from, to, startBinding, endBinding } = values.keys
  const hints: Record<string, unknown> = {}
  if (fit) {
    const [width, height, wrapped, name] = fit as Fit
    hints.fit = [width, height, wrapped, name === UNTRUSTED ? name : fitFor(values, containerOf(values, seen))]
  }
  if (elbow) hints.route = [(route as Route)[0], routeFor(values.keys)]
  if (from) hints.from = endAgainst(from as LineEnd, startBinding as ArrowBinding | null, seen)
  if (to) hints.to = endAgainst(to as LineEnd, endBinding as ArrowBinding | null, seen)
  return { type: values.type, keys: { ...values.keys, ...hints } }
}

function endAgainst([x, y]: LineEnd, binding: ArrowBinding | null, seen: FindValues): LineEnd {
  const shape = binding ? seen(binding.elementId) : undefined
  return binding && shape ? [x, y, [binding.elementId, ...boxOf(shape)]] : [x, y]
}

function storedIn(doc: Y.Doc): FindValues {
  return (id) => findElement(doc, id)
}

/** The name that deletes an element as it is stored now; undefined when it is nothing that this version can show. */
export function stampOf(stored: Y.Map<unknown>): string | undefined {
  const values = parseStored(stored)
  return values && contentDigest(values)
}

/** Says that an element is deleted as the person knows it: see `contentDigest`. */
function writeStamp(stored: Y.Map<unknown>, changes: ReadonlyMap<string, unknown>, known?: ElementValues): void {
  const values = parseStored(stored)
  if (values) stored.set('isDeleted', contentDigest(known ? knownAfter(values, changes, known) : values))
}

/** What is stored of an element as somebody knows it who has written some of its keys and not seen what else has come. */
export function knownAfter(
  now: ElementValues,
  written: ReadonlyMap<string, unknown>,
  known: ElementValues,
): ElementValues {
  const keys = { ...known.keys }
  // Into the words that are stored now, others may have written.
  for (const [key, value] of written) keys[key] = key === 'words' ? value : now.keys[key]
  return { type: now.type, keys }
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
