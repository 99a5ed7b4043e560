import type { Socket } from 'node:net'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import type { WebSocket } from 'ws'
import type { MessageLimits } from '../client-limits.ts'
import { LARGE_BYTES, type LargeReads } from './large-reads.ts'
import type { Holder, UnhandledBytes } from './unhandled-bytes.ts'

/** A token, a state vector and a cursor for each of a socket's rooms are far less, all together. */
const MAX_FIRST_BYTES = 256 * 1024
/** The heads of a frame's fragments, and a chunk that holds the end of one message and the beginning of the next. */
const HEAD_BYTES = 128
/** The head and the mask of a control frame. */
const CONTROL_HEAD_BYTES = 6
/** Of a message that is coming, so much must come between two heartbeats: drop by drop it would never end. */
export const LEAST_BYTES = 16 * 1024
/** How long a client that is sent away may take to read why, or to answer a goodbye. */
export const GOODBYE_MS = 1_000

/** What one socket's bytes are counted with. */
export interface IncomingBytesParts {
  readonly webSocket: WebSocket
  readonly stream: Socket
  /** The client's address, as it is counted. */
  readonly address: string
  readonly limits: MessageLimits
  readonly unhandled: UnhandledBytes
  readonly largeReads: LargeReads
}

/**
 * Bounds what a socket sends: each message and all of them before its token was taken; and at any time, what of a message has
 * come while the rest has not, together with what waits to be handled. `ws` has one limit for the frames of all its
 * sockets, which must let a long offline edit pass, and hands a frame on when it is whole; so this counts on the stream
 * itself, and cuts a large frame while it comes. It also knows whether the client is read from.
 */
export class IncomingBytes {
  readonly #parts: IncomingBytesParts
  readonly #holder: Holder
  readonly #lastFirstByte: number
  #isOver = false
  /** Up to here, messages have been whole. */
  #wholeUpTo: number
  /** How many were. */
  #messages = 0
  #waitingBytes = 0
  #countedBytes = 0
  #pauses = 0
  #atBeat = { messages: 0, bytesRead: 0, since: 0 }

  /** The client's address, as it is counted. */
  get address(): string {
    return this.#parts.address
  }

  /** Counts from now on: what came with the request itself is one packet at most. */
  constructor(parts: IncomingBytesParts) {
    const { webSocket, stream } = parts
    this.#parts = parts
    this.#holder = { address: parts.address, userId: undefined, giveUp: () => this.#giveUp() }
    this.#wholeUpTo = stream.bytesRead
    this.#lastFirstByte = stream.bytesRead + MAX_FIRST_BYTES
    webSocket.on('message', ({ length }: Buffer) => {
      this.#wholeUpTo = stream.bytesRead
      this.#messages += 1
      parts.largeReads.end(this, length)
      // Its end may have come together with what made it too large.
      if (!this.#isSignedIn && length > parts.limits.firstMessageBytes) this.#cut()
    })
    // They may come between the fragments of a message, and are no part of it.
    for (const event of ['ping', 'pong'] as const) {
      webSocket.on(event, ({ length }: Buffer) => {
        this.#wholeUpTo = Math.min(stream.bytesRead, this.#wholeUpTo + CONTROL_HEAD_BYTES + length)
      })
    }
    stream.on('data', this.#count)
    stream.once('close', () => this.#forget())
  }

  /** The client's token was taken, as this person's: how much it sends is for the room to judge from now on. */
  signedIn(userId: string): void {
    this.#holder.userId = userId
  }

  /** Reads no more from the client, until as many `resume`. */
  pause(): void {
    this.#pauses += 1
    if (this.#pauses === 1) this.#parts.webSocket.pause()
  }

  /** Takes back one `pause`. */
  resume(): void {
    this.#pauses -= 1
    if (this.#pauses === 0) this.#parts.webSocket.resume()
  }

  /** Whether nothing is read from the client for now. */
  get isPaused(): boolean {
    return this.#pauses > 0
  }

  /** So much more, or less, of what has come waits to be handled. */
  waits(bytes: number): void {
    this.#waitingBytes += bytes
    this.#tell()
  }

  /**
   * Asked at each heartbeat: whether a message is on its way that does not come, or takes too long. Who is not read from
   * is not asked for more.
   */
  isStuck(): boolean {
    const now = performance.now()
    const isRead = !this.isPaused
    const { bytesRead } = this.#parts.stream
    const before = this.#atBeat
    const isSame = this.unfinishedBytes > 0 && before.messages === this.#messages && before.since > 0
    const since = this.unfinishedBytes === 0 ? 0 : isSame && isRead ? before.since : now
    this.#atBeat = { messages: this.#messages, bytesRead, since }
    if (!isRead || !isSame) return false
    return bytesRead - before.bytesRead < LEAST_BYTES || now - since > this.#parts.limits.messageMs
  }

  get #isSignedIn(): boolean {
    return this.#holder.userId !== undefined
  }

  /** What has come of a message that is not whole, in bytes. */
  get unfinishedBytes(): number {
    return this.#parts.stream.bytesRead - this.#wholeUpTo
  }

  readonly #count = (): void => {
    const unfinished = this.unfinishedBytes
    if (!this.#isSignedIn) {
      const isTooMuch = this.#parts.stream.bytesRead > this.#lastFirstByte
      if (isTooMuch || unfinished > this.#parts.limits.firstMessageBytes + HEAD_BYTES) return this.#cut()
    }
    if (unfinished > LARGE_BYTES) this.#parts.largeReads.begin(this)
    if (unfinished > 0 || this.#countedBytes > 0) this.#tell()
  }

  #tell(): void {
    if (this.#isOver) return
    this.#countedBytes = this.unfinishedBytes + this.#waitingBytes
    this.#parts.unhandled.set(this.#holder, this.#countedBytes)
  }

  #forget(): void {
    this.#isOver = true
    this.#parts.largeReads.end(this)
    this.#parts.unhandled.set(this.#holder, 0)
  }

  /** What has come is let go at once: a moment in which to read why would be one in which others fill the memory. */
  #giveUp(): void {
    const { webSocket } = this.#parts
    this.#forget()
    webSocket.close(closeCodeOf.rate_limited, 'rate_limited')
    webSocket.terminate()
  }

  #cut(): void {
    const { webSocket, stream } = this.#parts
    this.#forget()
    webSocket.close(closeCodeOf.too_large, 'too_large')
    // `ws` would go on gathering until the frame is whole; and unread bytes would make TCP reset the connection, and
    // the client would not learn why. So what still comes is read and thrown away, for a moment: not all of it, since
    // what is thrown away is memory too until it is collected.
    stream.removeAllListeners('data')
    const lastByte = stream.bytesRead + MAX_FIRST_BYTES
    stream.on('data', () => {
      if (stream.bytesRead > lastByte) stream.pause()
    })
    stream.resume()
    const hangUp = setTimeout(() => webSocket.terminate(), GOODBYE_MS)
    stream.once('close', () => clearTimeout(hangUp))
  }
}
