import { craft, value } from './crafted-update.ts'

/** So many that it takes Yjs seconds, in a third of a megabyte. */
const ROOTS = 30_000

/**
 * An update that Yjs takes in no time, and has seconds of work to encode again: each root type is looked for among all
 * others. The gate lets none in; before there was one, records like this were stored.
 */
export function createEndlessUpdate(): Uint8Array {
  return craft([[7, 0, ...Array.from({ length: ROOTS }, (_, n) => value(`r${n.toString(36)}`, 'k', 1))]])
}
