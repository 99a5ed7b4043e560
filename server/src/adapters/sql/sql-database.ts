import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Schema } from './schema.ts'

/** An open SQL database, migrated to the latest schema. */
export interface SqlDatabase {
  readonly db: Kysely<Schema>
  /**
   * Runs the statements in one transaction and, where the engine allows it, in one round trip: the
   * journal's way in. Durable when it resolves; when it rejects, nothing was changed.
   */
  commit(statements: readonly CompiledQuery[]): Promise<Array<QueryResult<unknown>>>
  close(): Promise<void>
}

/** A statement that the database refused. */
export class SqlError extends Error {
  /** The engine's own code, such as `SQLITE_CONSTRAINT_UNIQUE` or PostgreSQL's `23505`. */
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.name = 'SqlError'
    this.code = code
  }
}

/** Whether the database refused a row because a unique column or key has the value already. */
export function isUniqueViolation(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === '23505'
}
