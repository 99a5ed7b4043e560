import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { AccountsStore } from '../ports/accounts-store.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import type { PurgedSlice, PurgeSlice } from '../ports/purge-slice.ts'
import type { RoomStore } from '../ports/room-store.ts'
import { keepsSnapshot } from './documents/snapshot-thinning.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A server that has just started has people waiting to come back. */
const FIRST_AFTER_MS = 5 * MINUTE_MS
const EVERY_MS = 4 * HOUR_MS
/** Each pause is longer or shorter by up to this part of it, so that instances do not clean up all at once. */
const JITTER = 0.25
/** So many rows in a statement take the write lock for a few milliseconds. */
const SLICE_ROWS = 200
/**
 * How long the write lock is left to others after a slice that took it. Without it, the journal's commits stood for
 * up to 430 ms: SQLite asks for a lock ever more seldom, and each time the next slice had it already.
 */
const BREATH_MS = 50

/** As long as an attempt to refresh may be repeated: what a session was is known for so long after its end. */
const ENDED_SESSION_MS = 30 * DAY_MS
/** A guest is stored a moment before their first session is, and must not go in between. */
const GUEST_MS = DAY_MS
/**
 * The journal appends a batch again within seconds. An instance that the store was out of reach of for longer than this
 * may store one twice, which costs its bytes and changes nothing; a day's ids of a busy server would be half a gigabyte.
 */
const BATCH_MS = HOUR_MS

/** What the job works on, and what a test puts in place of the clock. */
export interface HousekeepingParts {
  readonly documents: DocumentStore
  readonly accounts: AccountsStore
  readonly rooms: RoomStore
  readonly log: Logger
  /** How long single updates are kept behind the snapshots. */
  readonly historyDays: number
  /** In milliseconds since 1970. */
  readonly now?: () => number
  /** Calls back once after a time in milliseconds; what it returns takes that back. */
  readonly later?: (afterMs: number, callback: () => void) => () => void
  /** In [0, 1). */
  readonly random?: () => number
}

/**
 * Takes away what nobody needs any more: old updates and snapshots, sessions that ended, guests who cannot come
 * back, visits of people who are gone. Any number of instances may run it beside each other. Deleted rooms are left
 * alone: they can be restored.
 */
export class Housekeeping {
  readonly #parts: Required<HousekeepingParts>
  #cancel: (() => void) | undefined
  #running: Promise<void> | undefined
  readonly #stopping = new AbortController()

  constructor(parts: HousekeepingParts) {
    this.#parts = { now: Date.now, later: callLater, random: Math.random, ...parts }
  }

  /** Runs the job some minutes from now, and then every few hours. */
  start(): void {
    this.#schedule(FIRST_AFTER_MS)
  }

  /** Runs no more; resolves when the slice that is under way is done. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cancel?.()
    await this.#running
  }

  /** Does the whole job once; while it runs, answers for the run that is under way. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#clean().finally(() => (this.#running = undefined))
    return this.#running
  }

  #schedule(pauseMs: number): void {
    if (this.#stopping.signal.aborted) return
    const afterMs = pauseMs * (1 + JITTER * (2 * this.#parts.random() - 1))
    this.#cancel = this.#parts.later(afterMs, () => void this.run().then(() => this.#schedule(EVERY_MS)))
  }

  async #clean(): Promise<void> {
    const { documents, accounts, rooms, historyDays, now, log } = this.#parts
    const at = now()
    // Guests go after their sessions, and their visits after them: one run finds what the last step left behind.
    const purged = {
      sessions: await this.#each('sessions', (slice) => accounts.purgeSessions(at - ENDED_SESSION_MS, slice)),
      guests: await this.#each('guests', (slice) => accounts.purgeGuests(at - GUEST_MS, slice)),
      visits: await this.#each('visits', (slice) => rooms.purgeVisitors(slice)),
      documents: await this.#attempt('documents', () =>
        documents.purge({
          updatesBefore: at - historyDays * DAY_MS,
          batchesBefore: at - BATCH_MS,
          keepSnapshot: (madeAt, newerAt) => keepsSnapshot(madeAt, newerAt, at),
          signal: this.#stopping.signal,
        }),
      ),
    }
    log.info({ purged, tookMs: now() - at }, 'took away what is no longer needed')
  }

  /** Goes over everything slice by slice; resolves how many rows went. */
  async #each(what: string, step: (slice: PurgeSlice) => Promise<PurgedSlice>): Promise<number> {
    let removed = 0
    await this.#attempt(what, async () => {
      let after: string | undefined = ''
      while (after !== undefined && !this.#stopping.signal.aborted) {
        const slice: PurgedSlice = await step({ after, limit: SLICE_ROWS })
        removed += slice.removed
        after = slice.next
        if (slice.removed > 0) await wait(BREATH_MS)
      }
    })
    return removed
  }

  /** What fails waits for the next run, and keeps nothing else from being done. */
  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    if (this.#stopping.signal.aborted) return undefined
    try {
      return await work()
    } catch (error) {
      this.#parts.log.warn(
        { err: error, what },
        'could not take away what is no longer needed; the next run tries again',
      )
      return undefined
    }
  }
}

/** Never what keeps a process alive. */
function callLater(afterMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, afterMs).unref()
  return () => clearTimeout(timer)
}
