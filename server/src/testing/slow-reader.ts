import { connect, type Socket } from 'node:net'
import type { ClientOptions } from 'ws'

/** What one frame from the server began with (RFC 6455). */
interface FrameHead {
  /** 0 for a fragment that goes on with a message, 2 for a binary message or its first fragment, 8 to 10 for control. */
  readonly opcode: number
  readonly isLast: boolean
  readonly length: number
}

/**
 * The TCP connection of a `ws` client, which notes each frame that comes, and can stop reading: then what the server
 * sends piles up in the system's buffers, and in the server.
 */
export class SlowReader {
  readonly frames: FrameHead[] = []
  #socket: Socket | undefined
  #unread: Buffer = Buffer.alloc(0)
  /** How much of the current frame's body is still to come. */
  #bodyBytes = 0
  #isHttp = true
  #takeMs = 0

  /** For the constructor of a `WebSocket`. */
  readonly options: ClientOptions = {
    createConnection: (options: unknown) => {
      const socket = connect(options as { host: string; port: number })
      socket.on('data', (chunk) => this.#note(chunk))
      this.#socket = socket
      return socket
    },
  }

  /** Reads one piece of what has come, and then nothing for so long. */
  readSlowly(takeMs: number): void {
    this.#takeMs = takeMs
  }

  /** Reads nothing more. */
  stop(): void {
    this.#socket?.pause()
  }

  /** Reads on, as fast as it can. */
  goOn(): void {
    this.#takeMs = 0
    this.#socket?.resume()
  }

  #note(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk])
    while (this.#takeHead()) continue
    if (this.#takeMs === 0) return
    this.#socket?.pause()
    setTimeout(() => this.#socket?.resume(), this.#takeMs)
  }

  /** Takes what is there of a body, or a whole head; false when there is too little for that. */
  #takeHead(): boolean {
    const { length } = this.#unread
    if (this.#isHttp) {
      const end = this.#unread.indexOf('\r\n\r\n')
      if (end === -1) return false
      this.#unread = this.#unread.subarray(end + 4)
      this.#isHttp = false
      return true
    }
    if (this.#bodyBytes > 0) {
      const taken = Math.min(length, this.#bodyBytes)
      this.#bodyBytes -= taken
      this.#unread = this.#unread.subarray(taken)
      return taken > 0
    }
    const [first = 0, second = 0] = this.#unread
    const headBytes = second < 126 ? 2 : second === 126 ? 4 : 10
    if (length < 2 || length < headBytes) return false
    this.#bodyBytes =
      headBytes === 2
        ? second
        : headBytes === 4
          ? this.#unread.readUInt16BE(2)
          : Number(this.#unread.readBigUInt64BE(2))
    this.frames.push({ opcode: first & 0x0f, isLast: first >= 0x80, length: this.#bodyBytes })
    this.#unread = this.#unread.subarray(headBytes)
    return true
  }
}
