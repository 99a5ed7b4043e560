import { getHeapStatistics } from 'node:v8'
import { crc32 } from 'node:zlib'
import type { RoomId } from '@sketchroom/shared/ids'
import pLimit from 'p-limit'
import { Piscina } from 'piscina'
import type { DocumentStore, Snapshot } from '../../ports/document-store.ts'
import type { Extent } from './clock-ranges.ts'
import { RECORD, STEPS, type Compacted, type CompactedRecord, type Cut } from './compaction-worker.ts'
import { COLLECT_AFTER_MS, type LongDeleted } from './deleted-elements.ts'
import { recordsOf, setAside, type ReportDamaged } from './load-room.ts'
import { sizeOf } from './room-bytes.ts'
import { findMadeBefore } from './snapshot-age.ts'
import { baseOf, COMPACT_AFTER_UPDATES, isWorthSnapshot, storedSizeOfAll } from './snapshot-due.ts'

/**
 * A tail of more than this, drawn in one go, gets a snapshot in its middle, too: the clean-up takes away single edits behind
 * the second newest, and a board that is drawn once would keep all of its own for ever.
 */
const LONG_TAIL_UPDATES = 2 * COMPACT_AFTER_UPDATES

/**
 * A thread that takes no step for so long never will: of the processor's time, and of a clock's. Somebody may wait for the
 * board. What is large takes longer, and so may each of its steps.
 */
const STUCK_MS = 3_000
const STUCK_MS_PER_BYTE = 1_000 / (1024 * 1024)
/** So many looks make that time: a machine that was asleep takes none, and is no reason to give up. */
const LOOKS = 10

/**
 * One for snapshots, and one for who draws and waits for a board to be cut. In a small process it is one for both: a large board
 * takes 150 MB there, which V8 keeps for ten seconds after the thread has ended.
 */
const MAX_THREADS = getHeapStatistics().heap_size_limit < 512 * 1024 * 1024 ? 1 : 2
/** V8 would let a thread fill 192 MB with what is new before it collects; it takes no longer so. */
const YOUNG_MB = 16

/** Runs a function of `compaction-worker.ts` by its name, where nobody waits for the processor. */
export type CompactionThreads = Pick<Piscina, 'run' | 'destroy'>

/** Work in the thread did not come to its end, and was stopped. */
class StuckError extends Error {
  override readonly name = 'StuckError'
  /** The record that was being applied, in their order; as many as there are when it was none of them. */
  readonly index: number

  constructor(index: number) {
    super('it was applied without end')
    this.index = index
  }
}

/**
 * Makes snapshots, so that rooms open fast, in a thread that knows Yjs. It works from what is stored alone, and a
 * snapshot is a row of its own beside the others: any number of processes may try, and none does harm. Here it is one
 * room at a time: when a hundred are left at once, they are not all held in memory.
 */
export class Compaction {
  readonly #store: DocumentStore
  readonly #reportDamaged: ReportDamaged
  readonly #now: () => number
  readonly #startedAt: number
  readonly #ranForMs: () => number
  readonly #stuckMs: number
  readonly #pool: CompactionThreads
  readonly #inTurn = pLimit(1)
  /** What waits for a thread waits here: the pool starts none in place of one that was ended, however much waits in it. */
  readonly #threads = pLimit(MAX_THREADS)
  #closed = false
  readonly #underWay = new Map<RoomId, Promise<Snapshot | undefined>>()

  /**
   * `ranForMs` is how long this process has run, by a clock that nobody sets; `stuckMs` how long the thread may take for a
   * step, if nothing is large; `threads` what does the work in place of threads of its own.
   */
  constructor(parts: {
    store: DocumentStore
    reportDamaged: ReportDamaged
    now?: () => number
    ranForMs?: () => number
    stuckMs?: number
    threads?: CompactionThreads
  }) {
    this.#store = parts.store
    this.#reportDamaged = parts.reportDamaged
    this.#now = parts.now ?? Date.now
    this.#startedAt = this.#now()
    this.#ranForMs = parts.ranForMs ?? (() => performance.now())
    this.#stuckMs = parts.stuckMs ?? STUCK_MS
    this.#pool = parts.threads ?? createThreads()
  }

  /**
   * Stores a snapshot of all that the room has stored, and resolves it; undefined when there is nothing new to hold, or
   * too little for how large it would be. Records that are damaged or that Yjs does not take are set aside first, also when
   * nothing is new. Rejects when the store fails. `urgent`: somebody waits for a room that could not be read, so that it
   * does not wait for the other rooms, and is made whatever it holds.
   */
  compact(roomId: RoomId, { urgent = false } = {}): Promise<Snapshot | undefined> {
    if (urgent) return this.#compact(roomId, urgent)
    const underWay = this.#underWay.get(roomId)
    if (underWay) return underWay
    const work = this.#inTurn(() => this.#compact(roomId, urgent)).finally(() => this.#underWay.delete(roomId))
    this.#underWay.set(roomId, work)
    return work
  }

  /**
   * What these updates say in pieces, each of which needs only those before it. What refers to a hole in them comes last.
   * Rejects when Yjs does not take them, or gets nowhere with them.
   */
  async cut(updates: readonly Uint8Array[]): Promise<Cut> {
    return await this.#run<Cut>('cut', { updates }, updates)
  }

  /** How far each of these updates speaks of whom. */
  async measure(pieces: readonly Uint8Array[]): Promise<Extent[]> {
    return await this.#run<Extent[]>('measure', { pieces }, pieces)
  }

