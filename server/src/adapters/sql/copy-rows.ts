import { sql, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'
import { RECORD_TABLES, TABLE_KEYS, type Table } from './table-keys.ts'

/** So many rows are read at once, or as many as have so many bytes: a single one may be some megabytes. */
const PAGE_ROWS = 1_000
const PAGE_BYTES = 4 * 1024 * 1024
/** PostgreSQL takes 65,535 values in a statement, SQLite half of that. */
const STATEMENT_ROWS = 500

/** Copies a table, or one room's part of it, to another database; answers how many rows that were. */
export async function copyRows(
  from: Kysely<Schema>,
  to: Kysely<Schema>,
  table: Table,
  roomId?: string,
): Promise<number> {
  let copied = 0
  for await (const page of pagesOf(from, table, roomId)) {
    for (let start = 0; start < page.length; start += STATEMENT_ROWS) {
      await to
        .insertInto(table)
        .values(page.slice(start, start + STATEMENT_ROWS))
        .execute()
    }
    copied += page.length
  }
  return copied
}

/** A table's rows in the order of its key, or one room's part of them. */
export async function* rowsOf<T extends Table>(
  db: Kysely<Schema>,
  table: T,
  roomId?: string,
): AsyncGenerator<Schema[T]> {
  for await (const page of pagesOf(db, table, roomId)) yield* page
}

async function* pagesOf<T extends Table>(
  db: Kysely<Schema>,
  table: T,
  roomId: string | undefined,
): AsyncGenerator<Array<Schema[T]>> {
  const key: readonly string[] = TABLE_KEYS[table]
  const columns = sql.join(key.map((column) => sql.ref(column)))
  const isPast = (operator: '>' | '<=', row: Record<string, unknown>) =>
    sql`(${columns}) ${sql.raw(operator)} (${sql.join(key.map((column) => row[column]))})`
  const own = roomId === undefined ? [] : [sql`room_id = ${roomId}`]
  let last: Record<string, unknown> | undefined
  for (;;) {
    const after = last === undefined ? own : [...own, isPast('>', last)]
    const end = await findPageEnd(db, table, after)
    if (!end) return
    const { rows } = await sql<Schema[T]>`
      select * from ${sql.table(table)} where ${sql.join([...after, isPast('<=', end)], sql` and `)} order by ${columns}
    `.execute(db)
    yield rows
    last = end
  }
}

/** The key of the last row that is read at once; undefined when there is none left. The bytes are not read for that. */
async function findPageEnd(
  db: Kysely<Schema>,
  table: Table,
  conditions: ReadonlyArray<ReturnType<typeof sql>>,
): Promise<Record<string, unknown> | undefined> {
  const columns = sql.join(TABLE_KEYS[table].map((column) => sql.ref(column)))
  const hasBytes = RECORD_TABLES.some((each) => each === table)
  const size = hasBytes ? sql`octet_length(bytes) + octet_length(ranges)` : sql`0`
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  const { rows } = await sql<Record<string, unknown> & { size: number }>`
    select ${columns}, ${size} as size from ${sql.table(table)} ${where} order by ${columns} limit ${PAGE_ROWS}
  `.execute(db)
  let bytes = 0
  const first = rows.findIndex((row) => (bytes += row.size) >= PAGE_BYTES)
  return first === -1 ? rows.at(-1) : rows[first]
}
