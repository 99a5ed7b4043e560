/** The kinds of WebSocket frames that a server sends. */
export const OPCODE = { binary: 2, close: 8, ping: 9, pong: 10 } as const

/**
 * Cuts what a server sends into WebSocket frames (RFC 6455, unmasked, unfragmented, as `ws` sends them).
 * The payload is valid only during the call.
 */
export class FrameSplitter {
  readonly #onFrame: (opcode: number, payload: Buffer) => void
  /** The beginning of a frame whose rest has not come, in pieces: joining a board at each piece would be quadratic. */
  #pieces: Buffer[] = []
  #held = 0
  #needed = 0

  constructor(onFrame: (opcode: number, payload: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** Takes the next bytes of the stream. */
  push(bytes: Buffer): void {
    this.#held += bytes.length
    if (this.#pieces.length > 0) {
      this.#pieces.push(bytes)
      if (this.#held < this.#needed) return
      bytes = Buffer.concat(this.#pieces)
      this.#pieces = []
    }
    let start = 0
    while (start < bytes.length) {
      const end = this.#frame(bytes, start)
      if (end === undefined) break
      start = end
    }
    this.#held = bytes.length - start
    if (this.#held > 0) this.#pieces.push(start === 0 ? bytes : bytes.subarray(start))
  }

  /** Handles the frame at `start` and answers its end; undefined, with `#needed` set, when it is not all there. */
  #frame(bytes: Buffer, start: number): number | undefined {
    const available = bytes.length - start
    this.#needed = 2
    if (available < 2) return undefined
    const short = (bytes[start + 1] as number) & 0x7f
    const head = short === 127 ? 10 : short === 126 ? 4 : 2
    this.#needed = head
    if (available < head) return undefined
    const length =
      short === 127 ? Number(bytes.readBigUInt64BE(start + 2)) : short === 126 ? bytes.readUInt16BE(start + 2) : short
    this.#needed = head + length
    if (available < head + length) return undefined
    const end = start + head + length
    this.#onFrame((bytes[start] as number) & 0x0f, bytes.subarray(start + head, end))
    return end
  }
}
