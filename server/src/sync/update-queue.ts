import { MESSAGE_OVERHEAD_BYTES, type FrameWriter } from './frame-writer.ts'

/** What a queue writes to, and how one piece of an answer becomes a message there. */
export interface UpdateQueueParts {
  readonly writer: Pick<FrameWriter, 'hasRoom' | 'onceRoom' | 'write'>
  /** Writes one piece of an answer. */
  readonly writePiece: (address: string, piece: Uint8Array) => void
  /** Whether the client can be told anything. */
  readonly isOpen: () => boolean
}

/** What is to be sent at one address. */
interface Waiting {
  readonly address: string
  /** They are sent in the order in which they came. */
  readonly number: number
}

/** A broadcast of what somebody has drawn. */
interface News extends Waiting {
  readonly message: Uint8Array
}

/** What somebody asked for. Its pieces are shared with others who are sent them. */
interface Answer extends Waiting {
  /** Undefined while it is put together. */
  pieces: readonly Uint8Array[] | undefined
  next: number
  readonly onSent: () => void
}

/** From here on, what is drawn is not sent one by one: who reads on is sent all of it at once. */
interface Gap extends Waiting {
  /** Whether anything was drawn meanwhile. */
  hasNews: boolean
  readonly onReached: () => void
}

type Entry = News | Answer | Gap

/**
 * The updates that one client is sent, as fast as it takes them and in order: what is drawn while a large answer is on its
 * way comes after that, since it builds on it. All else, an acknowledgement or a cursor, goes past them, and so does what
 * is drawn in another room while an answer is put together.
 */
export class UpdateQueue {
  readonly #parts: UpdateQueueParts
  /** For each address what waits there, in order; none is empty. */
  readonly #lines = new Map<string, Entry[]>()
  readonly #gaps = new Map<string, Gap>()
  #count = 0
  #bytes = 0
  #waits = false

  constructor(parts: UpdateQueueParts) {
    this.#parts = parts
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#lines.size === 0
  }

  /** What waits, in bytes; the pieces of answers do not count, which others share. */
  get bytes(): number {
    return this.#bytes
  }

  /** Sends a broadcast after all that waits; false when there is a gap that it belongs to. */
  sendNews(address: string, message: Uint8Array): boolean {
    const gap = this.#gaps.get(address)
    if (gap) {
      gap.hasNews = true
      return false
    }
    this.#bytes += message.length + MESSAGE_OVERHEAD_BYTES
    this.#add({ address, number: ++this.#count, message })
    return true
  }

  /**
   * Leaves out what is drawn at this address from now on, until all that waits there has been taken; then, if there was
   * anything, calls back: all of it is to be sent at once.
   */
  leaveGap(address: string, onReached: () => void): void {
    if (this.#gaps.has(address)) return
    const gap: Gap = { address, number: ++this.#count, hasNews: false, onReached }
    this.#gaps.set(address, gap)
    this.#add(gap)
  }

  /** Sends an answer after all that waits, and then calls back; when it is still put together, `setPieces` gives it. */
  sendAnswer(address: string, pieces: readonly Uint8Array[] | undefined, onSent: () => void): Answer {
    const answer: Answer = { address, number: ++this.#count, pieces, next: 0, onSent }
    this.#add(answer)
    return answer
  }

  /** An answer has been put together. */
  setPieces(answer: Answer, pieces: readonly Uint8Array[]): void {
    answer.pieces = pieces
    this.#send()
  }

  /** Whoever has left at this address is sent nothing more. */
  leave(address: string): void {
    for (const entry of this.#lines.get(address) ?? []) if ('message' in entry) this.#bytes -= sizeOf(entry)
    this.#lines.delete(address)
    this.#gaps.delete(address)
    this.#send()
  }

  #add(entry: Entry): void {
    const line = this.#lines.get(entry.address)
    if (line) line.push(entry)
    else this.#lines.set(entry.address, [entry])
    this.#send()
  }

  /** What has waited for longest, of what need not wait for an answer to be put together. */
  #next(): Entry | undefined {
    let next: Entry | undefined
    for (const [first] of this.#lines.values()) {
      if (!first || ('onSent' in first && !first.pieces)) continue
      if (!next || first.number < next.number) next = first
    }
    return next
  }

  #take({ address }: Entry): void {
    const line = this.#lines.get(address)
    line?.shift()
    if (line?.length === 0) this.#lines.delete(address)
  }

  #send(): void {
    const { writer, isOpen, writePiece } = this.#parts
    for (let entry = this.#next(); entry; entry = this.#next()) {
      if (!isOpen()) return
      if ('message' in entry) {
        if (!writer.hasRoom) return this.#wait()
        this.#take(entry)
        this.#bytes -= sizeOf(entry)
        writer.write(entry.message)
        continue
      }
      if ('hasNews' in entry) {
        if (!writer.hasRoom) return this.#wait()
        this.#take(entry)
        this.#gaps.delete(entry.address)
        if (entry.hasNews) entry.onReached()
        continue
      }
      const piece = entry.pieces?.[entry.next]
      if (piece) {
        if (!writer.hasRoom) return this.#wait()
        entry.next += 1
        writePiece(entry.address, piece)
        continue
      }
      this.#take(entry)
      entry.onSent()
    }
  }

  #wait(): void {
    if (this.#waits) return
    this.#waits = true
    this.#parts.writer.onceRoom(() => {
      this.#waits = false
      this.#send()
    })
  }
}

function sizeOf({ message }: News): number {
  return message.length + MESSAGE_OVERHEAD_BYTES
}
