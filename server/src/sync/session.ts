import type { Connection } from '@hocuspocus/server'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import type { Notice } from '@sketchroom/shared/protocol/notices'
import type { PresenceUser } from '@sketchroom/shared/presence'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import * as decoding from 'lib0/decoding'
import type { Logger } from 'pino'
import type { LineLimits } from '../client-limits.ts'
import type { Actor } from '../core/accounts/actor.ts'
import type { Journal } from '../core/documents/journal.ts'
import type { Admitted, Standing } from '../core/rooms/admission.ts'
import { Refusal } from '../core/gate/refusal.ts'
import { Answers, type AnswerSocket } from './answers.ts'
import type { DailyShare } from './daily-bytes.ts'
import type { Tracing } from '../ports/tracing.ts'
import type { HostedRoom, SessionContext, Watched } from './hosted-room.ts'
import type { Outlet } from './outlet.ts'
import type { Person } from './people.ts'
import { MS_PER_BYTE, type Watch } from './hang-watch.ts'
import { UnreadableRoomError } from './lazy-document.ts'
import { Questions } from './questions.ts'
import { stampAnew, stampAwareness } from './stamp-awareness.ts'
import type { IncomingFrame } from './sync-dialect.ts'
import type { Ending, SyncEvents } from './sync-events.ts'
import { TurnLine } from './turn-line.ts'
import type { Turns } from './turns.ts'
import * as wire from './wire.ts'
import { Writes } from './writes.ts'

/**
 * How many more clients than the room somebody may know of: a board that they want to put here, and what they have drawn
 * since. Reading what they know takes time with its length, and it may be sent again and again.
 */
const MAX_UNKNOWN_CLIENTS = 10_000
/** What each takes at most: two numbers. */
const MAX_CLIENT_BYTES = 16
/** What waited may be large, and the room's whole document be built for it. */
const HELD_MS = 2_000

/** What a session needs of its socket. */
export interface SessionSocket extends AnswerSocket {
  /** Leaves out what is drawn from now on, until the client has taken what waits for it; then calls back. */
  leaveGap(address: string, onReached: () => void): void
  readonly log: Logger
  /** The client's address, as it is counted. */
  readonly clientAddress: string
  /** Whether the event loop has called us for what this client sent: see `HangWatch`. */
  readonly isCalledByLoop: boolean
  /** Reads no more from the client, until as many `resume`. */
  pause(): void
  resume(): void
  /** So many bytes more, or less, of what has come wait to be handled. */
  waits(bytes: number): void
  /** Closes the socket for this reason, unless the client has another room on it. */
  closeIfUnused(code: ErrorCode): void
}

/** What a session calls upon. */
export interface SessionParts {
  readonly room: HostedRoom
  readonly connection: Connection<SessionContext>
  readonly socket: SessionSocket
  /** What the connection sends through. */
  readonly outlet: Outlet
  readonly admitted: Admitted
  readonly person: Person
  readonly turns: Turns
  readonly hangs: Watch<Watched>
  readonly lineLimits: LineLimits
  readonly daily: DailyShare
  readonly journal: Journal
  readonly events: SyncEvents
  readonly tracing: Tracing | undefined
  /** The clock that tokens end by, in milliseconds since 1970. */
  readonly now: () => number
  /** A fresh token came; whether it is good, and for the same person, is to be found out. */
  readonly onToken: (session: Session, token: string) => void
  /** An update decoded and did not integrate, or the room cannot be read: the document may be half changed. */
  readonly onBroken: (room: HostedRoom, error: unknown) => void
}

/**
 * A connection's stay in one room, for exactly as long as the document has the connection. Every message goes through
 * here; what becomes of a write is decided in `Writes`, for whose cursor somebody may speak in `AwarenessOwners`.
 */
