import { setTimeout as wait } from 'node:timers/promises'
import type { RoomId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import type { AdminStore, WeighedRoom } from '../../ports/admin-store.ts'
import type { RecordId } from '../../ports/document-store.ts'

/** What it found is good for so long, and for so many times what the walk took; then it walks again, when somebody asks. */
const FRESH_MS = 5_000
const FRESH_PER_WALK = 20
/** How long others have the database for themselves after each few hundred records. */
const BREATH_MS = 20
const LARGEST = 20
const NOTHING = { updates: { count: 0, bytes: 0 }, snapshots: { count: 0, bytes: 0 }, largest: [] }

interface Sum {
  count: number
  bytes: number
}

/** What is known of what is stored. Times are milliseconds since 1970. */
export interface SurveyResult {
  readonly startedAt: number
  /** Null: it is still under way, and these are the numbers so far. */
  readonly finishedAt: number | null
  readonly updates: Readonly<Sum>
  readonly snapshots: Readonly<Sum>
  readonly largest: ReadonlyArray<{ readonly roomId: RoomId; readonly bytes: number }>
}

/**
 * Walks over all records to learn what they take, a few hundred at a time: a single statement over a large database would
 * hold it for minutes, and counting at each commit would cost everybody something. Once, when somebody asks, and not again
 * while what it found is fresh.
 */
export class StorageSurvey {
  readonly #store: AdminStore
  readonly #log: Logger
  readonly #now: () => number
  readonly #stopping = new AbortController()
  #result: SurveyResult | undefined
  #freshUntil = -Infinity
  #walking: Promise<void> | undefined

  /** `now` is in milliseconds since 1970. */
  constructor(parts: { store: AdminStore; log: Logger; now: () => number }) {
    this.#store = parts.store
    this.#log = parts.log
    this.#now = parts.now
  }

  /** What is known now; has it walk if that is old, or nothing. */
  look(): SurveyResult {
    if (!this.#walking && this.#now() >= this.#freshUntil) this.#walking = this.#walk()
    // A walk that fails leaves nothing behind, and the next begins when somebody asks.
    return this.#result ?? { startedAt: this.#now(), finishedAt: null, ...NOTHING }
  }

  /** Resolves when a walk that is under way has ended. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#walking
  }

  async #walk(): Promise<void> {
    const startedAt = this.#now()
    const sums = { update: { count: 0, bytes: 0 }, snapshot: { count: 0, bytes: 0 } }
    let largest: SurveyResult['largest'] = []
    const found = (finishedAt: number | null): SurveyResult => {
      return { startedAt, finishedAt, updates: { ...sums.update }, snapshots: { ...sums.snapshot }, largest }
    }
    const before = this.#result
    // An older whole is shown until there is a newer one.
    this.#result ??= found(null)
    try {
      for (let after: RoomId | undefined; ;) {
        const rooms = await this.#store.listDrawn(after)
        const last = rooms.at(-1)
        if (last === undefined) break
        const weights = new Map<RoomId, number>()
        for (const kind of ['update', 'snapshot'] as const) {
          await this.#weigh(kind, after, last, ({ roomId, count, bytes }) => {
            sums[kind].count += count
            sums[kind].bytes += bytes
            weights.set(roomId, (weights.get(roomId) ?? 0) + bytes)
          })
        }
        const candidates = [...largest, ...[...weights].map(([roomId, bytes]) => ({ roomId, bytes }))]
        largest = candidates.toSorted((a, b) => b.bytes - a.bytes).slice(0, LARGEST)
        if (!before) this.#result = found(null)
        after = last
      }
      const finishedAt = this.#now()
      this.#result = found(finishedAt)
      this.#freshUntil = finishedAt + Math.max(FRESH_MS, FRESH_PER_WALK * (finishedAt - startedAt))
    } catch (error) {
      this.#result = before
      if (!this.#stopping.signal.aborted) this.#log.warn({ err: error }, 'could not look at what is stored')
    } finally {
      this.#walking = undefined
    }
  }

  /** The records of one kind of the rooms after this one, up to the last. */
  async #weigh(
    kind: RecordId['kind'],
    after: RoomId | undefined,
    last: RoomId,
    add: (room: WeighedRoom) => void,
  ): Promise<void> {
    let place = after && { roomId: after, seq: Infinity }
    for (;;) {
      await wait(BREATH_MS, undefined, { signal: this.#stopping.signal, ref: false })
      const { rows, next } = await this.#store.weigh(kind, place, last)
      for (const row of rows) add(row)
      if (!next) return
      place = next
    }
  }
}
