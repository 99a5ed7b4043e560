import { createStackParser, createTransport, parseStackFrames, Scope, type Event, type Exception } from '@sentry/core'
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server'
import { findRoomId } from '@sketchroom/shared/ids'
import type { Logger, LoggerOptions } from 'pino'
import serverPackage from '../../../package.json' with { type: 'json' }
import { shortRoomId } from '../../short-room-id.ts'
import { ReportRate } from './report-rate.ts'
import { withoutQuotes } from './without-quotes.ts'

/** A server that takes longer is not waited for. */
const SEND_MS = 5_000
/** What stopping may wait for a report. */
const CLOSE_MS = 2_000
const MOST_CAUSES = 5
/** Pino's number for `error`; all above is worse. */
const ERROR = 50
const FATAL = 60

/** The fields of a log line that are reported with it; any other may be somebody's. */
const TOLD = ['requestId', 'connectionId', 'kind', 'seq', 'part', 'stopWithinMs', 'pending', 'bytes'] as const

const parseStack = createStackParser(nodeStackLineParser())

/** Where errors are reported. */
export interface ErrorReporting {
  /** Sentry's name for the address of a project, with the key that may send there. */
  readonly dsn: string
  /** Which installation it is, as Sentry's own filters have it. */
  readonly environment: string
}

/** A line that is being logged, by its logger. */
interface Line {
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
  readonly isFatal: boolean
}

/**
 * Reports to Sentry what the log says at `error` and above, and nothing else. What is sent is put together here, field by field:
 * no integration looks at requests, sockets or the machine. By `@sentry/core`, since Sentry's package for Node brings 95 MB.
 */
export class SentryReports {
  readonly #client: ServerRuntimeClient
  readonly #rate = new ReportRate(() => performance.now())
  #log: Logger | undefined
  #isFailing = false

  constructor({ dsn, environment }: ErrorReporting) {
    this.#client = new ServerRuntimeClient({
      dsn,
      environment,
      release: `sketchroom@${serverPackage.version}`,
      platform: 'node',
      runtime: { name: 'node', version: process.version },
      stackParser: parseStack,
      integrations: [],
      traceLifecycle: 'static',
      sendClientReports: false,
      transport: (options) => createTransport(options, ({ body }) => this.#send(options.url, options.headers, body)),
    })
  }

  /** For Pino: hears of each line at the level that is logged, when it is logged. */
  readonly hooks = { logMethod: hearLines((log, line) => this.#report(log, line)) }

  /** Sends what is under way, within two seconds. */
  async close(): Promise<void> {
    await this.#client.close(CLOSE_MS)
  }

  #report(log: Logger, line: Line): void {
    this.#log = log
    const { err: error, from } = line.fields
    // A library's words, which may be those of a client that it could not read.
    const message = from === 'console' ? 'a library printed an error; the log has it' : withoutQuotes(line.message)
    const exceptions = exceptionsOf(error)
    const frame = exceptions.at(-1)?.stacktrace?.frames?.at(-1)
    const repeated = this.#rate.repeatedBefore(
      `${message} ${exceptions.at(-1)?.type} ${frame?.filename}:${frame?.lineno}`,
    )
    if (repeated === undefined) return
    const told = TOLD.flatMap((name) => {
      const value = line.fields[name]
      return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : []
    })
    const room = findRoomId(String(line.fields['roomId']))
    const user = userOf(line.fields)
    const event: Event = {
      level: line.isFatal ? 'fatal' : 'error',
      message,
      ...(exceptions.length > 0 && { exception: { values: exceptions } }),
      extra: {
        ...Object.fromEntries(told),
        ...(room && { room: shortRoomId(room) }),
        ...(repeated > 0 && { repeated }),
      },
      ...(user !== undefined && { user: { id: user } }),
    }
    // A scope of its own: what others may have put into a common one is not sent.
    this.#client.captureEvent(event, {}, new Scope())
  }

  async #send(url: string, headers: Record<string, string> | undefined, body: string | Uint8Array) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers },
        body: typeof body === 'string' ? body : Buffer.from(body),
        signal: AbortSignal.timeout(SEND_MS),
      })
      await response.body?.cancel()
      this.#heard(response.ok || response.status === 429 ? undefined : new Error(`it answers ${response.status}`))
      return {
        statusCode: response.status,
        headers: {
          'x-sentry-rate-limits': response.headers.get('x-sentry-rate-limits'),
          'retry-after': response.headers.get('retry-after'),
        },
      }
    } catch (error) {
      this.#heard(error)
      throw error
    }
  }

  /** Says once that errors are not reported, and as a warning, which is not reported either. */
  #heard(error: unknown): void {
    if (error !== undefined && !this.#isFailing) this.#log?.warn({ err: error }, 'errors cannot be reported to Sentry')
    this.#isFailing = error !== undefined
  }
}

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>

function hearLines(onLine: (log: Logger, line: Line) => void): LogMethod {
  return function logMethod(args, method, level) {
    if (level >= ERROR) {
      const [first, second] = args as [unknown, unknown]
      const given = first instanceof Error ? { err: first } : typeof first === 'object' ? first : {}
      const message = typeof first === 'string' ? first : typeof second === 'string' ? second : ''
      try {
        onLine(this, { fields: { ...this.bindings(), ...given }, message, isFatal: level >= FATAL })
      } catch {
        // Nothing may keep a line out of the log.
      }
    }
    method.apply(this, args)
  }
}

/** As Sentry has them: what was the cause of all comes first. */
function exceptionsOf(error: unknown): Exception[] {
  const exceptions: Exception[] = []
  for (let each = error; each instanceof Error && exceptions.length < MOST_CAUSES; each = each.cause) {
    const frames = parseStackFrames(parseStack, each)
    exceptions.unshift({
      type: each.name,
      value: withoutQuotes(each.message),
      ...(frames.length > 0 && { stacktrace: { frames } }),
      mechanism: { type: 'generic', handled: true },
    })
  }
  return exceptions
}

/** As the log has them. */
function userOf({ userId, author }: Line['fields']): string | undefined {
  const user = userId ?? author
  return typeof user === 'string' && /^#?[\w.:-]+$/.test(user) ? user : undefined
}
