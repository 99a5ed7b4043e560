import type { DeleteResult } from 'kysely'
import type { PurgedSlice } from '../../ports/purge-slice.ts'

/** A row of a slice, and whether it is to go: 0 and 1 in SQLite, a boolean in PostgreSQL. */
export interface PurgeCandidate {
  readonly id: string
  readonly due: unknown
}

/**
 * Takes away what is due on a page that was read. The page comes first, in a statement of its own, because one that
 * deletes takes SQLite's write lock also when it finds nothing; `purge` must look again at what it is told to delete.
 */
export async function purgePage(
  page: readonly PurgeCandidate[],
  limit: number,
  purge: (ids: string[]) => Promise<DeleteResult>,
): Promise<PurgedSlice> {
  const ids = page.filter(({ due }) => Boolean(due)).map(({ id }) => id)
  const removed = ids.length === 0 ? 0 : Number((await purge(ids)).numDeletedRows)
  return { removed, next: page.length < limit ? undefined : page.at(-1)?.id }
}
