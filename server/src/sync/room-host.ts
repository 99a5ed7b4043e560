import { Connection, type Hocuspocus, type WebSocketLike } from '@hocuspocus/server'
import type { RoomId, UserId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import { OLDEST_PROTOCOL, PROTOCOL_VERSION } from '@sketchroom/shared/protocol/version'
import { mayDraw } from '@sketchroom/shared/roles'
import pLimit from 'p-limit'
import type * as Y from 'yjs'
import type { ClientLimits } from '../client-limits.ts'
import type { AccessEpochs } from '../core/rooms/access-epochs.ts'
import type { Admission, Admitted, Approach } from '../core/rooms/admission.ts'
import { codeOf, kindOf, SketchRoomError } from '../errors.ts'
import { ownTurn } from '../own-turn.ts'
import { shortRoomId } from '../short-room-id.ts'
import { userInLog } from '../user-in-log.ts'
import type { PresenceSource } from '../ports/presence-source.ts'
import type { Span, Tracing } from '../ports/tracing.ts'
import type { HostedRoom, SessionContext, Watched } from './hosted-room.ts'
import { LoadedRooms, REQUEST, type LoadedRoomsParts } from './loaded-rooms.ts'
import { DailyBytes } from './daily-bytes.ts'
import { People, type Person } from './people.ts'
import { checkPlace } from './room-places.ts'
import { Session, type SessionSocket } from './session.ts'
import type { SyncEvents } from './sync-events.ts'
import { Outlet } from './outlet.ts'
import { HangWatch, MS_PER_BYTE, type Watch } from './hang-watch.ts'
import { Turns } from './turns.ts'
import * as wire from './wire.ts'

/** What the host of rooms is made of. */
export interface RoomHostParts extends Omit<LoadedRoomsParts, 'inTurn'> {
  readonly admission: Admission
  readonly epochs: AccessEpochs
  readonly limits: ClientLimits
  /** Undefined: nothing is followed. */
  readonly tracing?: Tracing | undefined
  /** In place of a thread that watches for what hangs. */
  readonly hangs?: Watch<Watched>
}

/** What joining needs of a socket. */
export interface JoiningSocket extends SessionSocket, WebSocketLike {
  readonly approach: Approach
  /** Whether the client can be told anything. */
  readonly isOpen: boolean
  send(frame: Uint8Array): void
  /** A session has ended. */
  left(session: Session): void
}

const ADMISSIONS_AT_ONCE = 4
/** What a message may take before it is stopped. Drawing a board of thousands of elements at once takes a tenth of that. */
const HANG_MS = 500

/** Somebody who asks to be let into a room. */
export interface Joining {
  readonly socket: JoiningSocket
  /** The room's id as the client writes it, perhaps with a session's id after a NUL. */
  readonly address: string
  readonly roomId: RoomId
  readonly token: string
  /** Called with whose token it is when it has been good, before the client is told so; the room is read after that. */
  readonly onAdmitted: (userId: string) => void
  /** Called at the moment when the session begins, before anything else can happen. */
  readonly onBegin: (session: Session) => void
}

/** Somebody who is let in. */
interface Beginning extends Pick<Joining, 'socket' | 'address' | 'onBegin'> {
  readonly person: Person
  /** Called when the session ends. */
  readonly onEnd: () => void
}

/**
 * Lets people into rooms, and keeps their sessions true to the tokens that they bring. What a message may do is decided
 * in `Session`; being saved, by the journal.
 */
export class RoomHost implements PresenceSource {
  readonly #rooms: LoadedRooms
  readonly #parts: RoomHostParts
  /** A hundred people who come at once are let in a few at a time, so that nobody's edits wait for all of them. */
  readonly #inTurn = pLimit(ADMISSIONS_AT_ONCE)
  readonly #hangs: Watch<Watched>
  readonly #turns: Turns
  readonly #people: People
  readonly #daily: DailyBytes

  constructor(parts: RoomHostParts) {
    this.#parts = parts
    this.#hangs =
      parts.hangs ?? new HangWatch<Watched>({ limitMs: HANG_MS, log: parts.log, onEnded: (work) => this.#ended(work) })
    this.#turns = new Turns((run) => this.#hangs.next(run))
    this.#rooms = new LoadedRooms({
      ...parts,
      inTurn: (work, act, bytes) => this.#hangs.turn(work, act, bytes * MS_PER_BYTE),
    })
    this.#people = new People(parts.limits.rates)
    this.#daily = new DailyBytes(parts.limits.dailyBytes)
    const { journal, log } = parts
    journal.on('failing', (error, roomId) => {
      log.error({ err: error, roomId, pending: journal.pendingCount }, 'the store fails; nothing is acknowledged')
      this.#tell(roomId, 'failing')
    })
    journal.on('recovered', (roomId) => {
      log.info({ roomId }, 'the store is back; everything that waited is saved')
      this.#tell(roomId, 'ok')
    })
  }

  /** The Hocuspocus that keeps the documents. */
  get hocuspocus(): Hocuspocus {
    return this.#rooms.hocuspocus
  }

  /** How many stays there are whose messages wait for their turn. */
  get waitingCount(): number {
    return this.#turns.size
  }

  /** What happens at the sockets, for whoever counts. */
  get events(): SyncEvents {
    return this.#parts.events
  }

  /** How many rooms are in memory. */
  get size(): number {
    return this.#rooms.size
  }

  async present(roomIds: readonly RoomId[]): Promise<Map<RoomId, PresenceUser[]>> {
    const elsewhere = await this.#rooms.sharing.staysElsewhere(roomIds)
    return new Map(
      roomIds.map((roomId) => {
        const here = this.#rooms.find(roomId)?.present ?? []
        const users = [...(elsewhere.get(roomId)?.map(({ user }) => user) ?? []), ...here]
        return [roomId, [...new Map(users.map((user) => [user.id, user])).values()]]
      }),
    )
  }

  /** Everybody's stay in a room, or in any. */
  *sessions(roomId?: RoomId): Generator<Session> {
    if (roomId !== undefined) yield* this.#rooms.find(roomId)?.sessions() ?? []
    else for (const room of this.#rooms.all()) yield* room.sessions()
  }

  /**
   * Lets somebody in and begins their session; rejects with the `SketchRoomError` that says why not. Access may change
   * while the room is read, however long that takes: then everything is asked again.
   */
  async join(joining: Joining): Promise<void> {
    const span = this.#parts.tracing?.begin('room.join', { kind: 'server' })
    span?.set({ 'sketchroom.room.short_id': shortRoomId(joining.roomId) })
    try {
      await this.#join(joining, span)
      span?.end()
    } catch (error) {
      span?.end(kindOf(error))
      throw error
    }
  }

  async #join({ socket, address, roomId, token, onAdmitted, onBegin }: Joining, span: Span | undefined): Promise<void> {
    const { admission, epochs, limits } = this.#parts
    const admit = () =>
      this.#inTurn(async () => {
        // A database's thread may answer as fast as it is asked: without a turn between, nobody else would be heard.
        await ownTurn()
        // Who has gone while others were let in must not keep those who wait behind them.
        return socket.isOpen ? await admission.admit(token, roomId, socket.approach) : undefined
      })
    let admitted = await admit()
    if (!admitted) return
    span?.set({ 'enduser.pseudo.id': userInLog(admitted.user.id), 'sketchroom.role': admitted.role })
    const person = this.#people.find(admitted.user.id)
    if (!person.hasFewerSockets(limits.maxSocketsPerUser, socket)) {
      throw new SketchRoomError('too_many_connections', 'You have as many connections as you may.')
    }
    // Who is on the way in counts: a thousand sockets may ask at once.
    person.entered(socket)
    const onEnd = () => person.left(socket)
    onAdmitted(admitted.user.id)
    socket.send(wire.authenticated(address, mayDraw(admitted.role)))
    let [room, begun]: [HostedRoom | undefined, boolean] = [undefined, false]
    try {
      for (;;) {
        const opening = span?.begin('room.open')
        room = await this.#rooms.open(roomId)
        opening?.end()
        const elsewhere = await this.#rooms.sharing.staysElsewhere([roomId])
        await ownTurn()
        // An unload may end in the very moment between its answer and here.
        if (room.document.isDestroyed) continue
        if (!socket.isOpen || !admitted) return
        if (epochs.of(roomId) === admitted.epoch) {
          const stays = [...room.sessions(), ...(elsewhere.get(roomId) ?? [])]
          checkPlace(admitted, stays, limits.places)
          this.#begin(room, admitted, { socket, address, onBegin, person, onEnd })
          begun = true
          return
        }
        admitted = await admit()
      }
    } finally {
      if (!begun) onEnd()
      if (!begun && room) this.#rooms.unloadIfEmpty(room)
    }
  }

  /** See `LoadedRooms.edit`. */
  edit(roomId: RoomId, author: string | null, change: (document: Y.Doc) => void): Promise<number> {
    return this.#rooms.edit(roomId, author, change)
  }

  /** See `LoadedRooms.takenOver`. */
  takenOver(guest: UserId, account: UserId): void {
    this.#rooms.takenOver(guest, account)
  }

  /** Resolves when every room that nobody is in has left memory; a failing store may keep some. */
  async close(): Promise<void> {
    await this.#rooms.close()
    await this.#hangs.close()
  }

  #begin(room: HostedRoom, admitted: Admitted, { socket, address, onBegin, person, onEnd }: Beginning): void {
    const { journal, now, limits, events, tracing } = this.#parts
    const sessionId = address.length > room.id.length ? address.slice(room.id.length + 1) : null
    const context: SessionContext = {}
    const outlet = new Outlet({
      socket,
      isOver: () => now() >= (context.session?.actor ?? admitted.actor).expiresAt,
      onOver: () => context.session?.leave('unauthenticated'),
      onTooMuch: () => context.session?.leave('store_unavailable'),
    })
    const connection = new Connection<SessionContext>(
      outlet,
      REQUEST,
      room.document,
      '',
      context,
      // Whether it may write is the session's to say: Hocuspocus reads no message here.
      false,
      sessionId,
    )
    const session = new Session({
      room,
      connection,
      socket,
      outlet,
      admitted,
      person,
      turns: this.#turns,
      hangs: this.#hangs,
      lineLimits: limits.line,
      daily: this.#daily.shareOf(admitted.user.id, socket.clientAddress),
      journal,
      events,
      tracing,
      now,
      onToken: (renewing, token) => void this.#renew(renewing, token, socket),
      onBroken: (broken, error) => this.#rooms.drop(broken, error),
    })
    context.session = session
    const told = { roomId: room.id, userId: userInLog(session.user.id), address: socket.clientAddress }
    const begunAt = performance.now()
    socket.log.info({ ...told, role: session.role }, 'came into a room')
    room.staysChanged()
    connection.onClose(() => {
      onEnd()
      room.staysChanged()
      room.owners.release(session)
      socket.left(session)
      this.#rooms.unloadIfEmpty(room)
      const { role, ending } = session
      const stayedMs = Math.round(performance.now() - begunAt)
      socket.log.info({ ...told, role, ...ending, stayedMs }, 'left a room')
      events.emit('stayEnded', ending)
    })
    onBegin(session)
    session.tell({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      oldest: OLDEST_PROTOCOL,
      bytes: room.content.bytes.size,
    })
    session.tell({ type: 'role', role: session.role })
    if (journal.isFailing(room.id)) session.tell({ type: 'store', state: 'failing' })
  }

  #ended(work: Watched): void {
    // Sent again, it would be stopped again: whoever sent it is not heard for a while. Not who came first to a room whose
    // own records hang.
    if (work.user && !work.room.content.document.isReadingRecords)
      this.#people.find(work.user.id).strike(performance.now())
    void this.#rooms.stopped(work)
    this.#turns.goOn()
  }

  /** A fresh token on an open connection: it must speak for the same person. */
  async #renew(session: Session, token: string, { approach }: JoiningSocket): Promise<void> {
    const { admission, epochs } = this.#parts
    const roomId = session.room.id
    try {
      for (;;) {
        const admitted = await admission.admit(token, roomId, approach)
        if (admitted.user.id !== session.user.id) throw new SketchRoomError('unauthenticated', 'another person’s token')
        if (admitted.epoch !== epochs.of(roomId)) continue
        if (session.isIn) session.renew(admitted)
        return
      }
    } catch (error) {
      const code = codeOf(error)
      // Nobody is sent away because it cannot be asked: they are asked for a token again while theirs is good.
      if (code !== 'store_unavailable') session.leave(code)
    }
  }

  #tell(roomId: RoomId | undefined, state: 'failing' | 'ok'): void {
    for (const session of this.sessions(roomId)) session.tell({ type: 'store', state })
  }
}
