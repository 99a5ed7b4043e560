import type { RoomAddress } from '../peers/peer-calls.ts'
import type { RoomFrames } from './dialects.ts'
import { LightSocket } from './light-socket.ts'

/** Longer messages are kept only by witnesses. One that brings a single edit is shorter. */
const KEPT_BYTES = 64 * 1024

/** A message that brought a part of the document, or an edit after it. */
export interface Arrival {
  /** When all of it was there, as `performance.now()` tells. */
  readonly at: number
  /** Whether it is the end of the document as it was on joining. */
  readonly isAnswer: boolean
  readonly bytes: number
  /** Undefined where it was let go. */
  readonly update: Uint8Array | undefined
}

/**
 * One of a crowd that opens a large board at once. What comes is looked at and let go: a core that kept and joined
 * 150 boards would be measured instead of the server. Only a witness keeps everything.
 */
export class Joiner {
  readonly arrivals: Arrival[] = []
  readonly #frames: RoomFrames
  readonly #isWitness: boolean
  #socket: LightSocket | undefined
  /** What is kept of the message that is coming; at least its beginning, which tells its kind. */
  #pieces: Buffer[] = []
  #kept = 0
  #length = 0

  constructor(frames: RoomFrames, isWitness: boolean) {
    this.#frames = frames
    this.#isWitness = isWitness
  }

  /** Connects and asks for the document. */
  async join(room: RoomAddress): Promise<void> {
    const socket = await LightSocket.open(room, (bytes, ended) => this.#receive(bytes, ended))
    this.#socket = socket
    for (const greeting of this.#frames.greeting()) socket.send(greeting)
  }

  /** Whether the document, as it was on joining, is there. */
  get isAnswered(): boolean {
    return this.arrivals.some(({ isAnswer }) => isAnswer)
  }

  end(): void {
    this.#socket?.end()
  }

  #receive(bytes: Buffer, ended: boolean): void {
    this.#length += bytes.length
    if (this.#isWitness || this.#kept < KEPT_BYTES) {
      this.#pieces.push(Buffer.from(bytes))
      this.#kept += bytes.length
    }
    if (!ended) return
    const message = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces)
    const [kind, isWhole, length] = [this.#frames.kindOf(message), this.#kept === this.#length, this.#length]
    this.#pieces = []
    this.#kept = 0
    this.#length = 0
    if (kind === 'question') this.#socket?.send(this.#frames.nothing)
    if (kind !== 'answer' && kind !== 'update') return
    const incoming = isWhole ? this.#frames.read(message) : undefined
    const update = incoming && 'update' in incoming ? incoming.update : undefined
    this.arrivals.push({ at: performance.now(), isAnswer: kind === 'answer', bytes: length, update })
  }
}
