import { EventEmitter } from 'node:events'
import type { RoomId } from '@sketchroom/shared/ids'
import type { DocumentStore, JournalEntry, RoomAppend } from '../../ports/document-store.ts'

/** How the journal paces itself; all in milliseconds. */
export interface JournalPace {
  /** The least time between the starts of two commits: what arrives meanwhile shares one. */
  readonly commitEveryMs: number
  /** The wait after a failed commit; it doubles up to the longest. */
  readonly firstRetryMs: number
  readonly longestRetryMs: number
}

/** A commit costs a disk flush whatever its size, so a busy server gathers; a quiet one commits at once. */
const DEFAULT_PACE: JournalPace = { commitEveryMs: 8, firstRetryMs: 100, longestRetryMs: 5000 }

/** What an entry or somebody who waits takes in memory beside its bytes, roughly. */
const OVERHEAD_BYTES = 300

/** Past this many bytes waiting for a store that fails, no more writes should be let in. */
const OVERLOAD_BYTES = 64 * 1024 * 1024

/** What the journal tells the rest of the process. */
interface JournalEvents {
  /** These updates of a room are durable; `head` is the number of the last. */
  committed: [roomId: RoomId, head: number, count: number]
  /** The store refused a commit; nothing is lost, and nothing is acknowledged, until it recovers. */
  failing: [error: unknown]
  recovered: []
}

/** A room's updates on their way to the store, and who waits for them. */
interface RoomQueue {
  gathering: JournalEntry[]
  waiting: Array<() => void>
  committing: JournalEntry[]
  waitingForCommit: Array<() => void>
}

/**
 * The one writer of this process. It gathers updates across rooms, commits them in one transaction, and
 * only then calls those who wait: an acknowledgement is sent from such a call, so that it means "durable".
 * After a failed commit everything stays queued, in order, and is tried again.
 */
export class Journal extends EventEmitter<JournalEvents> {
  readonly #store: DocumentStore
  readonly #pace: JournalPace
  readonly #now: () => number
  readonly #rooms = new Map<RoomId, RoomQueue>()
  readonly #flushers = new Set<{ resolve(): void; reject(error: unknown): void; roomId: RoomId | undefined }>()
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  #committing: Promise<void> | undefined
  #lastStart = -Infinity
  #retryMs = 0
  #queuedBytes = 0

  constructor(store: DocumentStore, options: { pace?: Partial<JournalPace>; now?: () => number } = {}) {
    super()
    this.#store = store
    this.#pace = { ...DEFAULT_PACE, ...options.pace }
    this.#now = options.now ?? Date.now
  }

  /** Whether the last commit failed: acknowledgements wait, and clients should be told. */
  get failing(): boolean {
    return this.#retryMs > 0
  }

  /** Whether so much waits for a failing store that further writes must be turned away. */
  get overloaded(): boolean {
    return this.#queuedBytes > OVERLOAD_BYTES
  }

  /** How many updates are not durable yet. */
  get pendingCount(): number {
    let count = 0
    for (const room of this.#rooms.values()) count += room.gathering.length + room.committing.length
    return count
  }

  /** Takes one update of a room, in the order in which it was applied. Never waits, never fails. */
  append(roomId: RoomId, update: Uint8Array, actor: string | null): void {
    let room = this.#rooms.get(roomId)
    if (!room) {
      room = { gathering: [], waiting: [], committing: [], waitingForCommit: [] }
      this.#rooms.set(roomId, room)
    }
    room.gathering.push({ update, actor, at: this.#now() })
    this.#queuedBytes += update.length + OVERHEAD_BYTES
    this.#schedule()
  }

  /** Calls back, in the order of asking, when all that the room has appended so far is durable; at once if it is. */
  whenDurable(roomId: RoomId, callback: () => void): void {
    const room = this.#rooms.get(roomId)
    if (!room) return callback()
    this.#queuedBytes += OVERHEAD_BYTES
    if (room.gathering.length > 0) room.waiting.push(callback)
    else room.waitingForCommit.push(callback)
  }

  /**
   * Resolves when all that is queued now (of one room, or of all) is durable; rejects with the store's
   * error as soon as a commit fails.
   */
  flush(roomId?: RoomId): Promise<void> {
    if (roomId === undefined ? this.#rooms.size === 0 : !this.#rooms.has(roomId)) return Promise.resolve()
    const flushed = new Promise<void>((resolve, reject) => {
      const flusher = { resolve, reject, roomId }
      this.#flushers.add(flusher)
      const rooms = roomId === undefined ? [...this.#rooms.keys()] : [roomId]
      let left = rooms.length
      for (const room of rooms) {
        this.whenDurable(room, () => {
          left -= 1
          if (left === 0 && this.#flushers.delete(flusher)) resolve()
        })
      }
    })
    // Somebody waits: try now, also in the middle of a pause after a failure.
    if (!this.#committing) this.#start()
    return flushed
  }

  #schedule(): void {
    if (this.#timer || this.#committing || this.#rooms.size === 0) return
    const wait = this.failing ? this.#retryMs : this.#lastStart + this.#pace.commitEveryMs - performance.now()
    // `setImmediate` runs after the sockets that are readable now, so that their edits share the commit.
    this.#timer = wait > 0 ? setTimeout(() => this.#start(), wait) : setImmediate(() => this.#start())
  }

  #start(): void {
    if (this.#timer) {
      clearTimeout(this.#timer as NodeJS.Timeout)
      clearImmediate(this.#timer as NodeJS.Immediate)
      this.#timer = undefined
    }
    if (this.#rooms.size === 0) return
    this.#lastStart = performance.now()
    this.#committing = this.#commit().finally(() => {
      this.#committing = undefined
      this.#schedule()
    })
  }

  async #commit(): Promise<void> {
    const batch: RoomAppend[] = []
    for (const [roomId, room] of this.#rooms) {
      room.committing = room.committing.concat(room.gathering)
      room.waitingForCommit = room.waitingForCommit.concat(room.waiting)
      room.gathering = []
      room.waiting = []
      batch.push({ roomId, entries: room.committing })
    }
    let heads: Map<RoomId, number>
    try {
      heads = await this.#store.append(batch)
    } catch (error) {
      this.#failed(error)
      return
    }
    this.#succeeded(batch, heads)
  }

  #succeeded(batch: readonly RoomAppend[], heads: Map<RoomId, number>): void {
    const recovered = this.failing
    this.#retryMs = 0
    for (const { roomId, entries } of batch) {
      const room = this.#rooms.get(roomId)
      if (!room) continue
      const waiting = room.waitingForCommit
      this.#queuedBytes -= (entries.length + waiting.length) * OVERHEAD_BYTES
      for (const { update } of entries) this.#queuedBytes -= update.length
      room.committing = []
      room.waitingForCommit = []
      if (room.gathering.length === 0) this.#rooms.delete(roomId)
      for (const callback of waiting) callback()
      this.emit('committed', roomId, heads.get(roomId) ?? 0, entries.length)
    }
    if (recovered) this.emit('recovered')
  }

  #failed(error: unknown): void {
    const { firstRetryMs, longestRetryMs } = this.#pace
    this.#retryMs = Math.min(longestRetryMs, Math.max(firstRetryMs, this.#retryMs * 2))
    const flushers = [...this.#flushers]
    this.#flushers.clear()
    for (const flusher of flushers) flusher.reject(error)
    this.emit('failing', error)
  }
}
