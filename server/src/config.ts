import type { AuthPolicy } from '@sketchroom/shared/api/auth'
import { userIdSchema, type UserId } from '@sketchroom/shared/ids'
import { z } from 'zod'
import type { Administrators } from './core/accounts/administrators.ts'
import { DEFAULT_BOARD_LIMITS, defaultBoardBytes, type BoardLimits } from './core/gate/board-size.ts'
import { Keyring, parseKeys } from './adapters/encryption/keyring.ts'
import type { Sampling } from './adapters/opentelemetry/sampling.ts'
import type { ErrorReporting } from './adapters/sentry/sentry-reports.ts'
import { limitsEnvironment, toHttpLimits, toReceiveLimits } from './config-limits.ts'
import { telemetryEnvironment, toErrorReporting, toSampling } from './config-telemetry.ts'
import type { ReceiveLimits } from './http/http-listener.ts'
import type { HttpLimits } from './http/rate-limits.ts'
import { processMemory } from './process-memory.ts'
import { faultOfPublicPath } from './public-path.ts'
import { defaultLoadedBytes } from './sync/loaded-bytes.ts'
import { messageOf } from './errors.ts'
import { ENCRYPTED } from './secret.ts'
import { clientLimits, clientLimitsShape, type ClientLimits } from './client-limits.ts'

const portSchema = z.coerce.number().int().min(0).max(65535)
const originSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => new URL(url))
/** What stands behind the path would be dropped in silence. */
const publicUrlSchema = originSchema
  .refine(
    ({ origin, pathname, href }) => href === origin + pathname,
    'must be an address without a user, a query or a fragment, such as https://draw.example.org or https://example.org/boards',
  )
  .superRefine(({ pathname }, context) => {
    const fault = faultOfPublicPath(pathname)
    if (fault !== undefined) context.addIssue(fault)
  })

const postgresUrlSchema = z.url({
  protocol: /^postgres(?:ql)?$/,
  error: 'must be an address such as postgres://user:password@db.example.org/sketchroom',
})

const redisUrlSchema = z
  .url({
    protocol: /^rediss?$/,
    error: 'must be an address such as redis://user:password@redis.example.org:6379',
  })
  .refine((url) => /^(\/\d*)?$/.test(new URL(url).pathname), 'must end with the number of a database, or nothing')

/** The keys of an environment, for scripts that need no more of it; without any, an empty keyring. Throws in words. */
export function keyringOf({ ENCRYPTION_KEY: keys }: Readonly<Record<string, string | undefined>>): Keyring {
  return new Keyring(keys ? parseKeys(keys) : [])
}

function toKeyring(keys: string | undefined, context: z.RefinementCtx): Keyring {
  try {
    return new Keyring(keys === undefined ? [] : parseKeys(keys))
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) })
    return z.NEVER
  }
}

/** Accounts as `address:id`. An address by itself names nobody: whoever signs up with it first has it. */
function toAdministrators(list: string | undefined, context: z.RefinementCtx): Administrators {
  const named = new Map<UserId, string>()
  for (const entry of list?.split(',') ?? []) {
    const [, email = '', id = ''] = /^([^\s:]+@[^\s:]+):([\w-]+)$/.exec(entry.trim()) ?? []
    if (id === '') {
      context.addIssue({ code: 'custom', message: ADMINS_FAULT })
      return z.NEVER
    }
    named.set(userIdSchema.parse(id), email.toLowerCase())
  }
  return named
}
const ADMINS_FAULT =
  'must name accounts as address:id, such as ada@example.org:V1StGXR8_Z5jdHi6B-myT, since nobody has proved that an address is ' +
  'theirs; sign in, open the page /admin, and copy what it shows'

