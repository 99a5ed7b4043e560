import { connect, type Socket } from 'node:net'
import type { RoomAddress } from '../peers/peer-calls.ts'
import { FrameSplitter, OPCODE } from './frame-splitter.ts'

/** Clients must mask what they send; the bench's need no secret. */
const MASK = [0x51, 0x7e, 0x0d, 0xa3] as const
/** All sockets read into the same bytes, since each is done with them before the next one's turn. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024)

/** Takes a message as it comes; the bytes are valid only during the call. `ended` with the last of them. */
export type OnData = (bytes: Buffer, ended: boolean) => void

let lastAddress = 0

/** A WebSocket client that costs next to nothing, so that one core can play fifty readers of a fast server. */
export class LightSocket {
  /** How many bytes have come after the handshake, framing and all. */
  receivedBytes = 0
  readonly #socket: Socket
  readonly #splitter: FrameSplitter
  #onPong: () => void = () => undefined
  /** The answer to the handshake, while it is incomplete. */
  #handshake: Buffer | undefined = Buffer.alloc(0)
  readonly #opened = Promise.withResolvers<void>()
  #ending = false

  private constructor(port: number, onData: OnData) {
    this.#splitter = new FrameSplitter({
      onData,
      onControl: (opcode, payload) => {
        if (opcode === OPCODE.ping) this.#write(OPCODE.pong, payload)
        else if (opcode === OPCODE.pong) this.#onPong()
        else if (opcode === OPCODE.close) this.#dropped(payload.subarray(2).toString())
      },
    })
    const onread = {
      buffer: READ_BUFFER,
      callback: (length: number) => {
        this.#read(READ_BUFFER.subarray(0, length))
        return true
      },
    }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    this.#socket.once('error', (error) => this.#opened.reject(error))
    this.#socket.once('close', () => this.#dropped('the connection ended'))
  }

  /** Connects and shakes hands. A connection that the server ends later ends the process: the run is void. */
  static async open({ port, path }: Pick<RoomAddress, 'port' | 'path'>, onData: OnData): Promise<LightSocket> {
    const light = new LightSocket(port, onData)
    // Each client is somebody else's computer, to a server that believes its proxy.
    const address = ++lastAddress
    light.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `X-Forwarded-For: 10.${(address >> 16) & 0xff}.${(address >> 8) & 0xff}.${address & 0xff}\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2tldGNocm9vbS1iZW5jaA==\r\n\r\n',
    )
    await light.#opened.promise
    return light
  }

  /** Sends a binary message. */
  send(payload: Uint8Array): void {
    this.#write(OPCODE.binary, payload)
  }

  /** Resolves when the server has answered a ping, and so has handled the frames before it. */
  ping(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onPong = resolve
    this.#write(OPCODE.ping, new Uint8Array())
    return promise
  }

  /** Makes one packet of all that is sent in `work`. */
  together(work: () => void): void {
    this.#socket.cork()
    work()
    this.#socket.uncork()
  }

  /** Reads nothing any more. What the system has taken for it by then stays there. */
  stall(): void {
    this.#socket.pause()
  }

  /** Ends the connection. */
  end(): void {
    this.#ending = true
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    // What was read before the end may still be handed on after it.
    if (this.#ending) return
    if (!this.#handshake) {
      this.receivedBytes += bytes.length
      return this.#splitter.push(bytes)
    }
    this.#handshake = Buffer.concat([this.#handshake, bytes])
    const end = this.#handshake.indexOf('\r\n\r\n')
    if (end === -1) return
    const [answer, rest] = [this.#handshake.toString('latin1', 0, end), this.#handshake.subarray(end + 4)]
    this.#handshake = undefined
    if (!answer.startsWith('HTTP/1.1 101')) return this.#opened.reject(new Error(`no WebSocket here: ${answer}`))
    this.#opened.resolve()
    this.#read(rest)
  }

  #dropped(reason: string): void {
    if (!this.#ending) throw new Error(`a server dropped a client: ${reason}`)
  }

  #write(opcode: number, payload: Uint8Array): void {
    const { length } = payload
    const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
    const frame = Buffer.allocUnsafe(head + 4 + length)
    frame[0] = 0x80 | opcode
    frame[1] = 0x80 | (head === 2 ? length : head === 4 ? 126 : 127)
    if (head === 4) frame.writeUInt16BE(length, 2)
    if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2)
    frame.set(MASK, head)
    for (let n = 0; n < length; n++) frame[head + 4 + n] = (payload[n] as number) ^ (MASK[n & 3] as number)
    this.#socket.write(frame)
  }
}

/** Gives messages whole. Each is valid only during the call. */
export function wholeMessages(onMessage: (payload: Buffer) => void): OnData {
  let pieces: Buffer[] = []
  return (bytes, ended) => {
    if (ended && pieces.length === 0) return onMessage(bytes)
    pieces.push(Buffer.from(bytes))
    if (!ended) return
    const message = Buffer.concat(pieces)
    pieces = []
    onMessage(message)
  }
}
