import { sql, SqliteAdapter, type CreateTableBuilder, type Kysely, type RawBuilder } from 'kysely'

/** What the engines spell differently when a table is made. */
export interface Engine {
  readonly isSqlite: boolean
  /** The type of bytes. */
  readonly bytes: RawBuilder<unknown>
  /**
   * Stores the rows in the primary key itself, where SQLite otherwise keeps a table and an index beside each other. For small
   * rows only: see `0004-updates-by-arrival`.
   */
  readonly inKeyOrder: <T extends CreateTableBuilder<string, string>>(table: T) => T
  /** Gives a constraint another name; in SQLite, no two tables have to share theirs. */
  readonly renameConstraint: (table: string, from: string, to: string) => Promise<void>
}

/** The engine behind a database. */
export function engineOf(db: Kysely<unknown>): Engine {
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter
  return {
    isSqlite,
    bytes: isSqlite ? sql`blob` : sql`bytea`,
    inKeyOrder: (table) => (isSqlite ? (table.modifyEnd(sql`without rowid`) as typeof table) : table),
    renameConstraint: async (table, from, to) => {
      if (isSqlite) return
      await sql`alter table ${sql.table(table)} rename constraint ${sql.id(from)} to ${sql.id(to)}`.execute(db)
    },
  }
}
