/** The kinds of WebSocket frames that a server sends. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** The longest head of an unmasked frame. */
const MAX_HEAD = 10
/** Frames with one of these opcodes are short, whole, and may stand between the frames of a message. */
const FIRST_CONTROL_OPCODE = 8

/** What a stream of frames is made of. The bytes are valid only during the call. */
export interface FrameListener {
  /** The next bytes of a message, which may be none; `ended` with the last of them. */
  onData(bytes: Buffer, ended: boolean): void
  /** A control frame. */
  onControl(opcode: number, payload: Buffer): void
}

/**
 * Cuts what a server sends into WebSocket frames (RFC 6455, unmasked), and hands a message on as it comes: in one
 * piece when all of it is there, and else without keeping any, so that many can be sent a large board at once.
 */
export class FrameSplitter {
  readonly #listener: FrameListener
  /** The beginning of a head that was cut. */
  readonly #head = Buffer.alloc(MAX_HEAD)
  #headHeld = 0
  /** What is left of the frame that is being read; undefined between frames. */
  #left: number | undefined
  #opcode = 0
  #final = false
  #control: Buffer[] = []

  constructor(listener: FrameListener) {
    this.#listener = listener
  }

  /** Takes the next bytes of the stream. */
  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length || this.#left === 0) {
      if (this.#left === undefined) {
        at = this.#readHead(bytes, at)
        continue
      }
      const end = Math.min(at + this.#left, bytes.length)
      this.#left -= end - at
      this.#handOn(bytes.subarray(at, end), this.#left === 0)
      if (this.#left === 0) this.#left = undefined
      at = end
    }
  }

  #handOn(piece: Buffer, frameEnded: boolean): void {
    if (this.#opcode < FIRST_CONTROL_OPCODE) return this.#listener.onData(piece, frameEnded && this.#final)
    this.#control.push(Buffer.from(piece))
    if (!frameEnded) return
    const payload = Buffer.concat(this.#control)
    this.#control = []
    this.#listener.onControl(this.#opcode, payload)
  }

  /** Reads a head, or what is there of it, and answers where it ends. */
  #readHead(bytes: Buffer, at: number): number {
    if (this.#headHeld === 0) {
      const end = this.#parseHead(bytes, at, bytes.length)
      if (end !== undefined) return end
    }
    this.#head[this.#headHeld++] = bytes[at] as number
    if (this.#parseHead(this.#head, 0, this.#headHeld) !== undefined) this.#headHeld = 0
    return at + 1
  }

  /** Where the head ends that begins at `start`; undefined when it is not all there. */
  #parseHead(bytes: Buffer, start: number, limit: number): number | undefined {
    if (limit - start < 2) return undefined
    const [first, second] = [bytes[start] as number, bytes[start + 1] as number]
    const end = start + (second === 127 ? 10 : second === 126 ? 4 : 2)
    if (limit < end) return undefined
    this.#left =
      second === 127
        ? Number(bytes.readBigUInt64BE(start + 2))
        : second === 126
          ? bytes.readUInt16BE(start + 2)
          : second
    this.#opcode = first & 0x0f
    this.#final = (first & 0x80) !== 0
    return end
  }
}
