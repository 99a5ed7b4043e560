import type { Hocuspocus, WebSocketLike } from '@hocuspocus/server'
import { findErrorCode, type ErrorCode } from '@sketchroom/shared/error-codes'
import { CLOSE_CODES, closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Entrance } from './doorkeeper.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { LinkSocket, RoomLink } from './room-link.ts'
import { roomOfAddress, type IncomingFrame, type SyncDialect } from './sync-dialect.ts'
import * as wire from './wire.ts'

/**
 * Idle for this long, in no room and with no token on its way into one, a socket is closed. Once a token has come,
 * what takes long is our store, and no fault of the client's.
 */
const IDLE_MS = 10_000
/** A peer that answers no ping for two rounds is gone, whatever TCP says. */
const HEARTBEAT_MS = 15_000
/** A reader that lets this much pile up is cut: it can come back, the process could not. */
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024
/** What may wait while a client is being let in. */
const MAX_QUEUED_BYTES = 1024 * 1024
const MAX_ROOMS = 20
/** Sign-ins and token renewals that one socket may try in a minute: enough for all its rooms to be asked again. */
const MAX_AUTH_FRAMES = 200
const AUTH_WINDOW_MS = 60_000

/** A room that this socket is in, or is being let into. */
type Place =
  | { readonly kind: 'joining'; hasToken: boolean; readonly queue: IncomingFrame[]; queuedBytes: number }
  | { readonly kind: 'joined'; readonly link: RoomLink }

type HocuspocusClient = ReturnType<Hocuspocus['handleConnection']>

const SHARED_REQUEST = new Request('http://sketchroom.invalid/sync')

/** What Hocuspocus's hooks are given for every room of a socket. */
export interface SocketContext {
  readonly socket: SyncSocket
}

/**
 * One WebSocket. Hocuspocus lets clients in and keeps the documents; every other frame goes straight to
 * the room's link, which is cheaper and lets an answer wait until it is true.
 */
export class SyncSocket implements LinkSocket, WebSocketLike {
  /** How the client came in. */
  readonly entrance: Entrance
  readonly log: Logger
  readonly #socket: WebSocket
  readonly #writer: FrameWriter
  readonly #dialect: SyncDialect
  readonly #client: HocuspocusClient
  readonly #places = new Map<string, Place>()
  readonly #heartbeat: NodeJS.Timeout
  #idle: NodeJS.Timeout | undefined
  #authFrames = 0
  #authWindowSince = performance.now()
  #alive = true

