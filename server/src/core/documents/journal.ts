import { EventEmitter } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import type { RoomId } from '@sketchroom/shared/ids'
import { nanoid } from 'nanoid'
import pLimit from 'p-limit'
import { kindOf } from '../../errors.ts'
import { UndecidedAppendError, type DocumentStore, type UpdateRecord } from '../../ports/document-store.ts'
import { beginShared, spansOf, type Span } from '../../ports/tracing.ts'
import { BatchShares, OVERHEAD_BYTES, weightOf } from './batch-shares.ts'
import { CommitRate, DEFAULT_PACE, type CommitPace } from './commit-pace.ts'
import { QueuedBytes } from './queued-bytes.ts'

/** A store that has not answered for so long does not work, whatever it may say later. */
const STALL_MS = 2_000

/** What failed is tried again at most so often, however many wait for it. */
const LEAST_RETRY_MS = 100

/** Past this many bytes waiting for a store that fails, or cannot follow, who has most of them there is turned away. */
const FAIR_BYTES = 64 * 1024 * 1024

/** Updates of one room that have become durable, with the numbers from `firstSeq` on. */
export interface Committed {
  readonly roomId: RoomId
  readonly firstSeq: number
  readonly records: readonly UpdateRecord[]
}

/** What was committed together. */
export interface StoredBatch {
  readonly updates: number
  readonly bytes: number
  /** How long the store took, from the last attempt on. */
  readonly ms: number
}

/** What the journal tells the rest of the process. */
interface JournalEvents {
  /** For whoever follows a room's numbers, or publishes what was committed. */
  committed: [committed: Committed]
  /** The store refuses everything (`roomId` undefined), or what one room writes; nothing is lost, or acknowledged. */
  failing: [error: unknown, roomId: RoomId | undefined]
  recovered: [roomId: RoomId | undefined]
  /** A batch has become durable, for whoever counts. */
  stored: [batch: StoredBatch]
}

/** Hears that what it waited for is durable: the number of the last update that it waited for. */
type OnDurable = (seq: number) => void

interface Waiter {
  /** How many of the room's entries must be durable. */
  readonly entries: number
  readonly onDurable: OnDurable
}

/** A room's updates on their way to the store, and who waits for them. */
interface RoomQueue {
  readonly roomId: RoomId
  entries: UpdateRecord[]
  /** What the entries take, with what each takes beside its bytes. */
  bytes: number
  waiters: Waiter[]
  /** What is being committed; what comes after it waits. */
  batch: Batch | undefined
}

/** What one room has in a batch. */
type Part = Pick<RoomQueue, 'roomId' | 'entries' | 'waiters'>

/** What is committed together. Its content stays as it is, so that it can be tried again under its id. */
interface Batch {
  readonly id: string
  readonly parts: readonly Part[]
  failures: number
  /** Undefined until it has failed. */
  retryMs: number | undefined
  timer: NodeJS.Timeout | undefined
  /** When it was last to be given to the store, by `performance.now()`; it may wait for its turn. */
  sentAt: number
  /** In which the attempt is followed that is under way, when an edit in it is. */
  span: Span | undefined
}

/**
 * The one writer of this process. It gathers updates across rooms, commits them in one transaction, and only then
 * calls those who wait: an acknowledgement is sent from such a call, so that it means "durable". A batch that failed
 * is tried again as it is. When it fails twice though the store takes other writes, the fault lies in what one of its
 * rooms writes: it is halved until that room is alone, and the others go on without it. Of what was set apart, one batch
 * is under way at a time, and one of the rooms that are known to be at fault: those that hang would otherwise take all of
 * the store's connections, and those that are only looked through would wait for them.
 */
export class Journal extends EventEmitter<JournalEvents> {
  readonly #store: DocumentStore
  readonly #pace: CommitPace
  readonly #rate: CommitRate
  readonly #rooms = new Map<RoomId, RoomQueue>()
  readonly #flushers = new Set<{ reject(error: unknown): void; roomId: RoomId | undefined }>()
  /** The batch of everybody's; those of rooms whose writes fail by themselves are not waited for. */
  #batch: Batch | undefined
  readonly #searchInTurn = pLimit(1)
  readonly #faultyInTurn = pLimit(1)
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  #lastStart = -Infinity
  #watch: NodeJS.Timeout | undefined
  #storeFails = false
  readonly #failingRooms = new Set<RoomId>()
  /** This process among the writers of the store. */
  readonly #writer = nanoid(10)
  #batches = 0
  readonly #queued: QueuedBytes
  readonly #shares = new BatchShares()
  /** Whether the last batch could not take all that waited. */
  #hasLeftOut = false

