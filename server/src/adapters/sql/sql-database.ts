import type { CompiledQuery, Kysely } from 'kysely'
import type { DocumentStore } from '../../ports/document-store.ts'
import type { Schema } from './schema.ts'

/** An open SQL database, migrated to the latest schema. */
export interface SqlDatabase {
  readonly db: Kysely<Schema>
  /** For lists, which may lag behind a little: a read replica, where there is one. */
  readonly lists: Kysely<Schema>
  /** Runs the statements in one transaction. Durable when it resolves; when it rejects, nothing was changed. */
  commit(statements: readonly CompiledQuery[]): Promise<void>
  close(): Promise<void>
}

/** Everything that one engine stores. */
export interface SqlStorage {
  /** People and rooms. */
  readonly main: SqlDatabase
  readonly documentStore: DocumentStore
  close(): Promise<void>
}

/** A statement that the database refused. */
export class SqlError extends Error {
  override readonly name = 'SqlError'
  /** The engine's own code, such as `SQLITE_CONSTRAINT_UNIQUE` or PostgreSQL's `23505`. */
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

/** Whether the database refused a row because a unique column or key has the value already. */
export function isUniqueViolation(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === '23505'
}