  /**
   * What may be taken out of a room's drawing for good, since its newest snapshot of long ago has it as deleted; undefined
   * when there is no such snapshot. Rejects when the store fails, or a record cannot be read.
   */
  async findLongDeleted(roomId: RoomId): Promise<LongDeleted | undefined> {
    return await this.#inTurn(async () => {
      if (this.#closed) return undefined
      const now = this.#now()
      const snapshots = await this.#store.listSnapshots(roomId)
      // What was dated since this process began, it or another made since: its clock may have been set in the meantime.
      const latest = this.#ranForMs() < COLLECT_AFTER_MS ? this.#startedAt - 1 : Infinity
      const seq = findMadeBefore(snapshots, { before: Math.min(now - COLLECT_AFTER_MS, latest), now })
      const snapshot = seq === undefined ? undefined : await this.#store.readSnapshot(roomId, seq)
      if (!snapshot) return undefined
      const stored = await this.#store.load(roomId)
      // What is set aside may say something else of an element.
      if (this.#closed || stored.quarantined.length > 0) return undefined
      const longAgo: CompactedRecord = { kind: 'snapshot', bytes: snapshot.bytes, crc: snapshot.crc }
      const present = recordsOf(roomId, stored).map(({ record, bytes, crc }) => ({ kind: record.kind, bytes, crc }))
      const all = [longAgo, ...present].map(({ bytes }) => bytes)
      return await this.#run<LongDeleted>('findDeleted', { longAgo, present }, all)
    })
  }

  /** Ends the thread; what was under way rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#pool.destroy()
  }

  /**
   * What the records come to. One that takes for ever is as unreadable as one that throws. When it is the whole that cannot
   * be encoded, it is looked for once more, record by record.
   */
  async #build(records: readonly CompactedRecord[], encodesEach = false): Promise<Compacted> {
    const bytes = records.map((record) => record.bytes)
    try {
      return await this.#run<Compacted>('default', { records, encodesEach }, bytes)
    } catch (error) {
      if (!(error instanceof StuckError)) throw error
      if (error.index < records.length) return { kind: 'unreadable', index: error.index, reason: error.message }
      if (encodesEach) throw error
      return await this.#build(records, true)
    }
  }

  /**
   * Has a thread do something with these bytes. When it gets no further, it is ended, and this rejects with `StuckError`: a
   * hanging room must not keep the thread from all others.
   */
  #run<T>(name: string, task: object, bytes: readonly Uint8Array[]): Promise<T> {
    return this.#threads(() => this.#runWatched<T>(name, task, bytes))
  }

  async #runWatched<T>(name: string, task: object, bytes: readonly Uint8Array[]): Promise<T> {
    const limitMs = this.#stuckMs + sizeOf(bytes) * STUCK_MS_PER_BYTE
    const progress = new Int32Array(new SharedArrayBuffer(8))
    const stuck = new AbortController()
    let [steps, looks, cpu] = [0, 0, process.cpuUsage()]
    const timer = setInterval(() => {
      const present = Atomics.load(progress, STEPS)
      if (present === 0 || present !== steps) {
        ;[steps, looks, cpu] = [present, 0, process.cpuUsage()]
        return
      }
      looks += 1
      const { user, system } = process.cpuUsage(cpu)
      if (looks >= LOOKS && (user + system) / 1_000 >= limitMs) stuck.abort()
    }, limitMs / LOOKS)
    try {
      return (await this.#pool.run({ ...task, progress }, { name, signal: stuck.signal })) as T
    } catch (error) {
      throw stuck.signal.aborted ? new StuckError(Atomics.load(progress, RECORD)) : error
    } finally {
      clearInterval(timer)
    }
  }

  async #compact(roomId: RoomId, urgent: boolean): Promise<Snapshot | undefined> {
    let isWorthIt = urgent
    for (;;) {
      const stored = this.#closed ? undefined : await this.#store.load(roomId)
      // The pool would begin anew.
      if (!stored || this.#closed) throw new Error('compaction has ended')
      const now = this.#now()
      const base = baseOf(stored.snapshot)
      const tailBytes = storedSizeOfAll(stored.tail)
      // By what is stored: other processes may have written, or made a snapshot.
      isWorthIt ||= stored.tail.length === 0 || isWorthSnapshot(base, tailBytes, now)
      if (!isWorthIt) return undefined
      // Of a larger board, two would be too much for what was written.
      const isLong = stored.tail.length > LONG_TAIL_UPDATES && tailBytes >= base.bytes
      const tail = isLong ? stored.tail.slice(0, -COMPACT_AFTER_UPDATES) : stored.tail
      const seq = isLong ? (tail.at(-1)?.seq ?? 0) : stored.head
      const records = recordsOf(roomId, { ...stored, tail })
      if (records.length === 0) return undefined
      const sealed: CompactedRecord[] = records.map(({ record, bytes, crc }) => ({ kind: record.kind, bytes, crc }))
      const compacted = await this.#build(sealed)
      if (compacted.kind === 'snapshot') {
        if (tail.length === 0) return undefined
        const { bytes, ranges } = compacted
        // A clock that is behind must not make it look older than what is in it.
        const at = tail.reduce((latest, record) => Math.max(latest, record.at), now)
        const snapshot = { seq, bytes, ranges, crc: crc32(bytes), at, label: null }
        if (!(await this.#store.addSnapshot(roomId, snapshot))) return undefined
        if (isLong) continue
        return snapshot
      }
      const { record } = records[compacted.index] as (typeof records)[number]
      await setAside(record, compacted.reason, { store: this.#store, reportDamaged: this.#reportDamaged })
    }
  }
}

function createThreads(): Piscina {
  return new Piscina({
    filename: new URL('./compaction-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: MAX_THREADS,
    idleTimeout: 5_000,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  })
}
