import { DataDirTakenError } from './adapters/sql/data-dir-lock.ts'
import { MigrationError } from './adapters/sql/migrate.ts'
import type { Config } from './config.ts'

/** Says in one line why the server could not start, as far as its surroundings are the reason, and what to do. */
export function describeStartFailure(error: unknown, { port, host, dataDir, databaseUrl }: Config): string {
  if (!(error instanceof Error)) return 'could not start'
  if (error instanceof MigrationError) {
    const database = databaseUrl === undefined ? `database in ${dataDir}` : describePostgres(databaseUrl)
    if (databaseUrl === undefined || isOfAnotherVersion(error)) {
      return `the ${database} could not be opened; start the version that wrote it, or restore a backup`
    }
    return (
      `cannot open the ${database}: ${reasonOf(error.cause)}; ` +
      'see to it that it runs and lets this user in, or set DATABASE_URL to another'
    )
  }
  if (error instanceof DataDirTakenError) return `${error.message}; stop that one, or set DATA_DIR to another`
  if (!('code' in error && 'syscall' in error)) return `could not start: ${error.message}`
  if (error.code === 'EADDRINUSE') return `port ${port} is in use; set PORT to another`
  if (error.syscall === 'listen') return `cannot listen on ${host}, port ${port}; set HOST and PORT to others`
  return `cannot write to ${dataDir}; make it a directory that this user may write to, or set DATA_DIR to another`
}

/** Without the user and the password. */
function describePostgres(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl)
  return `PostgreSQL database ${pathname.slice(1)} at ${host}`
}

/** Kysely has no error of its own for a database with migrations that this version does not know. */
function isOfAnotherVersion({ cause }: MigrationError): boolean {
  return cause instanceof Error && cause.message.startsWith('corrupted migrations')
}

/** A name with several addresses fails with one error for each, and no words of its own. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown'
  return cause.message || ('code' in cause ? String(cause.code) : cause.name)
}
