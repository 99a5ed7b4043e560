import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel'
import { SketchRoomError } from '../../errors.ts'

/** Whoever waits longer for the database is told that it does not answer: its own limits are for what may take long. */
const ANSWER_MS = 15_000
/** So many failures in a row, and nothing is asked any more but from time to time, whether it is back. */
const FAILURES = 3
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 1_000

/** Codes of PostgreSQL, of SQLite, and of the system, when there is no database that answers. */
const UNREACHABLE = /^(08|57P|53[34]|ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_|SQLITE_CLOSED)/
/** The same when it answers, and cannot write, or read: a full disk above all. */
const UNUSABLE = /^(53|25006|58|SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN))/
/** What `pg` says without a code when a connection does not come, or goes. */
const LOST = /timeout exceeded when trying to connect|Query read timeout|Connection terminated|connection error/

/**
 * Stands before stores over one database: what fails because that is away is `store_unavailable`, and while it is away, calls
 * fail at once, so that people hear it soon and a database that comes back is not met by all that piled up.
 */
export function createOutageGuard(): <Store extends object>(store: Store) => Store {
  const policy = wrap(
    circuitBreaker(handleWhen(isUnreachable), {
      breaker: new ConsecutiveBreaker(FAILURES),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: FIRST_PAUSE_MS, maxDelay: LONGEST_PAUSE_MS }),
    }),
    timeout(ANSWER_MS, TimeoutStrategy.Aggressive),
  )

  async function guarded(call: () => Promise<unknown>): Promise<unknown> {
    try {
      return await policy.execute(call)
    } catch (error) {
      if (!isUnreachable(error) && !isUnusable(error)) throw error
      throw new SketchRoomError('store_unavailable', 'The database does not answer. Try again in a moment.', {
        cause: error,
      })
    }
  }

  return (store) =>
    new Proxy(store, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...args: readonly unknown[]) => guarded(() => method.apply(target, args) as Promise<unknown>)
      },
    })
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof BrokenCircuitError || error instanceof TaskCancelledError) return true
  return error instanceof Error && (UNREACHABLE.test(codeOf(error)) || LOST.test(error.message))
}

function isUnusable(error: unknown): boolean {
  return error instanceof Error && UNUSABLE.test(codeOf(error))
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
