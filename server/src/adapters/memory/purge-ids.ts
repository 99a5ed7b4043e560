import type { PurgedSlice, PurgeSlice } from '../../ports/purge-slice.ts'

/** Goes over a slice of ids in order; `purge` takes away what is due of one, and answers how many rows that were. */
export function purgeIds<T extends string>(
  ids: Iterable<T>,
  { after, limit }: PurgeSlice,
  purge: (id: T) => number,
): PurgedSlice {
  const page = [...ids]
    .filter((id) => id > after)
    .sort()
    .slice(0, limit)
  const removed = page.reduce((count, id) => count + purge(id), 0)
  return { removed, next: page.length < limit ? undefined : page.at(-1) }
}
