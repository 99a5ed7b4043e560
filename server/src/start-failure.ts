import { DataDirTakenError } from './adapters/sql/data-dir-lock.ts'
import { MigrationError } from './adapters/sql/migrate.ts'
import type { Config } from './config.ts'

/** Says in one line why the server could not start, as far as its surroundings are the reason, and what to do. */
export function describeStartFailure(error: unknown, { port, host, dataDir }: Config): string {
  if (!(error instanceof Error)) return 'could not start'
  if (error instanceof MigrationError) {
    return `the database in ${dataDir} could not be opened; start the version that wrote it, or restore a backup`
  }
  if (error instanceof DataDirTakenError) return `${error.message}; stop that one, or set DATA_DIR to another`
  if (!('code' in error && 'syscall' in error)) return `could not start: ${error.message}`
  if (error.code === 'EADDRINUSE') return `port ${port} is in use; set PORT to another`
  if (error.syscall === 'listen') return `cannot listen on ${host}, port ${port}; set HOST and PORT to others`
  return `cannot write to ${dataDir}; make it a directory that this user may write to, or set DATA_DIR to another`
}