export class Session {
  readonly room: HostedRoom
  readonly connection: Connection<SessionContext>
  actor: Actor
  role: Role
  user: PresenceUser
  /** See `Admitted`. */
  isMember: boolean
  /** Why the stay ended, once it has. Whoever says no word of theirs has left by themselves. */
  ending: Ending = { code: 1000, reason: 'client' }
  readonly #parts: SessionParts
  /** What has come and waits for its turn. */
  readonly #line: TurnLine
  /** What was begun before it was held: it goes on once nobody holds it any more, before what waits in the line. */
  readonly #held: Array<() => void> = []
  #holds = 0
  readonly #answers: Answers
  readonly #writes: Writes
  readonly #questions: Questions
  /** Apart from the others: who waits for space need not wait longer because something else was missing before. */
  readonly #questionsForRefused: Questions

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.room = parts.room
    this.connection = parts.connection
    this.actor = parts.admitted.actor
    this.role = parts.admitted.role
    this.user = parts.admitted.user
    this.isMember = parts.admitted.isMember
    const { content } = parts.room
    const ask = () => this.connection.send(wire.syncStep1(this.address, content.document.stateVector()))
    this.#questions = new Questions(ask)
    this.#questionsForRefused = new Questions(ask)
    this.#answers = new Answers({
      missing: content.missing,
      catchUps: parts.room.catchUps,
      person: parts.person,
      address: this.address,
      socket: parts.socket,
      outlet: parts.outlet,
      guard: (work) => this.#guard(MESSAGE.sync, work),
      onBroken: (error) => parts.onBroken(parts.room, error),
    })
    this.#writes = new Writes({
      session: this,
      journal: parts.journal,
      daily: parts.daily,
      person: parts.person,
      events: parts.events,
      log: parts.socket.log,
      tracing: parts.tracing,
      waitsForRoom: (update, arrivedAt) => this.#waitsForRoom({ kind: 'write', update }, arrivedAt),
      onGap: () => this.#questions.askAgain(),
      onBroken: (error) => parts.onBroken(parts.room, error),
    })
    this.#line = new TurnLine({
      turns: parts.turns,
      limits: parts.lineLimits,
      person: parts.person,
      roomTime: parts.room.time,
      handle: (frame) => parts.hangs.run(this, () => this.#take(frame), frame.decoder.arr.length * MS_PER_BYTE),
      mayHandleNow: () => parts.socket.isCalledByLoop,
      pause: () => parts.socket.pause(),
      resume: () => parts.socket.resume(),
      waits: (bytes) => parts.socket.waits(bytes),
      onTooFast: () => this.tell({ type: 'too_fast' }),
      onNeverStops: () => this.leave('rate_limited'),
    })
    this.connection.onClose(() => {
      // Who would `#release` it may never come: a room that hung, or a store that does not answer. The socket's other rooms
      // are not to wait for that.
      if (this.#holds > 0) parts.socket.resume()
      this.#line.close()
      this.#questions.close()
      this.#questionsForRefused.close()
      parts.room.forget(this)
      parts.outlet.end()
    })
  }

  /** What opens each frame to and from this client. */
  get address(): string {
    return this.connection.messageAddress
  }

  /** The client's address, as it is counted. */
  get clientAddress(): string {
    return this.#parts.socket.clientAddress
  }

  /** Whether the stay goes on. */
  get isIn(): boolean {
    return this.room.document.hasConnection(this.connection)
  }

  /** The update that is being judged and applied. */
  get writing(): Uint8Array | undefined {
    return this.#writes.current
  }

  /** Handles one message, its address and type already read: now, or when it is its turn. */
  receive(frame: IncomingFrame): void {
    if (this.isIn) this.#line.receive(frame)
  }

  #take(frame: IncomingFrame): void {
    this.#guard(frame.type, () => this.#handle(frame))
  }

  #handle({ type, decoder, arrivedAt }: IncomingFrame): void {
    switch (type) {
      case MESSAGE.sync:
      case MESSAGE.syncReply:
        return this.#receiveSync(wire.readSyncMessage(decoder), arrivedAt)
      case MESSAGE.awareness:
        return this.#receiveAwareness(decoding.readVarUint8Array(decoder))
      case MESSAGE.queryAwareness:
        return this.connection.send(wire.awarenessStates(this.address, this.room.document.awareness))
      case MESSAGE.auth:
        return this.#parts.onToken(this, wire.readToken(decoder))
      case MESSAGE.stateless:
        // Nothing is asked this way yet; a client of another version may try.
        return
      case MESSAGE.close:
        return this.connection.close()
      default:
        return this.leave('invalid_request')
    }
  }

  #guard(type: number, work: () => void): void {
    // A fresh token may come late; nothing else is listened to on one that has ended.
    if (type !== MESSAGE.auth && this.#parts.now() >= this.actor.expiresAt) return this.leave('unauthenticated')
    try {
      work()
    } catch (error) {
      if (error instanceof UnreadableRoomError) return this.#parts.onBroken(this.room, error)
      if (error instanceof Refusal && error.reason !== 'malformed_update') return this.#writes.refuseByRule(error)
      // Whatever a client can send that does not decode ends its connection and changes nothing.
      this.#parts.socket.log.info({ err: error, roomId: this.room.id, type }, 'a message could not be handled')
      if (type === MESSAGE.sync || type === MESSAGE.syncReply) {
        const rule = error instanceof Refusal ? error.rule : undefined
        this.#parts.events.emit('editRefused', 'malformed_update', rule)
      }
      this.tell({ type: 'refused', reason: 'malformed_update' })
      this.leave('malformed_update')
    }
  }

  /** Their access is judged anew: until `resume`, nothing that they send is handled, and nothing new reaches them. */
  suspend(): void {
    this.#hold()
    this.#parts.outlet.hold()
  }

  /** They may stay: what has waited goes on, in order. */
  resume(): void {
    this.#parts.outlet.release()
    this.#release()
  }

  /** From now on, what comes waits, until as many `#release` it: it is judged anew, or the room is not ready. */
  #hold(): void {
    if (!this.isIn) return
    this.#holds += 1
    if (this.#holds > 1) return
    this.#line.hold()
    this.#parts.socket.pause()
  }

  /** Takes back one `#hold`; after the last, what has waited is handled in order. */
  #release(): void {
    if (!this.isIn) return
    this.#holds -= 1
    if (this.#holds > 0) return
    this.#parts.socket.resume()
    this.#goOn()
  }

  /** What has waited is handled one after the other, each in a turn in which it may hang. */
  #goOn(): void {
    if (!this.isIn || this.#holds > 0) return
    if (this.#held.length === 0) return this.#line.release()
    const { hangs } = this.#parts
    hangs.next(() => {
      if (!this.isIn || this.#holds > 0) return
      const handle = this.#held.shift()
      if (handle) hangs.run(this, handle, HELD_MS)
      this.#goOn()
    })
  }

  /**
   * They have been sent all that the room had with this state vector, and do not take it: what is drawn from now on they
   * get in one, when they have.
   */
  fallBehind(stateVector: Uint8Array): void {
    // What is held back for them is in that state, and would be left out when it is released.
    if (!this.isIn || this.#parts.outlet.isHeld) return
    this.#parts.socket.leaveGap(this.address, () => this.#answers.catchUp(stateVector))
  }

  /**
   * The room's bytes are others now. Each who is slow, or pretends to be, could hold older ones in memory, one beside the
   * other: who is still sent those of two times ago comes back for the rest.
   */
  letGoOfBytes(): void {
    const { baseNumber } = this.room.content.bytes
    if (this.#answers.holdsBefore(baseNumber - 1)) this.leave('store_unavailable')
  }

  /** What was refused may be taken now, or soon: asks for it, with a pause that grows with each time. */
  askForRefused(): void {
    if (mayDraw(this.role)) this.#questionsForRefused.askAgain()
  }

  /** Tells where the cursors of these awareness clients are now, or that they have gone. */
  tellCursors(clients: ReadonlySet<number>): void {
    const { awareness } = this.room.document
    const known = [...clients].filter((client) => awareness.meta.has(client))
    if (known.length > 0) this.connection.send(wire.awarenessStates(this.address, awareness, known))
  }

  /** Tells this client something beside the drawing. */
  tell(content: Notice): void {
    this.connection.send(wire.notice(this.address, content))
  }

  /** A fresh token is good: it speaks for the same person. */
  renew({ actor, ...standing }: Admitted): void {
    this.actor = actor
    if (standing.role === this.role) this.tell({ type: 'role', role: standing.role })
    this.setStanding(standing)
  }

  /** As whom they are here from now on, at once. */
  setStanding({ role, user, isMember }: Standing): void {
    if (user.name !== this.user.name || user.color !== this.user.color) this.setUser(user)
    const [isSameRole, couldDraw] = [role === this.role, mayDraw(this.role)]
    if (isSameRole && isMember === this.isMember) return
    this.role = role
    this.isMember = isMember
    this.room.staysChanged()
    if (isSameRole) return
    this.tell({ type: 'role', role })
    if (!couldDraw && mayDraw(role)) this.#questions.ask()
    if (couldDraw && !mayDraw(role)) this.announceAnew()
  }

  /** So many bytes are stored of what they have sent: what says nothing new is not. */
  stores(bytes: number): void {
    this.#parts.daily.took(bytes)
  }

  /** Says who this is from now on, by another name or colour: also under the cursor that stands. */
  setUser(user: PresenceUser): void {
    this.user = user
    this.room.staysChanged()
    this.announceAnew()
  }

  /** Ends the connection's stay in this room, and the socket with it when that serves no other. */
  leave(code: ErrorCode): void {
    if (!this.isIn) return
    this.ending = { code: closeCodeOf[code], reason: code }
    this.connection.close({ code: closeCodeOf[code], reason: code })
    this.#parts.socket.closeIfUnused(code)
  }

  /** The socket is gone, and with it the stay. */
  socketEnded(ending: Ending): void {
    this.ending = ending
    this.connection.close()
  }

  #receiveSync(message: wire.SyncMessage, arrivedAt: number): void {
    if (message.kind === 'write') return this.#writes.write(message.update, arrivedAt)
    const mostClients = this.room.content.clientCount + MAX_UNKNOWN_CLIENTS
    if (message.stateVector.length > mostClients * MAX_CLIENT_BYTES)
      throw new RangeError('the state vector is too large')
    if (wire.clientsIn(message.stateVector) > mostClients)
      throw new RangeError('the state vector names too many clients')
    this.#answers.answer(message.stateVector)
    if (mayDraw(this.role)) this.#questions.ask()
  }

  /** A room is filled before it is written to, by turns: the message, and what comes after it, waits for that. */
  #waitsForRoom(message: wire.SyncMessage, arrivedAt: number): boolean {
    const filled = this.room.content.document.fillSoon()
    if (!filled) return false
    // What could not be built in slices is built at once, or is at fault.
    this.#holdBack(message, arrivedAt, () => this.room.content.document.fill())
    void filled.then(() => this.#release())
    return true
  }

  /** Holds, with this message as the first of what is handled afterwards. */
  #holdBack(message: wire.SyncMessage, arrivedAt: number, before: () => void): void {
    this.#hold()
    this.#held.unshift(() =>
      this.#guard(MESSAGE.sync, () => {
        before()
        this.#receiveSync(message, arrivedAt)
      }),
    )
  }

  #receiveAwareness(update: Uint8Array): void {
    const stamped = stampAwareness(update, this, (clientId, clock) => this.room.owners.claim(clientId, clock, this))
    if (stamped) this.room.document.applyAwarenessUpdate(this.connection, stamped)
  }

  /** Makes what others see of this client right again, now that the server knows something else of it, or that others do not. */
  announceAnew(): void {
    const { document } = this.room
    const clients = document.getClients(this.connection)
    document.applyAwarenessUpdate(this.connection, stampAnew(document.awareness, clients, this))
  }
}
