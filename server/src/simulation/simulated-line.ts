import { executionAsyncResource } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { WebSocket as ServerWebSocket } from 'ws'
import type { Chance } from './chance.ts'
import type { Life, VirtualTime } from './virtual-time.ts'

/** A browser's words for how a line was lost. */
const LOST = 1006
const NO_CODE = 1005
/** How long the server waits for an answer to its goodbye. */
const CLOSE_MS = 5_000
const OPEN = 1
const CLOSING = 2
const CLOSED = 3
/** Opcodes of RFC 6455. */
const CONTINUATION = 0x0
const BINARY = 0x2
const PING = 0x9

/** What a line needs of its two ends, and of whoever watches. */
export interface LineParts {
  readonly time: VirtualTime
  readonly chance: Chance
  /** The device. */
  readonly client: Life
  /** The instance. */
  readonly server: Life
  /** Tells what the client's end has heard. */
  readonly onFrame: (frame: Uint8Array<ArrayBuffer>) => void
  /** The client's end is closed. */
  readonly onClosed: (code: number, reason: string) => void
  /** The server sends a frame. */
  readonly onSent: (frame: Uint8Array) => void
}

/** Keeps the time that one direction of a line takes: nothing overtakes what was sent before it. */
class Direction {
  lastAt = 0
  held: Array<() => void> = []
}

/**
 * A WebSocket between a device and an instance, without its handshakes. The server's end is what `ws` and the stream under it
 * are to the server, down to the frames that it writes; the client's end is told whole frames.
 */
export class SimulatedLine {
  readonly socket: ServerEnd
  readonly stream: ServerStream
  readonly parts: LineParts
  /** Nothing gets through; neither end is told. */
  isSilent = false
  /** The client's end. */
  isOpen = true
  readonly #up = new Direction()
  readonly #down = new Direction()

  constructor(parts: LineParts) {
    this.parts = parts
    this.socket = new ServerEnd(this)
    this.stream = new ServerStream(this)
  }

  /** The client says something. */
  send(frame: Uint8Array): void {
    if (this.isOpen) this.up(() => this.socket.receive(frame))
  }

  /** The client says goodbye, and listens no more. */
  hangUp(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.up(() => this.socket.ended(NO_CODE, ''))
  }

  /** Both ends are told that the line is gone, each when it notices. */
  cut(): void {
    const { time, chance, client, server } = this.parts
    time.as(client, () => time.after(chance.between(0, 50), () => this.closed(LOST, '')))
    time.as(server, () => time.after(chance.between(0, 50), () => this.socket.ended(LOST, '')))
  }

  /** What was held up while nothing got through goes on. */
  goOn(): void {
    this.isSilent = false
    const { time, client, server } = this.parts
    for (const act of this.#up.held.splice(0)) time.as(server, () => time.after(0, act))
    for (const act of this.#down.held.splice(0)) time.as(client, () => time.after(0, act))
  }

  /** The client's end is told that it is over. */
  closed(code: number, reason: string): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.parts.onClosed(code, reason)
  }

  /** Something goes to the server. */
  up(act: () => void): void {
    this.#pass(this.#up, this.parts.server, act)
  }

  /** Something goes to the client. */
  down(act: () => void): void {
    this.#pass(this.#down, this.parts.client, act)
  }

  #pass(direction: Direction, to: Life, act: () => void): void {
    const { time, chance } = this.parts
    direction.lastAt = Math.max(direction.lastAt, time.now + chance.between(0.5, 15))
    const arrive = () => {
      if (this.isSilent || direction.held.length > 0) direction.held.push(act)
      else act()
    }
    time.as(to, () => time.after(direction.lastAt - time.now, arrive))
  }
}

/** What `ws` gives the server for a client. */
class ServerEnd extends EventEmitter {
  readonly OPEN = OPEN
  readyState = OPEN
  readonly #line: SimulatedLine
  #isPaused = false
  #waiting: Uint8Array[] = []

