import { findErrorCode, type ErrorCode } from '@sketchroom/shared/error-codes'
import { CLOSE_CODES, closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import type { Logger } from 'pino'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { Approach } from '../core/rooms/admission.ts'
import type { ReaderLimits } from '../client-limits.ts'
import { codeOf, SketchRoomError } from '../errors.ts'
import { HangWatch } from './hang-watch.ts'
import type { FrameWriter } from './frame-writer.ts'
import { GOODBYE_MS, type IncomingBytes } from './incoming-bytes.ts'
import { Liveness } from './liveness.ts'
import type { JoiningSocket, RoomHost } from './room-host.ts'
import type { Session } from './session.ts'
import type { Ending } from './sync-events.ts'
import { memoryOf, roomOfAddress, type IncomingFrame, type SyncDialect } from './sync-dialect.ts'
import { UpdateQueue } from './update-queue.ts'
import * as wire from './wire.ts'

/**
 * Idle for this long, in no room and with no token on its way into one, a socket is closed. Once a token has come,
 * what takes long is our store, and no fault of the client's.
 */
const IDLE_MS = 10_000
/** What may wait of a client that no token has been good for yet, and of one that is being let in, or in elsewhere. */
const MAX_FIRST_QUEUED_BYTES = 512 * 1024
const MAX_QUEUED_BYTES = 1024 * 1024
const MAX_ROOMS = 20
/** Sign-ins and token renewals that one socket may try in a minute: enough for all its rooms to be asked again. */
const MAX_AUTH_FRAMES = 200
const AUTH_WINDOW_MS = 60_000

/** What a client has sent before it was let in. */
interface Queue {
  readonly frames: IncomingFrame[]
  /** What they take in memory, roughly. */
  bytes: number
}

/** How a client stands to a room that it has named; one that it has left, or never named, has no place. */
type Place =
  /** It has spoken, and sent no token yet. */
  | { readonly kind: 'waiting'; readonly queue: Queue }
  /** Its token is being judged, or the room is being read. */
  | { readonly kind: 'joining'; readonly queue: Queue }
  /** It is in, for as long as the session goes on. */
  | { readonly kind: 'joined'; readonly session: Session }

/** What a socket is made of. */
export interface SyncSocketParts {
  readonly socket: WebSocket
  /** The stream under the socket. */
  readonly stream: Socket
  readonly writer: FrameWriter
  readonly dialect: SyncDialect
  readonly host: RoomHost
  readonly approach: Approach
  readonly log: Logger
  readonly reader: ReaderLimits
  /** Counts what comes. */
  readonly incoming: IncomingBytes
}

/** One WebSocket: hands each room's frames to the session there, and makes what waits for one wait within bounds. */
export class SyncSocket implements JoiningSocket {
  /** How the client came. */
  readonly approach: Approach
  readonly log: Logger
  readonly #parts: SyncSocketParts
  readonly #socket: WebSocket
  readonly #places = new Map<string, Place>()
  readonly #updates: UpdateQueue
  /** For each address, the awareness clients of which the client has not been told lately. */
  readonly #missedCursors = new Map<string, Set<number>>()
  #tellsCursors = false
  readonly #liveness: Liveness
  #idle: NodeJS.Timeout | undefined
  /** When it is closed if it is still idle, by `performance.now()`. */
  #idleUntil = performance.now() + IDLE_MS
  #signedIn = false
  /** What the server has closed it with; what a client answers to that may say less. */
  #goodbye: { readonly code: number; readonly reason: string } | undefined
  #authFrames = 0
  #authWindowSince = performance.now()

  constructor(parts: SyncSocketParts) {
    const { socket, writer } = parts
    this.#parts = parts
    this.#updates = new UpdateQueue({
      writer,
      writePiece: (address, piece) => this.sendUpdate(address, 'update', piece),
      isOpen: () => this.isOpen,
    })
    this.#socket = socket
    this.approach = parts.approach
    this.log = parts.log
    this.#liveness = new Liveness({
      ...parts,
      onFlood: () => this.close(closeCodeOf.rate_limited, 'rate_limited'),
    })
    this.#watchIdleness()
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
    socket.on('error', (error) => this.log.debug({ err: error }, 'socket failed'))
    socket.once('close', (code, reason) => this.#ended(code, reason.toString()))
  }

  /** The state of the socket, as WebSocket numbers it. */
  get readyState(): number {
    return this.#socket.readyState
  }

  /** Whether the event loop has called us for what this client sent. */
  get isCalledByLoop(): boolean {
    return HangWatch.isCalledFor(this.#parts.stream)
  }

  /** The client's address, as it is counted. */
  get clientAddress(): string {
    return this.#parts.incoming.address
  }

  /** Whether the client can be told anything. */
  get isOpen(): boolean {
    return this.readyState === this.#socket.OPEN
  }

  /** Sends a Hocuspocus frame in this client's dialect; drops it when the client would not know it. */
  send(frame: Uint8Array): void {
    if (!this.isOpen) return
    const { writer, dialect } = this.#parts
    const bytes = dialect.write(frame)
    if (!bytes || this.#isTooSlow()) return
    if (this.#tellsCursors || (this.#updates.isEmpty && writer.hasRoom)) return writer.write(bytes)
    const broadcast = wire.readBroadcast(frame)
    if (broadcast?.kind === 'news') this.#sendNews(broadcast.address, bytes)
    else if (broadcast && !writer.hasRoom) this.#missCursors(broadcast.address, broadcast.clients)
    else writer.write(bytes)
  }

  #sendNews(address: string, bytes: Uint8Array): void {
    const waits = this.#updates.sendNews(address, bytes)
    if (!waits || this.#updates.bytes <= this.#parts.reader.behindBytes) return
    const place = this.#places.get(address)
    if (place?.kind === 'joined') place.session.room.lags(place.session)
  }

  /** Of a cursor, only where it is when there is room counts. */
  #missCursors(address: string, clients: readonly number[]): void {
    if (this.#missedCursors.size === 0) this.#parts.writer.onceRoom(() => this.#tellCursors())
    const missed = this.#missedCursors.get(address) ?? new Set()
    for (const client of clients) missed.add(client)
    this.#missedCursors.set(address, missed)
  }

  #tellCursors(): void {
    const missed = [...this.#missedCursors]
    this.#missedCursors.clear()
    // A board that is on its way takes all the room that there is, each time: they go past it.
    this.#tellsCursors = true
    for (const [address, clients] of missed) {
      const place = this.#places.get(address)
      if (place?.kind === 'joined') place.session.tellCursors(clients)
    }
    this.#tellsCursors = false
  }

  /** Leaves out what is drawn at an address from now on, until the client has taken what waits there; then calls back. */
  leaveGap(address: string, onReached: () => void): void {
    this.#updates.leaveGap(address, onReached)
  }

  /** Sends a sync message with an update, which is not copied when it is large. */
  sendUpdate(address: string, kind: 'step2' | 'update', update: Uint8Array): void {
    if (!this.isOpen) return
    const head = this.#parts.dialect.write(wire.updateHead(address, kind, update.length))
    if (head && !this.#isTooSlow()) this.#parts.writer.writeShared(head, update)
  }

  /** Sends updates, as fast as the client takes them, and then calls back; not when the stay at this address ends before. */
  sendPieces(
    address: string,
    pieces: readonly Uint8Array[] | Promise<readonly Uint8Array[]>,
    onSent: () => void,
  ): void {
    if (!(pieces instanceof Promise)) return void this.#updates.sendAnswer(address, pieces, onSent)
    const answer = this.#updates.sendAnswer(address, undefined, onSent)
    pieces.then(
      (ready) => this.#updates.setPieces(answer, ready),
      // Whoever is at fault ends the stay, and with it the answer.
      () => undefined,
    )
  }

  /** Closes the socket with a close code and a reason (an error's code). */
  close(code: number = CLOSE_CODES.forbidden, reason = ''): void {
    this.#goodbye ??= { code, reason }
    this.#socket.close(code, reason)
    // Until the socket is gone, a flood would go on, and be read.
    if (reason === 'rate_limited') this.pause()
    if (reason === 'rate_limited' || reason === 'address_blocked') this.#hangUpSoon()
  }

  #hangUpSoon(): void {
    const hangUp = setTimeout(() => this.terminate(), GOODBYE_MS)
    this.#socket.once('close', () => clearTimeout(hangUp))
  }

  /** Closes the socket for this reason, unless the client has another room on it. */
  closeIfUnused(code: ErrorCode): void {
    if (this.#places.size === 0) this.close(closeCodeOf[code], code)
  }

  /** Ends the connection without waiting for the client's goodbye. */
  terminate(): void {
    this.#socket.terminate()
  }

  /** Lets a client in that cannot send a token itself. */
  signIn(address: string, token: string): void {
    void this.#join(address, token)
  }

  /** Reads no more from the client, until as many `resume`. */
  pause(): void {
    this.#parts.incoming.pause()
  }

  /** Takes back one `pause`. */
  resume(): void {
    this.#liveness.resumed()
    this.#parts.incoming.resume()
  }

  /** So many bytes more, or less, of what has come wait to be handled. */
  waits(bytes: number): void {
    this.#parts.incoming.waits(bytes)
  }

  /** A session has ended. */
  left(session: Session): void {
    const place = this.#places.get(session.address)
    if (place?.kind === 'joined' && place.session === session) this.#places.delete(session.address)
    this.#updates.leave(session.address)
    this.#watchIdleness()
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // A client that ignores our goodbye would go on filling what waits.
    if (!this.isOpen) return
    if (!isBinary) return this.close(1003, 'binary frames only')
    this.#liveness.heard()
    let frame: IncomingFrame | undefined
    try {
      frame = this.#parts.dialect.read(data)
    } catch {
      return this.close(closeCodeOf.invalid_request, 'invalid_request')
    }
    if (!frame) {
      if (!this.#liveness.mayControl()) return
      if (data[0] === MESSAGE.ping && data.length === 1) this.#liveness.answerHeartbeat()
      return
    }
    const isToken = frame.type === MESSAGE.auth
    if (isToken && this.#triesTooOften()) return this.close(closeCodeOf.rate_limited, 'rate_limited')
    const place = this.#places.get(frame.address)
    if (place?.kind === 'joined') place.session.receive(frame)
    else if (isToken && place?.kind !== 'joining') this.#receiveToken(frame)
    else this.#queue(frame, place)
  }

  #receiveToken({ address, decoder }: IncomingFrame): void {
    let token: string
    try {
      token = wire.readToken(decoder)
    } catch {
      return this.close(closeCodeOf.invalid_request, 'invalid_request')
    }
    void this.#join(address, token)
  }

  async #join(address: string, token: string): Promise<void> {
    const before = this.#places.get(address)
    if (!before && this.#places.size >= MAX_ROOMS) return this.close(closeCodeOf.rate_limited, 'rate_limited')
    const queue: Queue = before?.kind === 'waiting' ? before.queue : { frames: [], bytes: 0 }
    this.#places.set(address, { kind: 'joining', queue })
    this.#watchIdleness()
    const begunAt = performance.now()
    try {
      const roomId = roomOfAddress(address)
      if (!roomId) throw new SketchRoomError('not_found', 'the address names no room')
      const onAdmitted = (userId: string) => this.#admitted(userId)
      const onBegin = (session: Session) => void this.#places.set(address, { kind: 'joined', session })
      await this.#parts.host.join({ socket: this, address, roomId, token, onAdmitted, onBegin })
    } catch (error) {
      this.#idleUntil += performance.now() - begunAt
      return this.#refuse(address, error)
    }
    this.#letGo(queue)
    const place = this.#places.get(address)
    if (place?.kind !== 'joined') return
    for (const frame of queue.frames) if (place.session.isIn) place.session.receive(frame)
  }

  /** What has waited in a queue waits there no more. */
  #letGo(queue: Queue): void {
    this.waits(-queue.bytes)
    queue.bytes = 0
  }

  /** From now on the client may send what it likes: it has been told that it is in, and the room may take its time. */
  #admitted(userId: string): void {
    this.#signedIn = true
    this.#parts.incoming.signedIn(userId)
  }

  #refuse(address: string, error: unknown): void {
    const code = codeOf(error)
    this.#parts.host.events.emit('connectionRefused', code)
    this.log.info({ code, err: code === 'store_unavailable' ? error : undefined, address }, 'a client was not let in')
    const place = this.#places.get(address)
    if (place && place.kind !== 'joined') this.#letGo(place.queue)
    this.#places.delete(address)
    this.send(wire.permissionDenied(address, code))
    this.closeIfUnused(code)
    this.#watchIdleness()
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
  #queue(frame: IncomingFrame, before: Exclude<Place, { kind: 'joined' }> | undefined): void {
    if (!before && this.#places.size >= MAX_ROOMS) return this.close(closeCodeOf.rate_limited, 'rate_limited')
    const place = before ?? { kind: 'waiting', queue: { frames: [], bytes: 0 } }
    if (!before) this.#places.set(frame.address, place)
    const bytes = memoryOf(frame)
    place.queue.bytes += bytes
    this.waits(bytes)
    let queuedBytes = 0
    for (const each of this.#places.values()) if (each.kind !== 'joined') queuedBytes += each.queue.bytes
    if (queuedBytes > (this.#signedIn ? MAX_QUEUED_BYTES : MAX_FIRST_QUEUED_BYTES)) {
      // Who has been let in waits for us, and did nothing wrong.
      const code = this.#signedIn && place.kind === 'joining' ? 'store_unavailable' : 'too_large'
      return this.close(closeCodeOf[code], code)
    }
    place.queue.frames.push(frame)
  }

  /**
   * Whether so much of what cannot be left out, such as answers, waits for this client that it is cut: it can come back,
   * the process could not.
   */
  #isTooSlow(): boolean {
    const { bufferedBytes } = this.#parts.writer
    if (bufferedBytes <= this.#parts.reader.bufferBytes) return false
    this.log.warn({ buffered: bufferedBytes }, 'cut a reader that does not keep up')
    this.#socket.terminate()
    return true
  }

  #watchIdleness(): void {
    clearTimeout(this.#idle)
    if (!this.isOpen) return
    for (const { kind } of this.#places.values()) if (kind !== 'waiting') return
    // Who was never let in has no more than that in all, however many tokens they try: a bad one gives no new time.
    if (this.#signedIn) this.#idleUntil = performance.now() + IDLE_MS
    const leftMs = this.#idleUntil - performance.now()
    this.#idle = setTimeout(() => this.close(closeCodeOf.unauthenticated, 'unauthenticated'), Math.max(0, leftMs))
  }

  #ended(code: number, reason: string): void {
    this.#liveness.end()
    clearTimeout(this.#idle)
    const ending = endingOf(this.#goodbye ?? { code, reason })
    for (const place of this.#places.values()) if (place.kind === 'joined') place.session.socketEnded(ending)
    this.#places.clear()
    this.log.debug(ending, 'socket closed')
  }
}

/** A browser that leaves a page says 1001, a library 1000 or nothing (1005); all else is a line that broke, or was cut. */
const CLIENT_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005])

function endingOf({ code, reason }: { code: number; reason: string }): Ending {
  return { code, reason: findErrorCode(reason) ?? (CLIENT_CODES.has(code) ? 'client' : 'cut_off') }
}
