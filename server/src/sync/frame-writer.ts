import type { Duplex } from 'node:stream'

/** A final binary frame's first byte: FIN and opcode 2. */
const BINARY = 0x82

/**
 * Builds the WebSocket frames of binary messages (RFC 6455: unmasked, unfragmented). A broadcast gives the same
 * message to one socket after the other, so the last frame is kept, and its bytes are built once for all.
 */
export class FrameBuilder {
  #message: Uint8Array | undefined
  #frame: Buffer = Buffer.alloc(0)

  /** The frame of a message. Neither may be changed afterwards. */
  build(message: Uint8Array): Buffer {
    if (message === this.#message) return this.#frame
    const { length } = message
    const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
    const frame = Buffer.allocUnsafe(head + length)
    frame[0] = BINARY
    frame[1] = head === 2 ? length : head === 4 ? 126 : 127
    if (head === 4) frame.writeUInt16BE(length, 2)
    if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2)
    frame.set(message, head)
    this.#message = message
    this.#frame = frame
    return frame
  }
}

/**
 * Writes messages to one client, straight to the stream under its `ws` socket: system calls are most of what
 * delivery costs. What is sent within one turn, such as the answers that a commit releases, goes out together.
 * Sound only without compression: then `ws` too writes each of its frames to the stream at once.
 */
export class FrameWriter {
  readonly #stream: Duplex
  readonly #builder: FrameBuilder
  #corked = false

  constructor(stream: Duplex, builder: FrameBuilder) {
    this.#stream = stream
    this.#builder = builder
  }

  /** What waits for a client that does not keep up, in bytes. */
  get bufferedBytes(): number {
    return this.#stream.writableLength
  }

  /** Sends a message; the socket must be open. */
  write(message: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true
      this.#stream.cork()
      process.nextTick(this.#uncork)
    }
    this.#stream.write(this.#builder.build(message))
  }

  readonly #uncork = (): void => {
    this.#corked = false
    this.#stream.uncork()
  }
}
