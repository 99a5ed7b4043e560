import { Kysely, PostgresDialect } from 'kysely'
import { Pool, types } from 'pg'
import type { Logger } from 'pino'
import type { Schema } from './schema.ts'

const CONNECT_MS = 5_000
/** No statement here takes longer on a server that is well; people wait for most of them. */
const STATEMENT_MS = 30_000
/** Waiting for another's row is cut off sooner, so that one stuck transaction does not fill the pool. */
const LOCK_MS = 10_000
/** A process that stopped in the middle of a transaction must not hold its locks. */
const IDLE_IN_TRANSACTION_MS = 30_000
/** When the network swallows an answer, the server's own limits are not heard of. */
const ANSWER_MS = STATEMENT_MS + 5_000
/** Connecting takes ten times as long as a short statement. */
const IDLE_MS = 60_000
/** Connections are made anew from time to time, so that a server that took another's place is found. */
const LIFETIME_SECONDS = 30 * 60
const SLOW_MS = 500

/** How a pool of connections is opened. */
export interface PostgresPoolOptions {
  readonly url: string
  /** What its connections are for; PostgreSQL shows it in `pg_stat_activity`. */
  readonly purpose: string
  readonly max: number
  /** Leaves statements their time, as migrations need. */
  readonly patient?: boolean
  /** How long a statement waits for a row that another has locked. */
  readonly lockMs?: number
  /** Keeps connections that nobody uses: there may be no new one when it matters. */
  readonly staysOpen?: boolean
  readonly log: Logger
}

/** A pool whose statements end in time, one way or the other. Connects when the first one is run. */
export function createPostgresPool(options: PostgresPoolOptions): Pool {
  const { url, purpose, max, patient = false, lockMs = LOCK_MS, staysOpen = false, log } = options
  const limits = { statement_timeout: STATEMENT_MS, lock_timeout: lockMs, query_timeout: ANSWER_MS }
  const pool = new Pool({
    connectionString: url,
    application_name: `sketchroom ${purpose}`,
    max,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: staysOpen ? 0 : IDLE_MS,
    maxLifetimeSeconds: LIFETIME_SECONDS,
    ...(patient ? {} : limits),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser },
  })
  // Without a listener, either would end the process. A connection in use tells its trouble to who uses it as well.
  pool.on('error', (error) => log.warn({ err: error, purpose }, 'a connection to PostgreSQL was lost'))
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Kysely over a pool; says which statements are slow, without the values in them. */
export function createPostgresKysely(pool: Pool, log: Logger): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: new PostgresDialect({ pool }),
    log: ({ query, queryDurationMillis }) => noteSlow(log, query.sql, queryDurationMillis),
  })
}

/** Notes a statement that took long, without the values in it. */
export function noteSlow(log: Logger, statement: string, tookMs: number): void {
  if (tookMs >= SLOW_MS) log.warn({ sql: statement, tookMs: Math.round(tookMs) }, 'a slow statement')
}

/** How a column's text becomes a value. */
function getTypeParser(type: Parameters<typeof types.getTypeParser>[0]): (value: string) => unknown {
  // Numbers and times stay far below 2^53; the driver would make strings of them.
  if (type === types.builtins.INT8) return Number
  if (type === types.builtins.BYTEA) return parseBytes
  return types.getTypeParser(type)
}

/** PostgreSQL writes bytes as `\x` and hexadecimal digits. */
function parseBytes(text: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(text.slice(2), 'hex')
  return new Uint8Array(buffer, byteOffset, length)
}
