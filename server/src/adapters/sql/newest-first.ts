import type { AdminQuery, Page, Place } from '../../ports/admin-store.ts'

/** So many rows are looked through for a text in one call: some milliseconds, for which nobody else is answered in SQLite. */
const SOUGHT_ROWS = 2_000

interface Row<Id extends string> {
  readonly id: Id
  readonly created_at: number
}

/**
 * A page of rows that are newest first. Engines disagree on what is a lower-case letter outside ASCII, so a text is looked for
 * here, in rows that are read by their index.
 */
export async function readNewestFirst<Id extends string, R extends Row<Id>>(
  { limit, after, text }: AdminQuery<Id>,
  select: (after: Place<Id> | undefined, limit: number) => Promise<R[]>,
  textsOf: (row: R) => ReadonlyArray<string | null>,
): Promise<Page<R, Place<Id>>> {
  const sought = text?.toLowerCase() ?? ''
  const most = sought === '' ? limit : SOUGHT_ROWS
  const read = await select(after, most + 1)
  const looked = read.slice(0, most)
  const found = looked.filter((row) => sought === '' || textsOf(row).some((t) => t?.toLowerCase().includes(sought)))
  const rows = found.slice(0, limit)
  const last = found.length > limit ? rows.at(-1) : looked.at(-1)
  const isAll = found.length <= limit && read.length <= most
  return { rows, next: isAll || !last ? undefined : { createdAt: last.created_at, id: last.id } }
}