  constructor(line: SimulatedLine) {
    super()
    this.#line = line
  }

  get asWebSocket(): ServerWebSocket {
    return this as unknown as ServerWebSocket
  }

  receive(frame: Uint8Array): void {
    if (this.readyState === CLOSED) return
    if (this.#isPaused) return void this.#waiting.push(frame)
    const data = Buffer.from(frame)
    this.#line.stream.bytesRead += data.length
    this.#line.stream.emit('data', data)
    this.emit('message', data, true)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    const waiting = this.#waiting.splice(0)
    if (waiting.length === 0) return
    setImmediate(() => {
      for (const frame of waiting) this.receive(frame)
    })
  }

  ping(): void {
    this.#line.down(() => this.#line.up(() => this.emit('pong', Buffer.alloc(0))))
  }

  pong(): void {}

  close(code = NO_CODE, reason = ''): void {
    if (this.readyState !== OPEN) return
    this.readyState = CLOSING
    const { time } = this.#line.parts
    time.after(CLOSE_MS, () => this.ended(LOST, ''))
    this.#line.down(() => {
      this.#line.closed(code, reason)
      this.#line.up(() => this.ended(code, reason))
    })
  }

  terminate(): void {
    if (this.readyState === CLOSED) return
    this.#line.down(() => this.#line.closed(LOST, ''))
    process.nextTick(() => this.ended(LOST, ''))
  }

  /** It is over, and the server is told. */
  ended(code: number, reason: string): void {
    if (this.readyState === CLOSED) return
    this.readyState = CLOSED
    this.#line.stream.destroyed = true
    this.emit('close', code, Buffer.from(reason))
    this.#line.stream.emit('close')
  }
}

/** The stream under it: what the server writes there is RFC 6455, unmasked. */
class ServerStream extends EventEmitter {
  bytesRead = 0
  bytesWritten = 0
  destroyed = false
  readonly writableLength = 0
  readonly writableNeedDrain = false
  readonly #line: SimulatedLine
  #written = Buffer.alloc(0)
  /** The beginning of a message in fragments. */
  #fragments: Buffer[] = []

  constructor(line: SimulatedLine) {
    super()
    this.#line = line
  }

  get asSocket(): Socket {
    return this as unknown as Socket
  }

  /** Whatever runs was called for what has come on this line: nobody watches what takes too long here. */
  get _handle(): object {
    return executionAsyncResource()
  }

  cork(): void {}

  uncork(): void {}

  write(chunk: Uint8Array): boolean {
    this.bytesWritten += chunk.length
    this.#written = this.#written.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#written, chunk])
    while (this.#readFrame());
    return true
  }

  #readFrame(): boolean {
    const written = this.#written
    if (written.length < 2) return false
    const short = (written[1] as number) & 0x7f
    const headLength = short === 127 ? 10 : short === 126 ? 4 : 2
    if (written.length < headLength) return false
    const length = short === 127 ? Number(written.readBigUInt64BE(2)) : short === 126 ? written.readUInt16BE(2) : short
    if (written.length < headLength + length) return false
    const payload = written.subarray(headLength, headLength + length)
    this.#written = written.subarray(headLength + length)
    this.#told((written[0] as number) & 0xf, ((written[0] as number) & 0x80) !== 0, payload)
    return true
  }

  #told(opcode: number, isLast: boolean, payload: Buffer): void {
    const line = this.#line
    if (opcode === PING) return line.down(() => line.up(() => line.socket.emit('pong', payload)))
    if (opcode !== BINARY && opcode !== CONTINUATION) throw new Error(`the server wrote a frame of opcode ${opcode}`)
    this.#fragments.push(payload)
    if (!isLast) return
    const frame = new Uint8Array(Buffer.concat(this.#fragments.splice(0)))
    if (line.socket.readyState === CLOSED) return
    line.parts.onSent(frame)
    line.down(() => {
      if (line.isOpen) line.parts.onFrame(frame)
    })
  }
}
