import type { Rate } from '../client-limits.ts'
import { Allowance } from './allowance.ts'
import { LEAST_BYTES } from './incoming-bytes.ts'
import type { SyncSocketParts } from './sync-socket.ts'
import * as wire from './wire.ts'

/** A peer of whom nothing is heard for two rounds is gone, whatever TCP says. */
const HEARTBEAT_MS = 15_000
/** Heartbeats and what else says nothing: a client has a few in a minute. */
const CONTROL_RATE: Rate = { perSecond: 50, burst: 1_000 }

/** What it looks at, and whom it tells. */
export interface LivenessParts extends Pick<
  SyncSocketParts,
  'socket' | 'stream' | 'writer' | 'dialect' | 'reader' | 'incoming' | 'log'
> {
  /** It says nothing, over and over. */
  readonly onFlood: () => void
}

/**
 * Whether one client is still there and takes what it is sent: sends heartbeats and answers the client's, and ends the
 * connection of who is gone, reads nothing, or does not come to the end of a message.
 */
export class Liveness {
  readonly #parts: LivenessParts
  readonly #timer: NodeJS.Timeout
  #alive = true
  #sentAtBeat = 0
  #receivedAtBeat = 0
  /** How much the client had taken at the last beat, and since when it has taken no more while something waits. */
  #takenAtBeat = 0
  #stalledSince: number | undefined
  /** What a ping said that is not answered yet. */
  #lastPing: Buffer | undefined
  readonly #control = new Allowance(CONTROL_RATE, performance.now())

  constructor(parts: LivenessParts) {
    this.#parts = parts
    const { socket, writer } = parts
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS)
    socket.on('ping', (data) => {
      if (this.mayControl()) this.#answerPing(data)
    })
    socket.on('pong', (data) => {
      writer.heard()
      if (writer.ponged(data.toString()) || this.mayControl()) this.#alive = true
    })
  }

  /** The connection has ended. */
  end(): void {
    clearInterval(this.#timer)
  }

  /** The client has said something whole. */
  heard(): void {
    this.#alive = true
    this.#parts.writer.heard()
  }

  /** The client is read from again: it could not say that it lives. */
  resumed(): void {
    this.#alive = true
  }

  /** Whether a client may go on saying nothing; its connection is closed when not. */
  mayControl(): boolean {
    if (!this.#isOpen) return false
    this.#control.take(1)
    if (this.#control.left(performance.now()) > 0) return true
    this.#parts.onFlood()
    return false
  }

  /** Answers a heartbeat of the Hocuspocus protocol. */
  answerHeartbeat(): void {
    // Who does not read what they have asked for could ask for ever, and each answer would stay here.
    if (!this.#parts.writer.isBlocked) this.#sendHeartbeat(wire.PONG_FRAME)
  }

  /** Who does not read the answers is given one when they do, to the last: RFC 6455 asks for no more. */
  #answerPing(data: Buffer): void {
    const isFirst = this.#lastPing === undefined
    this.#lastPing = data
    const answer = () => {
      if (this.#isOpen) this.#parts.socket.pong(this.#lastPing)
      this.#lastPing = undefined
    }
    if (!this.#parts.writer.isBlocked) answer()
    else if (isFirst) this.#parts.stream.once('drain', answer)
  }

  /** Whether something has waited for so long, of which the client takes nothing. Asked at each heartbeat. */
  #isStalled(): boolean {
    const { hasRoom, takenBytes } = this.#parts.writer
    const now = performance.now()
    if (hasRoom || takenBytes > this.#takenAtBeat) this.#stalledSince = undefined
    else this.#stalledSince ??= now
    this.#takenAtBeat = takenBytes
    return this.#stalledSince !== undefined && now - this.#stalledSince >= this.#parts.reader.stallMs
  }

  /**
   * Bytes that move are a sign of life, too: while a large message comes, no pong gets past it. Who was not let in yet
   * has no more time for all that: `SyncSocket` counts from when they came.
   */
  #beat(): void {
    const { socket, stream, incoming, dialect, log } = this.#parts
    const { sentBytes: sent, isBlocked } = this.#parts.writer
    const received = stream.bytesRead
    if (incoming.isStuck()) {
      log.info({}, 'cut a client whose message does not come')
      return socket.terminate()
    }
    if (this.#isStalled()) {
      log.info({}, 'cut a reader that takes nothing')
      return socket.terminate()
    }
    // Who is not read from cannot say that it lives; but who is sent something must take it.
    const mayBeSilent = incoming.isPaused && !isBlocked
    const isMoving = sent > this.#sentAtBeat || received - this.#receivedAtBeat >= LEAST_BYTES
    if (!this.#alive && !mayBeSilent && !isMoving) return socket.terminate()
    this.#sentAtBeat = sent
    this.#receivedAtBeat = received
    this.#alive = false
    socket.ping()
    this.#sendHeartbeat(dialect.ping)
  }

  /** It is a message like any other: sent past the writer, it would come between the fragments of a large one. */
  #sendHeartbeat(bytes: Uint8Array): void {
    if (this.#isOpen) this.#parts.writer.write(bytes)
  }

  get #isOpen(): boolean {
    return this.#parts.socket.readyState === this.#parts.socket.OPEN
  }
}
