import type { RoomId } from '@sketchroom/shared/ids'
import type { DocumentStore, UpdateRecord } from '../../ports/document-store.ts'
import type { SharedCommit } from '../../ports/instance-bus.ts'
import type { Committed } from './journal.ts'

/** The wait after a gap could not be read; it doubles up to the longest. In milliseconds. */
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 5_000

/** So much of others' is kept while what came before it is missing; what is more is read from the store with that. */
const MOST_AHEAD_BYTES = 1024 * 1024

/** An update of another instance: as it was told, with its claims, or as it is stored, with its ranges and its author. */
export type ElsewhereUpdate = Pick<UpdateRecord, 'update' | 'claims' | 'span'> &
  Partial<Pick<UpdateRecord, 'ranges' | 'author'>>

/** Whom a position tells. */
export interface RoomPositionParts {
  readonly roomId: RoomId
  /** The number of the last update that the room was loaded with. */
  readonly head: number
  readonly store: Pick<DocumentStore, 'readSince'>
  /**
   * Takes updates that others committed, in order, when all before them are in the room; some may be known already, which
   * does no harm to a Yjs document.
   */
  readonly onMissing: (updates: readonly ElsewhereUpdate[]) => void | Promise<void>
  /** Hears why a gap could not be read yet. */
  readonly onError: (error: unknown) => void
  /** A gap was read from the store. */
  readonly onHealed?: () => void
  /** How long another instance may take to tell what is missing, in milliseconds, before that is read; 0 without. */
  readonly gapWaitMs?: () => number
}

/** A commit past a gap. One of this process is in the room; what another has told has not been applied yet. */
interface Ahead {
  readonly first: number
  readonly last: number
  readonly updates: readonly ElsewhereUpdate[] | undefined
}

/**
 * What a loaded room knows of its sequence: it has every update up to `head`. When a commit, of this process or
 * another, leaves a gap, what is missing comes from whoever committed it, or else from the store.
 */
export class RoomPosition {
  readonly #parts: RoomPositionParts
  #head: number
  /** The last number that is known to exist. */
  #known: number
  /** In order of their numbers. */
  #ahead: Ahead[] = []
  #aheadBytes = 0
  #working = false
  /** The next attempt to close a gap. */
  #timer: NodeJS.Timeout | undefined
  #retryMs = 0
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

  /** These updates are committed by this process, and in the room. */
  committed({ firstSeq, records }: Pick<Committed, 'firstSeq' | 'records'>): void {
    this.#heard({ first: firstSeq, last: firstSeq + records.length - 1, updates: undefined })
  }

  /** Another instance tells what it has committed. */
  received({ firstSeq, updates }: Omit<SharedCommit, 'roomId'>): void {
    this.#heard({ first: firstSeq, last: firstSeq + updates.length - 1, updates })
  }

  /** The room has updates up to this number, as somebody says. */
  heardOf(seq: number): void {
    this.#known = Math.max(this.#known, seq)
    if (this.behind) this.#goOn()
  }

  /** The room is no longer in memory: nothing is read any more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #heard(ahead: Ahead): void {
    if (ahead.last <= this.#head) return
    this.#known = Math.max(this.#known, ahead.last)
    const before = this.#ahead.findLastIndex(({ first }) => first <= ahead.first)
    this.#ahead.splice(before + 1, 0, ahead)
    this.#aheadBytes += bytesOf(ahead)
    if (this.#aheadBytes > MOST_AHEAD_BYTES) this.#keep(({ updates }) => updates === undefined)
    this.#goOn()
  }

  #goOn(): void {
    if (this.#working || this.#closed) return
    this.#passOwn()
    if (this.#ahead[0] && this.#ahead[0].first <= this.#head + 1) void this.#work('apply')
    else this.#readLater()
  }

  /** What this process committed, with nothing missing before it. */
  #passOwn(): void {
    for (let next = this.#ahead[0]; next && next.first <= this.#head + 1; next = this.#ahead[0]) {
      if (next.updates && next.last > this.#head) return
      this.#head = Math.max(this.#head, next.last)
      this.#keep((each) => each !== next)
    }
  }

  #readLater(): void {
    if (!this.behind) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    if (!this.behind || this.#timer) return
    const waitMs = this.#retryMs || (this.#parts.gapWaitMs?.() ?? 0)
    if (waitMs === 0) return void this.#work('read')
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (!this.#working) void this.#work('read')
    }, waitMs)
  }

  async #work(first: 'apply' | 'read'): Promise<void> {
    this.#working = true
    try {
      if (first === 'read') await this.#read()
      while (!this.#closed) {
        this.#passOwn()
        const next = this.#ahead[0]
        if (!next?.updates || next.first > this.#head + 1) break
        const known = this.#head + 1 - next.first
        await this.#parts.onMissing(next.updates.slice(known))
        this.#head = next.last
      }
      this.#retryMs = 0
    } catch (error) {
      if (this.#closed) return
      this.#retryMs = Math.min(LONGEST_RETRY_MS, Math.max(FIRST_RETRY_MS, this.#retryMs * 2))
      this.#parts.onError(error)
    } finally {
      this.#working = false
      if (!this.#closed) this.#readLater()
    }
  }

  async #read(): Promise<void> {
    if (!this.behind || this.#closed) return
    // Not what is heard of while this is read: the answer may be from before.
    const known = this.#known
    const updates = await this.#parts.store.readSince(this.#parts.roomId, this.#head)
    if (this.#closed) return
    await this.#parts.onMissing(updates)
    // What is in quarantine is not in the answer, and not to be waited for.
    this.#head = Math.max(known, updates.at(-1)?.seq ?? 0)
    this.#known = Math.max(this.#known, this.#head)
    this.#keep(({ last }) => last > this.#head)
    this.#parts.onHealed?.()
  }

  #keep(isKept: (ahead: Ahead) => boolean): void {
    this.#ahead = this.#ahead.filter(isKept)
    this.#aheadBytes = this.#ahead.reduce((sum, ahead) => sum + bytesOf(ahead), 0)
  }
}

function bytesOf({ updates = [] }: Ahead): number {
  return updates.reduce((sum, { update }) => sum + update.length, 0)
}