/** The environment variables that SketchRoom reads; what each means is said where it is used below. */
const environmentSchema = z.object({
  PORT: portSchema.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATA_DIR: z.string().min(1).default('./data'),
  JWT_SECRET: z
    .string()
    .min(32, 'must be at least 32 characters')
    // Long enough, and it would sign everybody out: guests for good.
    .refine(
      (secret) => !secret.startsWith(ENCRYPTED),
      'must be what scripts/show-secret.ts shows: in the file jwt-secret, it is encrypted',
    )
    .optional(),
  PUBLIC_URL: publicUrlSchema.optional(),
  ADMINS: z.string().optional().transform(toAdministrators),
  ALLOWED_ORIGINS: z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .pipe(z.array(originSchema))
    .optional(),
  SIGNUP: z.enum(['open', 'invited', 'closed']).default('open'),
  GUESTS: z.enum(['on', 'off']).default('on'),
  HISTORY_DAYS: z.coerce.number().int().min(1).max(36_500).default(30),
  MAX_SOCKETS_PER_ADDRESS: z.coerce.number().int().min(1).default(1024),
  MAX_BOARD_BYTES: z.coerce
    .number()
    .int()
    .min(65_536)
    .default(() => defaultBoardBytes(processMemory())),
  LOADED_BYTES: z.coerce.number().int().min(1_000_000).default(defaultLoadedBytes),
  MAX_BOARD_ELEMENTS: z.coerce.number().int().min(1).default(DEFAULT_BOARD_LIMITS.elements),
  MAX_BOARD_STRUCTS: z.coerce.number().int().min(1_000).default(DEFAULT_BOARD_LIMITS.structs),
  ...limitsEnvironment,
  ...clientLimitsShape,
  TRUST_PROXY: z.coerce.number().int().min(0).max(10).default(0),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  SQLITE_SYNCHRONOUS: z.enum(['FULL', 'NORMAL']).default('FULL'),
  DATABASE_URL: postgresUrlSchema.optional(),
  DATABASE_READ_URL: postgresUrlSchema.optional(),
  REDIS_URL: redisUrlSchema.optional(),
  METRICS_TOKEN: z
    .string()
    .min(32, 'must be at least 32 characters')
    .regex(/^[\w.~+/-]+=*$/, 'may have letters, digits and . _ ~ + / - only, as a bearer token')
    .optional(),
  METRICS_PORT: portSchema.min(1).optional(),
  METRICS_HOST: z.string().min(1).optional(),
  ENCRYPTION_KEY: z.string().optional().transform(toKeyring),
  ...telemetryEnvironment,
})

/** Where the metrics can be read: with the token on the server's own port, or on a port of their own; one of them at least. */
export interface MetricsAccess {
  readonly token: string | undefined
  readonly listen: { readonly port: number; readonly host: string } | undefined
}

/** How this process is to run. */
export interface Config {
  readonly port: number
  /** The address to listen on; `0.0.0.0` for all. */
  readonly host: string
  /** Where the database and the generated secret lie. */
  readonly dataDir: string
  /** Undefined: generated once and kept in `dataDir`. */
  readonly jwtSecret: string | undefined
  /** Where people reach the server, below whose path everything is; links and cookies are made for it. */
  readonly publicUrl: URL
  /** Pages that may call the API and connect, as origins; the server's own are always among them. */
  readonly allowedOrigins: readonly string[]
  /** How many proxies in front may be believed about the client's address. */
  readonly trustProxy: number
  /** How many WebSockets one address may have open at a time. */
  readonly maxSocketsPerAddress: number
  /** Who may look after the server. */
  readonly administrators: Administrators
  /** Who may come whom the server does not know. */
  readonly authPolicy: AuthPolicy
  /** How much one board may hold. */
  readonly boardLimits: BoardLimits
  /** How large the boards in memory may be together, in bytes. */
  readonly loadedBytes: number
  /** How often one person or address may ask for something over HTTP. */
  readonly limits: HttpLimits
  /** How long what comes in over HTTP may take, and how slow it may be. */
  readonly receiving: ReceiveLimits
  /** How many connections one address may have open at a time, WebSockets among them; not asked behind a proxy. */
  readonly maxConnectionsPerAddress: number
  /** How many living boards somebody may have made. */
  readonly roomQuota: { readonly perAccount: number; readonly perGuest: number }
  /** What bounds clients that are programs. */
  readonly clientLimits: ClientLimits
  /** How long single updates are kept behind the snapshots. */
  readonly historyDays: number
  readonly logLevel: z.infer<typeof environmentSchema>['LOG_LEVEL']
  /** Everything is stored in this PostgreSQL database, and nothing in `dataDir`. */
  readonly databaseUrl: string | undefined
  /** A replica that lists are read from. */
  readonly databaseReadUrl: string | undefined
  /** The Redis through which several instances tell each other what happens; undefined for a single one. */
  readonly redisUrl: string | undefined
  /** By the first of these keys, what is stored is encrypted, and by none if there is none. */
  readonly keyring: Keyring
  /** Who may read `/metrics`; undefined: nobody may. */
  readonly metrics: MetricsAccess | undefined
  /** How much of what is done is followed, in traces for OpenTelemetry; undefined: nothing is. */
  readonly traces: Sampling | undefined
  /** Where errors are reported beside the log; undefined: nowhere. */
  readonly errorReporting: ErrorReporting | undefined
  /** `FULL`: the committed survives a power cut. */
  readonly sqliteSynchronous: 'FULL' | 'NORMAL'
}

