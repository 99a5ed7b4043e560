import type { FrameWriter } from './frame-writer.ts'

/** What a queue writes to, and how one piece of an answer becomes a message there. */
export interface UpdateQueueParts {
  readonly writer: Pick<FrameWriter, 'hasRoom' | 'onceRoom' | 'write'>
  /** Writes one piece of an answer. */
  readonly writePiece: (address: string, piece: Uint8Array) => void
  /** Whether the client can be told anything. */
  readonly isOpen: () => boolean
}

/** A broadcast of what somebody has drawn. */
interface News {
  readonly address: string
  readonly message: Uint8Array
}

/** What somebody asked for. Its pieces are shared with others who are sent them. */
interface Answer {
  readonly address: string
  /** Undefined while it is put together. */
  pieces: readonly Uint8Array[] | undefined
  next: number
  readonly onSent: () => void
}

/** What a message that waits takes in memory beside its bytes, roughly. */
const OVERHEAD_BYTES = 200

/**
 * The updates that one client is sent, as fast as it takes them and in order: what is drawn while a large answer is on its
 * way comes after that, since it builds on it. All else, an acknowledgement or a cursor, goes past them.
 */
export class UpdateQueue {
  readonly #parts: UpdateQueueParts
  #entries: Array<News | Answer> = []
  #bytes = 0
  #waits = false

  constructor(parts: UpdateQueueParts) {
    this.#parts = parts
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  /** What waits, in bytes; the pieces of answers do not count, which others share. */
  get bytes(): number {
    return this.#bytes
  }

  /** Sends a broadcast after all that waits. */
  sendNews(address: string, message: Uint8Array): void {
    this.#entries.push({ address, message })
    this.#bytes += message.length + OVERHEAD_BYTES
    this.#send()
  }

  /** Sends an answer after all that waits, and then calls back; when it is still put together, `setPieces` gives it. */
  sendAnswer(address: string, pieces: readonly Uint8Array[] | undefined, onSent: () => void): Answer {
    const answer: Answer = { address, pieces, next: 0, onSent }
    this.#entries.push(answer)
    this.#send()
    return answer
  }

  /** An answer has been put together. */
  setPieces(answer: Answer, pieces: readonly Uint8Array[]): void {
    answer.pieces = pieces
    this.#send()
  }

  /** Whoever has left at this address is sent nothing more. */
  leave(address: string): void {
    this.#entries = this.#entries.filter((entry) => entry.address !== address)
    this.#bytes = this.#entries.reduce((sum, entry) => sum + ('message' in entry ? sizeOf(entry) : 0), 0)
    this.#send()
  }

  #send(): void {
    const { writer, isOpen, writePiece } = this.#parts
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      if (!isOpen()) return
      if ('message' in entry) {
        if (!writer.hasRoom) return this.#wait()
        this.#entries.shift()
        this.#bytes -= sizeOf(entry)
        writer.write(entry.message)
        continue
      }
      const piece = entry.pieces?.[entry.next]
      if (piece) {
        if (!writer.hasRoom) return this.#wait()
        entry.next += 1
        writePiece(entry.address, piece)
        continue
      }
      if (!entry.pieces) return
      this.#entries.shift()
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
  return message.length + OVERHEAD_BYTES
}
