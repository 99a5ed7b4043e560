import { crc32 } from 'node:zlib'
import type { RoomId } from '@sketchroom/shared/ids'
import pLimit from 'p-limit'
import { Piscina } from 'piscina'
import type { DocumentStore, Snapshot } from '../../ports/document-store.ts'
import type { Extent } from './clock-ranges.ts'
import { RECORD, STEPS, type Compacted, type CompactedRecord, type Cut } from './compaction-worker.ts'
import { COLLECT_AFTER_MS, type LongDeleted } from './deleted-elements.ts'
import { recordsOf, setAside, type ReportDamaged } from './load-room.ts'

/**
 * A tail this long makes the next opening slower than it need be. A shorter one is not worth the thread that reads and
 * builds the board, which takes as much of a processor as two thousand edits of a busy room.
 */
const COMPACT_AFTER_UPDATES = 5000
/**
 * A tail of more than twice that, drawn in one go, gets a snapshot in its middle, too: the clean-up takes away single
 * edits behind the second newest, and a board that is drawn once would keep all of its own for ever.
 */
const LONG_TAIL_UPDATES = 2 * COMPACT_AFTER_UPDATES
/** A room that is left with less than this is not worth a snapshot of its own. */
const COMPACT_ON_LEAVE_AFTER_UPDATES = 50
/** Building a large board takes a core for a while, so a busy room waits at least this long. */
const COMPACT_EVERY_MS = 30_000

/** A thread that gets no further with a record for so long, while others have the processor, never will. */
const STUCK_MS = 10_000

/** Whether a room's tail has grown long enough; `leaving`: it has just left memory. Times are in milliseconds. */
export function isCompactionDue(tailLength: number, sinceLastMs: number, leaving: boolean): boolean {
  if (leaving) return tailLength >= COMPACT_ON_LEAVE_AFTER_UPDATES
  return tailLength >= COMPACT_AFTER_UPDATES && sinceLastMs >= COMPACT_EVERY_MS
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
  readonly #pool: Piscina
  readonly #inTurn = pLimit(1)
  #closed = false
  readonly #underWay = new Map<RoomId, Promise<Snapshot | undefined>>()

  constructor(parts: { store: DocumentStore; reportDamaged: ReportDamaged; now?: () => number }) {
    this.#store = parts.store
    this.#reportDamaged = parts.reportDamaged
    this.#now = parts.now ?? Date.now
    this.#pool = new Piscina({
      filename: new URL('./compaction-worker.ts', import.meta.url).href,
      minThreads: 0,
      // One for snapshots, and one for who draws and waits for a board to be cut.
      maxThreads: 2,
      idleTimeout: 5_000,
    })
  }

  /**
   * Stores a snapshot of all that the room has stored, and resolves it; undefined when there is nothing new to hold.
   * Records that are damaged or that Yjs does not take are set aside first, also when nothing is new. Rejects when the
   * store fails. `urgent`: somebody waits, so that it does not wait for the other rooms.
   */
  compact(roomId: RoomId, { urgent = false } = {}): Promise<Snapshot | undefined> {
    if (urgent) return this.#compact(roomId)
    const underWay = this.#underWay.get(roomId)
    if (underWay) return underWay
    const work = this.#inTurn(() => this.#compact(roomId)).finally(() => this.#underWay.delete(roomId))
    this.#underWay.set(roomId, work)
    return work
  }

  /**
   * What these updates say in pieces, each of which needs only those before it. What refers to a hole in them comes last.
   * Rejects when Yjs does not take them.
   */
  async cut(updates: readonly Uint8Array[]): Promise<Cut> {
    return (await this.#pool.run(updates, { name: 'cut' })) as Cut
  }

  /** How far each of these updates speaks of whom. */
  async measure(pieces: readonly Uint8Array[]): Promise<Extent[]> {
    return (await this.#pool.run(pieces, { name: 'measure' })) as Extent[]
  }

  /**
   * What may be taken out of a room's drawing for good, since its newest snapshot of long ago has it as deleted; undefined
   * when there is no such snapshot. Rejects when the store fails, or a record cannot be read.
   */
  async findLongDeleted(roomId: RoomId): Promise<LongDeleted | undefined> {
    return await this.#inTurn(async () => {
      if (this.#closed) return undefined
      const deletedBefore = this.#now() - COLLECT_AFTER_MS
      const newest = (await this.#store.listSnapshots(roomId)).find(({ at }) => at <= deletedBefore)
      const snapshot = newest && (await this.#store.readSnapshot(roomId, newest.seq))
      if (!snapshot) return undefined
      const stored = await this.#store.load(roomId)
      // What is set aside may say something else of an element.
      if (this.#closed || stored.quarantined.length > 0) return undefined
      const longAgo: CompactedRecord = { kind: 'snapshot', bytes: snapshot.bytes, crc: snapshot.crc }
      const present = recordsOf(roomId, stored).map(({ record, bytes, crc }) => ({ kind: record.kind, bytes, crc }))
      return (await this.#pool.run({ longAgo, present }, { name: 'findDeleted' })) as LongDeleted
    })
  }

  /** Ends the thread; what was under way rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#pool.destroy()
  }

  /** What the records come to. One that takes for ever is as unreadable as one that throws: its thread is ended. */
  async #build(records: readonly CompactedRecord[]): Promise<Compacted> {
    const progress = new Int32Array(new SharedArrayBuffer(8))
    const stuck = new AbortController()
    let before = 0
    const looks = setInterval(() => {
      const steps = Atomics.load(progress, STEPS)
      if (steps > 0 && steps === before && Atomics.load(progress, RECORD) < records.length) stuck.abort()
      before = steps
    }, STUCK_MS)
    try {
      return (await this.#pool.run({ records, progress }, { signal: stuck.signal })) as Compacted
    } catch (error) {
      if (!stuck.signal.aborted) throw error
      return { kind: 'unreadable', index: Atomics.load(progress, RECORD), reason: 'it was applied without end' }
    } finally {
      clearInterval(looks)
    }
  }

  async #compact(roomId: RoomId): Promise<Snapshot | undefined> {
    for (;;) {
      const stored = this.#closed ? undefined : await this.#store.load(roomId)
      // The pool would begin anew.
      if (!stored || this.#closed) throw new Error('compaction has ended')
      const isLong = stored.tail.length > LONG_TAIL_UPDATES
      const tail = isLong ? stored.tail.slice(0, -COMPACT_AFTER_UPDATES) : stored.tail
      const seq = isLong ? (tail.at(-1)?.seq ?? 0) : stored.head
      const records = recordsOf(roomId, { ...stored, tail })
      if (records.length === 0) return undefined
      const sealed: CompactedRecord[] = records.map(({ record, bytes, crc }) => ({ kind: record.kind, bytes, crc }))
      const compacted = await this.#build(sealed)
      if (compacted.kind === 'snapshot') {
        if (tail.length === 0) return undefined
        const { bytes, ranges } = compacted
        const snapshot = { seq, bytes, ranges, crc: crc32(bytes), at: this.#now(), label: null }
        if (!(await this.#store.addSnapshot(roomId, snapshot))) return undefined
        if (isLong) continue
        return snapshot
      }
      const { record } = records[compacted.index] as (typeof records)[number]
      await setAside(record, compacted.reason, { store: this.#store, reportDamaged: this.#reportDamaged })
    }
  }
}
