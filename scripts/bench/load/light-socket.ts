import { connect, type Socket } from 'node:net'
import { FrameSplitter, OPCODE } from './frame-splitter.ts'

/** Clients must mask what they send; the bench's need no secret. */
const MASK = [0x51, 0x7e, 0x0d, 0xa3] as const

/** A WebSocket client that costs next to nothing, so that one core can play fifty readers of a fast server. */
export class LightSocket {
  readonly #socket: Socket
  readonly #splitter: FrameSplitter
  #ending = false

  private constructor(socket: Socket, onMessage: (payload: Buffer) => void) {
    this.#socket = socket
    this.#splitter = new FrameSplitter((opcode, payload) => {
      if (opcode === OPCODE.binary) onMessage(payload)
      else if (opcode === OPCODE.ping) this.#write(OPCODE.pong, payload)
      else if (opcode === OPCODE.close) this.#dropped(payload.subarray(2).toString())
    })
    socket.once('close', () => this.#dropped('the connection ended'))
  }

  /** Connects and shakes hands. A connection that the server ends later ends the process: the run is void. */
  static open(address: { port: number; path: string }, onMessage: (payload: Buffer) => void): Promise<LightSocket> {
    const socket = connect({ port: address.port, host: '127.0.0.1', noDelay: true })
    const light = new LightSocket(socket, onMessage)
    socket.write(
      `GET ${address.path} HTTP/1.1\r\nHost: 127.0.0.1:${address.port}\r\nUpgrade: websocket\r\n` +
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2tldGNocm9vbS1iZW5jaA==\r\n\r\n',
    )
    return new Promise((resolve, reject) => {
      let answer = Buffer.alloc(0)
      socket.once('error', reject)
      const onData = (bytes: Buffer) => {
        answer = Buffer.concat([answer, bytes])
        const end = answer.indexOf('\r\n\r\n')
        if (end === -1) return
        socket.off('data', onData)
        if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) {
          return reject(new Error(`no WebSocket here: ${answer.toString('latin1')}`))
        }
        socket.on('data', (more: Buffer) => light.#splitter.push(more))
        resolve(light)
        if (end + 4 < answer.length) light.#splitter.push(answer.subarray(end + 4))
      }
      socket.on('data', onData)
    })
  }

  /** Sends a binary message. */
  send(payload: Uint8Array): void {
    this.#write(OPCODE.binary, payload)
  }

  /** Makes one packet of all that is sent in `work`. */
  together(work: () => void): void {
    this.#socket.cork()
    work()
    this.#socket.uncork()
  }

  /** Ends the connection. */
  end(): void {
    this.#ending = true
    this.#socket.destroy()
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
