import { join } from 'node:path'
import { KeyError } from './adapters/sql/admit-keys.ts'
import { DataDirTakenError } from './adapters/sql/data-dir-lock.ts'
import { MigrationError } from './adapters/sql/migrate.ts'
import type { Config } from './config.ts'
import { messageOf } from './errors.ts'

/** Ports below may be listened on by root only, unless the system says otherwise. */
const FIRST_FREE_PORT = 1024

/** Says in one line why the server could not start, as far as its surroundings are the reason, and what to do. */
export function describeStartFailure(error: unknown, config: Config): string {
  const { databaseUrl, dataDir } = config
  if (error instanceof MigrationError) {
    return databaseUrl === undefined ? describeSqlite(error.cause, dataDir) : describePostgres(error.cause, databaseUrl)
  }
  if (error instanceof DataDirTakenError) return `${error.message}; stop that one, or set DATA_DIR to another`
  const code = codeOf(error)
  if (code?.startsWith('SQLITE_')) return describeSqlite(error, dataDir)
  const syscall = error instanceof Error && 'syscall' in error ? (error.syscall as string) : undefined
  if (syscall === undefined) return `could not start: ${messageOf(error)}`
  if (['listen', 'bind', 'getaddrinfo'].includes(syscall)) return describeAddress(error, config)
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const remedy = `${isFull ? 'make room on it' : 'make it a directory that this user may write to'}, or set DATA_DIR to another`
  return `cannot write to ${dataDir}: ${reasonOfFile(code) ?? messageOf(error)}; ${remedy}`
}

/**
 * The exit code of a start that failed: 2 when it would fail the next time as well, since the configuration does not fit what is
 * stored; whoever starts servers again by themselves need not. Otherwise 1.
 */
export function exitCodeOf(error: unknown): 1 | 2 {
  const isForGood = error instanceof KeyError || (error instanceof MigrationError && isOfAnotherVersion(error.cause))
  return isForGood ? 2 : 1
}

/** Says what a start waits for that takes longer than starts do, and what to look at. */
export function describeWaiting(step: StartStep, { dataDir, databaseUrl, host }: Config): string {
  const directory = `the data directory ${dataDir}; see whether its disk answers`
  const database =
    databaseUrl === undefined
      ? `the database in ${dataDir} to open and be brought up to date; see whether its disk answers`
      : `the ${nameOfPostgres(databaseUrl)} to open and be brought up to date`
  const waitsFor = { 'data directory': directory, database, address: `the name ${host} to resolve` }
  return `still waiting for ${waitsFor[step]}`
}

/** What a start does one after the other, and what may not answer. */
export type StartStep = 'data directory' | 'database' | 'address'

function describeAddress(error: unknown, { host, port, metrics }: Config): string {
  const code = codeOf(error)
  const listen = metrics?.listen
  if (listen && isAbout(error, listen)) {
    return `cannot listen for the metrics on ${listen.host}, port ${listen.port} (${code}); set METRICS_HOST and METRICS_PORT to others`
  }
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use; set PORT to another`
    case 'EACCES':
      return port < FIRST_FREE_PORT
        ? `port ${port} may not be used by this user, since it is below ${FIRST_FREE_PORT}; set PORT to another, and put a proxy in front`
        : `port ${port} may not be used by this user; set PORT to another`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST is ${host}, which does not resolve; set it to an address of this machine, or to 0.0.0.0 for all`
    case 'EADDRNOTAVAIL':
      return `HOST is ${host}, which is no address of this machine; set it to one, or to 0.0.0.0 for all`
    default:
      return `cannot listen on ${host}, port ${port} (${code}); set HOST and PORT to others`
  }
}

/** Whether listening failed there: Node names the port, or the name that did not resolve. */
function isAbout(error: unknown, { port, host }: { port: number; host: string }): boolean {
  if (!(error instanceof Error)) return false
  return ('port' in error && error.port === port) || ('hostname' in error && error.hostname === host)
}

function describeSqlite(cause: unknown, dataDir: string): string {
  const file = join(dataDir, 'sketchroom.db')
  if (isOfAnotherVersion(cause)) {
    return `the database in ${dataDir} was written by another version; start that one, or restore a backup`
  }
  const code = codeOf(cause) ?? ''
  if (/^SQLITE_(?:NOTADB|CORRUPT)/.test(code))
    return `the database in ${dataDir} is damaged, or ${file} is none; restore a backup`
  if (/^SQLITE_(?:READONLY|CANTOPEN|PERM)/.test(code)) {
    return `cannot write to the database in ${dataDir}; let this user write to ${file} and the files beside it, or set DATA_DIR to another`
  }
  if (code.startsWith('SQLITE_FULL'))
    return `the disk of ${dataDir} is full; make room on it, or set DATA_DIR to another`
  if (code.startsWith('SQLITE_BUSY'))
    return `another program holds the database in ${dataDir}; stop it, or set DATA_DIR to another`
  if (code.startsWith('SQLITE_IOERR'))
    return `the database in ${dataDir} cannot be read: ${messageOf(cause)}; see to its disk, or restore a backup`
  return `the database in ${dataDir} could not be opened: ${messageOf(cause)}; start the version that wrote it, or restore a backup`
}

function describePostgres(cause: unknown, databaseUrl: string): string {
  const database = nameOfPostgres(databaseUrl)
  if (isOfAnotherVersion(cause)) {
    return `the ${database} was written by another version; start the version that wrote it, or restore a backup`
  }
  const remedy = 'see to it that it runs and lets this user in, or set DATABASE_URL to another'
  return `cannot open the ${database}: ${reasonOf(cause)}; ${remedy}`
}

/** Without the user and the password. */
function nameOfPostgres(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl)
  return `PostgreSQL database ${pathname.slice(1)} at ${host}`
}

/** Kysely has no error of its own for a database with migrations that this version does not know. */
function isOfAnotherVersion(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('corrupted migrations')
}

/** A name with several addresses fails with one error for each, and no words of its own. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown'
  return cause.message || (codeOf(cause) ?? cause.name)
}

/** What a system's error about a file means; undefined for those that nobody meets. */
function reasonOfFile(code: string | undefined): string | undefined {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'this user may not'
    case 'EROFS':
      return 'its file system is read-only'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'its disk is full'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'there is a file in its place'
    default:
      return undefined
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