  constructor(parts: {
    socket: WebSocket
    writer: FrameWriter
    dialect: SyncDialect
    hocuspocus: Hocuspocus
    entrance: Entrance
    log: Logger
  }) {
    this.#socket = parts.socket
    this.#writer = parts.writer
    this.#dialect = parts.dialect
    this.entrance = parts.entrance
    this.log = parts.log
    this.#client = parts.hocuspocus.handleConnection(this, SHARED_REQUEST, { socket: this } satisfies SocketContext)
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#watchIdleness()
    parts.socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
    parts.socket.on('pong', () => (this.#alive = true))
    parts.socket.on('error', (error) => this.log.debug({ err: error }, 'socket failed'))
    parts.socket.once('close', (code, reason) => this.#ended(code, reason.toString()))
  }

  /** The state of the socket, as WebSocket numbers it. */
  get readyState(): number {
    return this.#socket.readyState
  }

  /** Sends a Hocuspocus frame in this client's dialect; drops it when the client would not know it. */
  send(frame: Uint8Array): void {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    const bytes = this.#dialect.write(frame)
    if (!bytes) return
    // What waited before, not this frame itself: a large board is no fault of the reader's.
    const { bufferedBytes } = this.#writer
    if (bufferedBytes <= MAX_BUFFERED_BYTES) {
      this.#writer.write(bytes)
      if (this.#isJoining()) this.#noticeDenial(frame)
      return
    }
    this.log.warn({ buffered: bufferedBytes }, 'cut a reader that does not keep up')
    socket.terminate()
  }

  /** Closes the socket with a close code and a reason (an error's code). */
  close(code: number = CLOSE_CODES.forbidden, reason = ''): void {
    this.#socket.close(code, reason)
  }

  /** Feeds a frame as if the client had sent it: the Auth frame of clients that cannot. */
  inject(frame: Uint8Array): void {
    this.#authenticate(wire.readAddress(frame), frame)
  }

  /** The client is in: what it sent meanwhile is handled now, in order. */
  joined(link: RoomLink): void {
    const place = this.#places.get(link.address)
    this.#places.set(link.address, { kind: 'joined', link })
    this.#watchIdleness()
    if (place?.kind !== 'joining') return
    for (const { type, decoder } of place.queue) {
      // What it said may have ended its stay, and even dropped the room.
      if (!this.#places.has(link.address)) return
      link.receive(type, decoder)
    }
  }

  leave(address: string, code: ErrorCode): void {
    this.#places.delete(address)
    if (this.#places.size === 0) this.close(closeCodeOf[code], code)
    else this.#watchIdleness()
  }

  /** Ends the connection without waiting for the client's goodbye. */
  terminate(): void {
    this.#socket.terminate()
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (!isBinary) return this.close(1003, 'binary frames only')
    this.#alive = true
    let frame: IncomingFrame | undefined
    try {
      frame = this.#dialect.read(data)
    } catch {
      return this.close(closeCodeOf.invalid_request, 'invalid_request')
    }
    if (!frame) {
      if (data[0] === MESSAGE.ping && data.length === 1) this.#socket.send(wire.PONG_FRAME)
      return
    }
    const place = this.#places.get(frame.address)
    if (frame.type === MESSAGE.auth) this.#authenticate(frame.address, data)
    else if (place?.kind === 'joined') this.#deliver(place.link, frame, data)
    else this.#queue(frame, place, data.length)
  }

  #deliver(link: RoomLink, frame: IncomingFrame, data: Buffer): void {
    if (frame.type !== MESSAGE.close) return link.receive(frame.type, frame.decoder)
    this.#places.delete(frame.address)
    this.#client.handleMessage(data)
    this.#watchIdleness()
  }

  #authenticate(address: string, data: Uint8Array): void {
    if (this.#triesTooOften()) return this.close(closeCodeOf.rate_limited, 'rate_limited')
    if (!roomOfAddress(address)) {
      if (this.#place(address)) this.send(wire.permissionDenied(address, 'not_found'))
      return
    }
    const place = this.#place(address)
    if (!place) return
    if (place.kind === 'joining') {
      place.hasToken = true
      this.#watchIdleness()
    }
    this.#client.handleMessage(data)
  }

  #triesTooOften(): boolean {
    const now = performance.now()
    if (now - this.#authWindowSince > AUTH_WINDOW_MS) {
      this.#authWindowSince = now
      this.#authFrames = 0
    }
    this.#authFrames += 1
    return this.#authFrames > MAX_AUTH_FRAMES
  }

  /** Clients may send before they have signed in; it waits, within bounds. */
  #queue(frame: IncomingFrame, place: Place | undefined, bytes: number): void {
    const joining = place ?? this.#place(frame.address)
    if (joining?.kind !== 'joining') return
    joining.queue.push(frame)
    joining.queuedBytes += bytes
    let queuedBytes = 0
    for (const each of this.#places.values()) if (each.kind === 'joining') queuedBytes += each.queuedBytes
    if (queuedBytes > MAX_QUEUED_BYTES) this.close(closeCodeOf.too_large, 'too_large')
  }

  #place(address: string): Place | undefined {
    const existing = this.#places.get(address)
    if (existing) return existing
    if (this.#places.size >= MAX_ROOMS) {
      this.close(closeCodeOf.rate_limited, 'rate_limited')
      return undefined
    }
    const place: Place = { kind: 'joining', hasToken: false, queue: [], queuedBytes: 0 }
    this.#places.set(address, place)
    return place
  }

  #isJoining(): boolean {
    for (const { kind } of this.#places.values()) if (kind === 'joining') return true
    return false
  }

  /** Hocuspocus tells a client that it was not let in; then its place is given up. */
  #noticeDenial(frame: Uint8Array): void {
    const denial = wire.findDenial(frame)
    if (!denial || this.#places.get(denial.address)?.kind !== 'joining') return
    this.leave(denial.address, findErrorCode(denial.reason) ?? 'forbidden')
  }

  #watchIdleness(): void {
    clearTimeout(this.#idle)
    for (const place of this.#places.values()) if (place.kind === 'joined' || place.hasToken) return
    this.#idle = setTimeout(() => this.close(closeCodeOf.unauthenticated, 'unauthenticated'), IDLE_MS)
  }

  #beat(): void {
    if (!this.#alive) return this.#socket.terminate()
    this.#alive = false
    this.#socket.ping()
    if (this.#dialect.ping) this.#socket.send(this.#dialect.ping)
  }

  #ended(code: number, reason: string): void {
    clearInterval(this.#heartbeat)
    clearTimeout(this.#idle)
    this.#places.clear()
    this.#client.handleClose({ code, reason })
    this.log.debug({ code, reason }, 'socket closed')
  }
}
