import { ContentAny, ContentEmbed, ContentFormat, ContentJSON, decodeUpdate, Item } from 'yjs'

/** Our own drawings nest values four deep; what is far deeper is made to overflow somebody's stack. */
const MAX_DEPTH = 64

/**
 * Decodes an update whole before any of it is applied: Yjs would integrate the first half of a broken one.
 * Throws when it does not decode, and when it holds a value that nests deeper than `MAX_DEPTH`: such a value
 * decodes in a process that runs hot and overflows the stack of one that has just started.
 */
export function checkUpdate(update: Uint8Array): void {
  for (const struct of decodeUpdate(update).structs) {
    if (struct instanceof Item && isTooDeep(valueOf(struct), MAX_DEPTH)) throw new RangeError('a value nests too deep')
  }
}

function valueOf({ content }: Item): unknown {
  if (content instanceof ContentAny || content instanceof ContentJSON) return content.arr
  if (content instanceof ContentEmbed) return content.embed
  return content instanceof ContentFormat ? content.value : undefined
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
  if (left === 0) return true
  return Object.values(value).some((child) => isTooDeep(child, left - 1))
}
