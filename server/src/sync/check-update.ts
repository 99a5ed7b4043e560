import * as Y from 'yjs'
import type { DecodedUpdate } from '../core/documents/clock-ranges.ts'

/** Our own drawings nest values four deep; what is far deeper is made to overflow somebody's stack. */
const MAX_DEPTH = 64

/**
 * Decodes an update whole before any of it is applied: Yjs would integrate the first half of a broken one.
 * Throws when it does not decode, when it says two things of one client, when it holds a document of its own, and when
 * it holds a value that nests deeper than `MAX_DEPTH`: such a value decodes in a process that runs hot and overflows the
 * stack of one that has just started.
 */
export function checkUpdate(update: Uint8Array): DecodedUpdate {
  const decoded = Y.decodeUpdate(update)
  const seen = new Set<number>()
  let current: number | undefined
  for (const struct of decoded.structs) {
    const { client } = struct.id
    if (client !== current && seen.has(client)) throw new RangeError('a client comes twice, of which Yjs keeps one')
    seen.add(client)
    current = client
    if (!(struct instanceof Y.Item)) continue
    if (struct.content instanceof Y.ContentDoc) throw new TypeError('documents in documents are not taken')
    checkDepth(valueOf(struct))
  }
  return decoded
}

/** Throws when a value nests deeper than `MAX_DEPTH`: it would overflow the stack of whoever writes or reads it next. */
export function checkDepth(value: unknown): void {
  if (isTooDeep(value, MAX_DEPTH)) throw new RangeError('a value nests too deep')
}

/**
 * Whether an update refers to what neither the document nor the update itself has: then none of it may be applied,
 * since Yjs would integrate a part and keep the rest aside without a word.
 */
export function isMissingDependencies({ structs, ds }: DecodedUpdate, document: Y.Doc): boolean {
  /** How far each client will have come. */
  const reach = new Map<number, number>()
  const reachOf = (client: number) => reach.get(client) ?? Y.getState(document.store, client)
  for (const struct of structs) {
    // A gap between what was merged; the document may well have what is left out.
    if (struct instanceof Y.Skip) continue
    const { id, length } = struct
    const known = reachOf(id.client)
    if (id.clock > known) return true
    reach.set(id.client, Math.max(known, id.clock + length))
  }
  const has = (id: { client: number; clock: number }) => id.clock < reachOf(id.client)
  for (const struct of structs) {
    if (!(struct instanceof Y.Item)) continue
    const { origin, rightOrigin, parent } = struct
    if ((origin && !has(origin)) || (rightOrigin && !has(rightOrigin))) return true
    if (parent instanceof Y.ID && !has(parent)) return true
  }
  for (const [client, items] of ds.clients) {
    if (items.some(({ clock, len }) => clock + len > reachOf(client))) return true
  }
  return false
}

function valueOf({ content }: Y.Item): unknown {
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) return content.arr
  if (content instanceof Y.ContentEmbed) return content.embed
  return content instanceof Y.ContentFormat ? content.value : undefined
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
  if (left === 0) return true
  return Object.values(value).some((child) => isTooDeep(child, left - 1))
}