/** Everything that is wrong with the configuration, one line each. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** Reads the configuration from the environment; an empty variable counts as none. Throws `ConfigError`. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const { success, data, error } = environmentSchema.safeParse(given)
  const faults = error?.issues.map((issue) => `${issue.path[0]?.toString()}: ${describeIssue(issue)}`) ?? []
  // Said together with whatever else is wrong, also when that keeps the rest from being read.
  if (given['DATABASE_URL'] !== undefined && given['JWT_SECRET'] === undefined) {
    faults.push(
      'JWT_SECRET: must be given with DATABASE_URL, since every process over one database signs with the same',
    )
  }
  if (given['DATABASE_READ_URL'] !== undefined && given['DATABASE_URL'] === undefined) {
    faults.push('DATABASE_READ_URL: is of use only with DATABASE_URL')
  }
  if (given['REDIS_URL'] !== undefined && given['DATABASE_URL'] === undefined) {
    faults.push('REDIS_URL: is of use only with DATABASE_URL, since several instances have to share a database')
  }
  if (given['METRICS_HOST'] !== undefined && given['METRICS_PORT'] === undefined) {
    faults.push('METRICS_HOST: is of use only with METRICS_PORT')
  }
  if (data?.METRICS_PORT !== undefined && data.METRICS_PORT === data.PORT) {
    faults.push('METRICS_PORT: must be another than PORT; to read the metrics there, set METRICS_TOKEN instead')
  }
  if (!success || faults.length > 0) throw new ConfigError(faults)
  const publicUrl = data.PUBLIC_URL ?? new URL(`http://localhost:${data.PORT}`)
  // Without a public address the server is somebody's own machine, which has more than one name for itself.
  const ownNames = data.PUBLIC_URL ? [] : [`http://127.0.0.1:${data.PORT}`, `http://[::1]:${data.PORT}`]
  const others = data.ALLOWED_ORIGINS?.map(({ origin }) => origin) ?? []
  return {
    port: data.PORT,
    host: data.HOST,
    dataDir: data.DATA_DIR,
    jwtSecret: data.JWT_SECRET,
    publicUrl,
    allowedOrigins: [...new Set([publicUrl.origin, ...ownNames, ...others])],
    trustProxy: data.TRUST_PROXY,
    maxSocketsPerAddress: data.MAX_SOCKETS_PER_ADDRESS,
    administrators: data.ADMINS,
    authPolicy: { signup: data.SIGNUP, guests: data.GUESTS },
    boardLimits: {
      bytes: data.MAX_BOARD_BYTES,
      elements: data.MAX_BOARD_ELEMENTS,
      structs: data.MAX_BOARD_STRUCTS,
    },
    loadedBytes: data.LOADED_BYTES,
    limits: toHttpLimits(data),
    receiving: toReceiveLimits(data),
    maxConnectionsPerAddress: data.MAX_CONNECTIONS_PER_ADDRESS,
    roomQuota: { perAccount: data.MAX_ROOMS_PER_ACCOUNT, perGuest: data.MAX_ROOMS_PER_GUEST },
    clientLimits: clientLimits(data),
    historyDays: data.HISTORY_DAYS,
    logLevel: data.LOG_LEVEL,
    databaseUrl: data.DATABASE_URL,
    databaseReadUrl: data.DATABASE_READ_URL,
    redisUrl: data.REDIS_URL,
    keyring: data.ENCRYPTION_KEY,
    metrics: toMetricsAccess(data),
    traces: toSampling(data),
    errorReporting: toErrorReporting(data),
    sqliteSynchronous: data.SQLITE_SYNCHRONOUS,
  }
}

/** Says what was expected in words of the operator's: what zod says of a number that is none is about JavaScript. */
function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && ['number', 'int'].includes(issue.expected)) {
    return issue.expected === 'int' ? 'must be a whole number' : 'must be a number, without a unit'
  }
  if (issue.code === 'too_small' && issue.origin !== 'string') return `must be ${issue.minimum} or more`
  if (issue.code === 'too_big' && issue.origin !== 'string') return `must be ${issue.maximum} or less`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
  return issue.message
}

function toMetricsAccess(data: z.infer<typeof environmentSchema>): MetricsAccess | undefined {
  const { METRICS_TOKEN: token, METRICS_PORT: port, METRICS_HOST: host = '127.0.0.1' } = data
  if (token === undefined && port === undefined) return undefined
  return { token, listen: port === undefined ? undefined : { port, host } }
}