  /** `fairBytes` is how much may wait for the store before those who have most of it there are turned away. */
  constructor(store: DocumentStore, options: { pace?: Partial<CommitPace>; fairBytes?: number } = {}) {
    super()
    this.#store = store
    this.#queued = new QueuedBytes(options.fairBytes ?? FAIR_BYTES)
    this.#pace = { ...DEFAULT_PACE, ...options.pace }
    this.#rate = new CommitRate(this.#pace)
  }

  /** Whether nothing can be made durable now. */
  get failing(): boolean {
    return this.#storeFails
  }

  /** Whether nothing that this room writes can be made durable now. */
  isFailing(roomId: RoomId): boolean {
    return this.#storeFails || this.#failingRooms.has(roomId)
  }

  /** Whether so much of this room, or by this author, waits for the store that further writes must be turned away. */
  isFullFor(roomId: RoomId, author: string): boolean {
    return this.#queued.isTooMuch(roomId, author)
  }

  /** How many updates are not durable yet. */
  get pendingCount(): number {
    let count = 0
    for (const entries of this.#pending()) count += entries.length
    return count
  }

  /** How much is held for what is not durable yet, in bytes. */
  get pendingBytes(): number {
    return this.#queued.total
  }

  /** When the oldest was made of what is not durable yet, in milliseconds since 1970; undefined when all is. */
  get pendingSince(): number | undefined {
    let oldest: number | undefined
    for (const [first] of this.#pending()) if (first && !(oldest !== undefined && oldest <= first.at)) oldest = first.at
    return oldest
  }

  /** How many rooms there are whose writes alone the store does not take. */
  get failingRoomCount(): number {
    return this.#failingRooms.size
  }

  /** What is not durable yet: lists, of which the first is the oldest. */
  *#pending(): Generator<readonly UpdateRecord[]> {
    const batches = new Set<Batch>()
    for (const { entries, batch } of this.#rooms.values()) {
      if (batch) batches.add(batch)
      yield entries
    }
    for (const { parts } of batches) for (const { entries } of parts) yield entries
  }

  /** Takes one update of a room, in the order in which it was applied. Never waits, never fails. */
  append(roomId: RoomId, record: UpdateRecord): void {
    let queue = this.#rooms.get(roomId)
    if (!queue) {
      queue = { roomId, entries: [], bytes: 0, waiters: [], batch: undefined }
      this.#rooms.set(roomId, queue)
    }
    queue.entries.push(record)
    queue.bytes += weightOf(record)
    this.#queued.add(roomId, record.author, weightOf(record))
    if (!queue.batch) this.#schedule()
  }

  /**
   * Calls back, in the order of asking, when all that the room has appended so far is durable, with the number of the
   * last of it; at once, with 0, when nothing is under way.
   */
  whenDurable(roomId: RoomId, onDurable: OnDurable): void {
    const queue = this.#rooms.get(roomId)
    if (!queue) return onDurable(0)
    this.#queued.add(roomId, null, OVERHEAD_BYTES)
    const part = queue.entries.length > 0 ? queue : queue.batch?.parts.find((each) => each.roomId === roomId)
    part?.waiters.push({ entries: part.entries.length, onDurable })
  }

  /**
   * Resolves when all that is queued now (of one room, or of all) is durable; rejects with the store's error as soon
   * as a commit of it fails.
   */
  flush(roomId?: RoomId): Promise<void> {
    const rooms = roomId === undefined ? [...this.#rooms.keys()] : this.#rooms.has(roomId) ? [roomId] : []
    if (rooms.length === 0) return Promise.resolve()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const flusher = { reject, roomId }
    this.#flushers.add(flusher)
    let left = rooms.length
    for (const each of rooms) {
      this.whenDurable(each, () => {
        left -= 1
        if (left === 0 && this.#flushers.delete(flusher)) resolve()
      })
    }
    this.#hurry(rooms)
    return promise
  }

  /** Somebody waits: what pauses after a failure is tried now. Of many who wait, each is not a reason of its own. */
  #hurry(rooms: readonly RoomId[]): void {
    for (const roomId of rooms) {
      const batch = this.#rooms.get(roomId)?.batch
      if (batch?.timer) this.#retryAfter(batch, Math.max(0, batch.sentAt + LEAST_RETRY_MS - performance.now()))
    }
    if (!this.#batch) this.#start()
  }

  #schedule(): void {
    if (this.#timer || this.#batch) return
    const now = performance.now()
    const wait = this.#hasLeftOut ? 0 : this.#lastStart + this.#rate.intervalMs(now) - now
    // `setImmediate` runs after the sockets that are readable now, so that their edits share the commit.
    this.#timer = wait > 0 ? setTimeout(() => this.#start(), wait) : setImmediate(() => this.#start())
  }

  #start(): void {
    if (this.#timer) {
      clearTimeout(this.#timer as NodeJS.Timeout)
      clearImmediate(this.#timer as NodeJS.Immediate)
      this.#timer = undefined
    }
    const ready = [...this.#rooms.values()].filter(({ batch, entries }) => !batch && entries.length > 0)
    if (ready.length === 0) return
    this.#batch = this.#gather(ready)
    this.#hasLeftOut = ready.some(({ entries }) => entries.length > 0)
    this.#lastStart = performance.now()
    this.#rate.count(
      this.#batch.parts.reduce((sum, { entries }) => sum + entries.length, 0),
      this.#lastStart,
    )
    this.#commit(this.#batch)
  }

  #gather(queues: readonly RoomQueue[]): Batch {
    const taken = [...this.#shares.take(queues)]
    const batch = this.#newBatch(taken.map(([queue, count]) => takePart(queue, count)))
    for (const [queue] of taken) {
      queue.batch = batch
      // Of what does not fit, whose turn was longest ago comes first.
      this.#rooms.delete(queue.roomId)
      this.#rooms.set(queue.roomId, queue)
    }
    return batch
  }

  #commit(batch: Batch): void {
    clearTimeout(batch.timer)
    batch.timer = undefined
    batch.sentAt = performance.now()
    batch.span = beginShared(
      batch.parts.flatMap(({ entries }) => spansOf(entries)),
      'journal.commit',
    )
    batch.span?.set({ 'sketchroom.rooms': batch.parts.length, 'sketchroom.attempt': batch.failures + 1 })
    this.#watch ??= setInterval(() => this.#checkStall(), STALL_MS)
    void this.#inTurn(batch, () => this.#store.append({ id: batch.id, rooms: batch.parts })).then(
      (firstSeqs) => this.#succeeded(batch, firstSeqs),
      (error: unknown) => this.#failed(batch, error),
    )
  }

  #inTurn<T>(batch: Batch, append: () => Promise<T>): Promise<T> {
    if (batch === this.#batch) return append()
    const [only, ...others] = batch.parts
    const isFaulty = only !== undefined && others.length === 0 && this.#failingRooms.has(only.roomId)
    return (isFaulty ? this.#faultyInTurn : this.#searchInTurn)(append)
  }

  /** One clock for all commits, since Node wakes for a timer that was cleared, too. */
  #checkStall(): void {
    const underWay = new Set([...this.#rooms.values()].flatMap(({ batch }) => (batch && !batch.timer ? [batch] : [])))
    for (const batch of underWay) {
      if (performance.now() - batch.sentAt <= STALL_MS) continue
      const error = new Error('the store does not answer')
      if (batch === this.#batch) this.#storeFailed(error)
      else for (const { roomId } of batch.parts) this.#roomFailed(roomId, error)
    }
    if (underWay.size > 0) return
    clearInterval(this.#watch)
    this.#watch = undefined
  }

  #succeeded(batch: Batch, firstSeqs: ReadonlyMap<RoomId, number>): void {
    batch.span?.end()
    this.#recovered(batch)
    const ms = performance.now() - batch.sentAt
    let updates = 0
    let bytes = 0
    for (const { roomId, entries, waiters } of batch.parts) {
      const firstSeq = firstSeqs.get(roomId) ?? 0
      this.#queued.add(roomId, null, -waiters.length * OVERHEAD_BYTES)
      for (const entry of entries) {
        this.#queued.add(roomId, entry.author, -weightOf(entry))
        bytes += entry.update.length
      }
      updates += entries.length
      const queue = this.#rooms.get(roomId)
      if (queue) queue.batch = undefined
      if (queue?.entries.length === 0) this.#rooms.delete(roomId)
      this.emit('committed', { roomId, firstSeq, records: entries })
      for (const waiter of waiters) waiter.onDurable(firstSeq + waiter.entries - 1)
    }
    this.emit('stored', { updates, bytes, ms })
    if (batch === this.#batch) this.#batch = undefined
    if (this.#rooms.size > 0) this.#schedule()
  }

  #recovered({ parts }: Batch): void {
    if (this.#storeFails) {
      this.#storeFails = false
      this.emit('recovered', undefined)
    }
    for (const { roomId } of parts) if (this.#failingRooms.delete(roomId)) this.emit('recovered', roomId)
  }

  async #failed(batch: Batch, error: unknown): Promise<void> {
    batch.span?.end(kindOf(error))
    batch.failures += 1
    const rooms = new Set(batch.parts.map(({ roomId }) => roomId))
    for (const flusher of this.#flushers) {
      if (flusher.roomId !== undefined && !rooms.has(flusher.roomId)) continue
      this.#flushers.delete(flusher)
      flusher.reject(error)
    }
    const isWorking = await this.#storeWorks()
    // Perhaps only the answer was lost: the same batch under the same id finds out.
    if (isWorking && batch.failures === 1) return this.#commit(batch)
    const isUndecided = error instanceof UndecidedAppendError
    if (isWorking && !isUndecided) return this.#isolate(batch, error)
    if (!isUndecided || batch === this.#batch) this.#storeFailed(error)
    this.#retryLater(batch)
  }

  #storeFailed(error: unknown): void {
    if (this.#storeFails) return
    this.#storeFails = true
    this.emit('failing', error, undefined)
  }

  #roomFailed(roomId: RoomId, error: unknown): void {
    if (this.#failingRooms.has(roomId)) return
    this.#failingRooms.add(roomId)
    this.emit('failing', error, roomId)
  }

  /** The store takes writes, but not these: whoever else is in the batch must not wait for the one at fault. */
  #isolate(batch: Batch, error: unknown): void {
    if (batch === this.#batch) this.#batch = undefined
    const [only, ...others] = batch.parts
    if (only && others.length === 0) {
      this.#roomFailed(only.roomId, error)
      this.#retryLater(batch)
    } else {
      const middle = Math.ceil(batch.parts.length / 2)
      for (const parts of [batch.parts.slice(0, middle), batch.parts.slice(middle)]) {
        // It failed once already, so that the next failure halves it again at once.
        const half = { ...this.#newBatch(parts), failures: 1 }
        for (const { roomId } of parts) (this.#rooms.get(roomId) as RoomQueue).batch = half
        this.#commit(half)
      }
    }
    this.#schedule()
  }

  #retryLater(batch: Batch): void {
    const { firstRetryMs, longestRetryMs } = this.#pace
    batch.retryMs = Math.min(longestRetryMs, batch.retryMs === undefined ? firstRetryMs : batch.retryMs * 2)
    // Several instances that lost the store at one moment are not to come back to it at one moment.
    this.#retryAfter(batch, batch.retryMs * (0.6 + Math.random() * 0.4))
  }

  #retryAfter(batch: Batch, waitMs: number): void {
    clearTimeout(batch.timer)
    batch.timer = setTimeout(() => this.#commit(batch), waitMs)
  }

  async #storeWorks(): Promise<boolean> {
    const answer = this.#store.ping().then(
      () => true,
      () => false,
    )
    return await Promise.race([answer, after(STALL_MS, false, { ref: false })])
  }

  /** Ids grow with time, so that the store's index of them grows at its end. */
  #newBatch(parts: readonly Part[]): Batch {
    this.#batches += 1
    const id = `${Date.now().toString(36)}-${this.#writer}-${this.#batches.toString(36)}`
    return { id, parts, failures: 0, retryMs: undefined, timer: undefined, sentAt: 0, span: undefined }
  }
}

/** Takes the first entries of a room out of its queue, with those who wait for them. */
function takePart(queue: RoomQueue, count: number): Part {
  const { roomId } = queue
  const [entries, waiters] = [queue.entries, queue.waiters]
  if (count === entries.length) {
    Object.assign(queue, { entries: [], bytes: 0, waiters: [] })
    return { roomId, entries, waiters }
  }
  const part = { roomId, entries: entries.slice(0, count), waiters: waiters.filter((each) => each.entries <= count) }
  queue.entries = entries.slice(count)
  queue.bytes -= part.entries.reduce((sum, entry) => sum + weightOf(entry), 0)
  queue.waiters = waiters
    .filter((each) => each.entries > count)
    .map(({ entries: before, onDurable }) => ({ entries: before - count, onDurable }))
  return part
}
