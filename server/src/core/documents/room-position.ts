import type { RoomId } from '@sketchroom/shared/ids'
import type { DocumentStore, StoredUpdate } from '../../ports/document-store.ts'
import type { Committed } from './journal.ts'

/** The wait after a gap could not be read; it doubles up to the longest. In milliseconds. */
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000

/** Whom a position tells. */
export interface RoomPositionParts {
  readonly roomId: RoomId
  /** The number of the last update that the room was loaded with. */
  readonly head: number
  readonly store: Pick<DocumentStore, 'readSince'>
  /** Takes updates that others committed; some may be known already, which does no harm to a Yjs document. */
  readonly onMissing: (updates: readonly StoredUpdate[]) => void | Promise<void>
  /** Hears why a gap could not be read yet. */
  readonly onError: (error: unknown) => void
}

/**
 * What a loaded room knows of its sequence: it has every update up to `head`. When a commit, of this process or
 * another, leaves a gap, the gap is read from the store.
 */
export class RoomPosition {
  readonly #parts: RoomPositionParts
  #head: number
  /** The last number that is known to exist. */
  #known: number
  #reading = false
  #retryMs = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: RoomPositionParts) {
    this.#parts = parts
    this.#head = parts.head
    this.#known = parts.head
  }

  /** Every update up to this number is in the room. */
  get head(): number {
    return this.#head
  }

  /** Whether updates of others are known to exist and have not come yet. */
  get behind(): boolean {
    return this.#known > this.#head
  }

  /** These updates are committed, and in the room. */
  committed({ firstSeq, records }: Pick<Committed, 'firstSeq' | 'records'>): void {
    const last = firstSeq + records.length - 1
    if (firstSeq <= this.#head + 1 && !this.#reading) this.#head = Math.max(this.#head, last)
    this.heardOf(last)
  }

  /** The room has updates up to this number, as somebody says. */
  heardOf(seq: number): void {
    this.#known = Math.max(this.#known, seq)
    if (this.behind && !this.#reading && !this.#timer && !this.#closed) void this.#read()
  }

  /** The room is no longer in memory: nothing is read any more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #read(): Promise<void> {
    this.#reading = true
    try {
      while (this.behind && !this.#closed) {
        // Not what is heard of while this is read: the answer may be from before.
        const known = this.#known
        const updates = await this.#parts.store.readSince(this.#parts.roomId, this.#head)
        if (this.#closed) return
        await this.#parts.onMissing(updates)
        // What is in quarantine is not in the answer, and not to be waited for.
        this.#head = Math.max(known, updates.at(-1)?.seq ?? 0)
        this.#known = Math.max(this.#known, this.#head)
      }
      this.#retryMs = 0
    } catch (error) {
      if (this.#closed) return
      this.#retryMs = Math.min(LONGEST_RETRY_MS, Math.max(FIRST_RETRY_MS, this.#retryMs * 2))
      this.#timer = setTimeout(() => {
        this.#timer = undefined
        void this.#read()
      }, this.#retryMs)
      this.#parts.onError(error)
    } finally {
      this.#reading = false
    }
  }
}
