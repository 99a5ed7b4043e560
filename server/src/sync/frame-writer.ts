import type { Socket } from 'node:net'
import { PIECE_BYTES } from '../core/documents/piece-list.ts'
import { SendWindow } from './send-window.ts'

/** The first byte of a frame (RFC 6455): FIN with opcode 2 for a whole binary message, and of one in fragments. */
const WHOLE = 0x82
const FIRST_FRAGMENT = 0x02
const FRAGMENT = 0x00
const LAST_FRAGMENT = 0x80
const PING = 0x89

/** Up to this size, one buffer is cheaper than two. */
const CHEAP_TO_COPY_BYTES = 1024
/** A message that is larger than the pieces in which a drawing goes is one value, and goes out in fragments of this size. */
const FRAGMENT_BYTES = 64 * 1024
const LARGE_BYTES = 2 * PIECE_BYTES

const NOTHING = new Uint8Array()

/** What a message that waits takes in memory beside its bytes, roughly: who reads nothing may still ask and ask. */
export const MESSAGE_OVERHEAD_BYTES = 200

/**
 * Builds the WebSocket frames of binary messages (unmasked). A broadcast gives the same message to one socket after
 * the other, so the last frame is kept, and its bytes are built once for all.
 */
export class FrameBuilder {
  #message: Uint8Array | undefined
  #frame: Buffer = Buffer.alloc(0)

  /** The frame of a message. Neither may be changed afterwards. */
  build(message: Uint8Array): Buffer {
    if (message === this.#message) return this.#frame
    const header = frameHeader(WHOLE, message.length)
    const frame = Buffer.allocUnsafe(header.length + message.length)
    frame.set(header)
    frame.set(message, header.length)
    this.#message = message
    this.#frame = frame
    return frame
  }
}

/** A message on its way in fragments: its own first bytes, and a body that others may be given at the same time. */
interface LargeMessage {
  readonly head: Uint8Array
  readonly body: Uint8Array
}

/**
 * Writes messages to one client, straight to the stream under its `ws` socket: system calls are most of what
 * delivery costs. What is sent within one turn, such as the answers that a commit releases, goes out together.
 * Sound only without compression: then `ws` too writes each of its frames to the stream at once. Its pings may come
 * between two fragments, as RFC 6455 allows.
 */
export class FrameWriter {
  readonly #stream: Socket
  readonly #builder: FrameBuilder
  readonly #window: SendWindow
  #corked = false
  /** The large message that is going out, and how much of its body has. */
  #large: (LargeMessage & { sent: number }) | undefined
  /** What was sent after it. */
  #waiting: Array<Uint8Array | LargeMessage> = []
  #waitingBytes = 0
  #sentBytes = 0
  #afterLarge: Array<() => void> = []

  constructor(stream: Socket, builder: FrameBuilder) {
    this.#stream = stream
    this.#builder = builder
    this.#window = new SendWindow({
      ping: (words) => void stream.write(Buffer.concat([frameHeader(PING, words.length), Buffer.from(words)])),
      receivedBytes: () => stream.bytesRead,
    })
    stream.once('close', () => this.#window.close())
  }

  /** What waits for a client that does not keep up, in bytes; a large body, which others share, does not count. */
  get bufferedBytes(): number {
    return (this.#large ? 0 : this.#stream.writableLength) + this.#waitingBytes
  }

  /** How many bytes of large messages have gone out so far: it grows while somebody reads one. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /**
   * A number that grows while the client takes something: by what it says that it has read, when so much is on its way that
   * this is waited for, since the system would take more, such as heartbeats; otherwise by what the system takes.
   */
  get takenBytes(): number {
    const { isOpen, readBytes } = this.#window
    return isOpen ? this.#stream.bytesWritten - this.#stream.writableLength : readBytes
  }

  /** Whether the system takes no more for now, so that it is the client's to read. */
  get isBlocked(): boolean {
    return this.#stream.writableNeedDrain
  }

  /** Whether what can wait need not: nothing large is going out, and the client keeps up. */
  get hasRoom(): boolean {
    return !this.#large && this.#window.isOpen && !this.#stream.writableNeedDrain
  }

  /** Calls back when there may be room. */
  onceRoom(callback: () => void): void {
    if (this.#large) this.#afterLarge.push(callback)
    else if (this.#stream.writableNeedDrain) this.#stream.once('drain', callback)
    else this.#window.onceOpen(callback)
  }

  /** The client has said something whole. */
  heard(): void {
    this.#window.heard()
  }

  /** The client has answered a ping; whether it is one that went along with what was written. */
  ponged(words: string): boolean {
    return this.#window.answered(words)
  }

  /** Sends a message; the socket must be open. A large one is not copied either: a broadcast gives it to many. */
  write(message: Uint8Array): void {
    if (this.#large) {
      this.#waiting.push(message)
      this.#waitingBytes += message.length
      return
    }
    if (message.length > LARGE_BYTES) return this.#begin({ head: NOTHING, body: message })
    this.#cork()
    this.#stream.write(this.#builder.build(message))
    this.#window.wrote(message.length)
  }

  /**
   * Sends a message whose body is shared with others: when it is large, in fragments that are not copied, so that any
   * number of clients may be told a large board at once.
   */
  writeShared(head: Uint8Array, body: Uint8Array): void {
    if (body.length <= CHEAP_TO_COPY_BYTES) return this.write(Buffer.concat([head, body]))
    if (this.#large) {
      this.#waiting.push({ head, body })
      this.#waitingBytes += head.length + MESSAGE_OVERHEAD_BYTES
    } else if (head.length + body.length > LARGE_BYTES) this.#begin({ head, body })
    else {
      this.#cork()
      this.#stream.write(Buffer.concat([frameHeader(WHOLE, head.length + body.length), head]))
      this.#stream.write(body)
      this.#window.wrote(head.length + body.length)
    }
  }

  #begin({ head, body }: LargeMessage): void {
    this.#large = { head, body, sent: 0 }
    this.#cork()
    this.#stream.write(frameHeader(FIRST_FRAGMENT, head.length))
    this.#stream.write(head)
    this.#sendFragments()
  }

  readonly #sendFragments = (): void => {
    const large = this.#large
    if (!large || this.#stream.destroyed) return
    const { body } = large
    for (;;) {
      if (this.#stream.writableNeedDrain) return void this.#stream.once('drain', this.#sendFragments)
      if (!this.#window.isOpen) return this.#window.onceOpen(this.#sendFragments)
      const from = large.sent
      large.sent = Math.min(body.length, from + FRAGMENT_BYTES)
      const isLast = large.sent === body.length
      this.#sentBytes += large.sent - from
      this.#cork()
      this.#stream.write(frameHeader(isLast ? LAST_FRAGMENT : FRAGMENT, large.sent - from))
      this.#stream.write(body.subarray(from, large.sent))
      this.#window.wrote(large.sent - from)
      if (isLast) break
    }
    this.#large = undefined
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    for (const message of waiting) {
      if (message instanceof Uint8Array) this.write(message)
      else this.writeShared(message.head, message.body)
    }
    if (this.#large) return
    for (const callback of this.#afterLarge.splice(0)) callback()
  }

  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#stream.cork()
    process.nextTick(this.#uncork)
  }

  readonly #uncork = (): void => {
    this.#corked = false
    this.#stream.uncork()
  }
}

function frameHeader(first: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = first
  header[1] = header.length === 2 ? length : header.length === 4 ? 126 : 127
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  return header
}
