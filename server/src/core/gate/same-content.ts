import { isDeepStrictEqual } from 'node:util'
import * as decoding from 'lib0/decoding'
import * as Y from 'yjs'
import type { DocumentView } from './document-view.ts'
import { KIND, TYPE } from './read-content.ts'
import { isSameId, type ReadStruct } from './read-update.ts'

const CLASSES = { [TYPE.array]: Y.Array, [TYPE.map]: Y.Map, [TYPE.text]: Y.Text } as const

/**
 * Whether a struct says what the document has under its clocks, as far as that is known there. By the clocks alone, what
 * somebody drew under another's name, or after another had drawn under theirs, would seem to be in the room already.
 */
export function isSameContent(struct: ReadStruct, update: Uint8Array, view: DocumentView): boolean {
  const end = Math.min(struct.clock + struct.length, view.reach(struct.client))
  for (let { clock } = struct; clock < end;) {
    const item = view.at({ client: struct.client, clock })
    const until = Math.min(end, item.id.clock + item.length)
    if (!isSamePart(struct, update, { item, from: clock, until })) return false
    clock = until
  }
  return true
}

/** What was deleted, here or there, says nothing any more. */
function isSamePart(
  struct: ReadStruct,
  update: Uint8Array,
  { item, from, until }: { item: Y.Item | Y.GC; from: number; until: number },
): boolean {
  if (struct.kind === KIND.gc || struct.kind === KIND.deleted || !(item instanceof Y.Item) || item.deleted) return true
  if (from === struct.clock && !isSamePlace(struct, item)) return false
  const { content } = item
  const here = [from - item.id.clock, until - item.id.clock] as const
  const there = [from - struct.clock, until - struct.clock] as const
  if (content instanceof Y.ContentString) {
    return struct.kind === KIND.string && content.str.slice(...here) === (struct.content as string).slice(...there)
  }
  if (content instanceof Y.ContentAny) {
    return (
      struct.kind === KIND.any &&
      isDeepStrictEqual(content.arr.slice(...here), (struct.content as unknown[]).slice(...there))
    )
  }
  if (content instanceof Y.ContentBinary) {
    const bytes = decoding.createDecoder(update.subarray(struct.start, struct.end))
    return struct.kind === KIND.binary && Buffer.compare(content.content, decoding.readVarUint8Array(bytes)) === 0
  }
  if (!(content instanceof Y.ContentType) || struct.kind !== KIND.type) return false
  return content.type instanceof CLASSES[struct.content as keyof typeof CLASSES]
}

/** Whether both were put behind the same thing, or say what the same key of the same map is. */
function isSamePlace({ client, clock, origin, key }: ReadStruct, item: Y.Item): boolean {
  // Yjs has put it together with what it was put behind.
  const known = item.id.clock < clock ? { client, clock: clock - 1 } : item.origin
  if (!isSameId(known, origin)) return false
  return key === null || key === item.parentSub
}
