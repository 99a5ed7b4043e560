import { crc32 } from 'node:zlib'
import type { Connection, Document } from '@hocuspocus/server'
import type { RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import type { Journal } from '../core/documents/journal.ts'
import type { RoomBytes } from '../core/documents/room-bytes.ts'
import { storedSizeOf } from '../core/documents/snapshot-due.ts'
import type { BoardLimits } from '../core/gate/board-size.ts'
import type { ClientOwners } from '../core/gate/client-owners.ts'
import { kindOf } from '../errors.ts'
import type { Span } from '../ports/tracing.ts'
import { AwarenessOwners } from './awareness-owners.ts'
import { BroadcastPace } from './broadcast-pace.ts'
import { CatchUpLine } from './catch-up-line.ts'
import { ownAwarenessOnly, quieten, tell } from './quiet-document.ts'
import { RoomContent, type TakenUpdate } from './room-content.ts'
import type { PieceWork } from './room-pieces.ts'
import type { Session } from './session.ts'
import { SharedAwareness } from './shared-awareness.ts'
import { TimeUsed } from './time-used.ts'

/**
 * A gathering is sent early once it is this large: merging takes Yjs time that grows with the square of the
 * number of updates, and a few hundred small ones are where that begins to outweigh the frame saved.
 */
const GATHER_BYTES = 4096
const NO_SPANS: readonly Span[] = []

/** What is watched so that it does not hang: somebody's message, or what is done with a room's records. */
export interface Watched {
  readonly room: HostedRoom
  /** The update that is being applied, by this person. */
  readonly writing?: Uint8Array | undefined
  readonly user?: PresenceUser
}

/** `InOwnTurn`, for this work: if it hangs, that says whose fault it is. */
export type InTurn = <T>(work: Watched, act: () => T, bytes: number) => Promise<T>

/** What a connection's context holds: its stay in the room. */
export interface SessionContext {
  session?: Session
}

/**
 * A room in memory: its content, who is in it, and what is to be broadcast. Who is in it is the document's list of
 * connections, and kept nowhere else.
 */
export class HostedRoom {
  readonly id: RoomId
  readonly document: Document
  readonly content: RoomContent
  readonly owners: AwarenessOwners
  /** Where the cursors are of those who are connected to other instances. */
  readonly awareness: SharedAwareness
  /** The time that its clients' messages have taken. */
  readonly time = new TimeUsed()
  /** What those lack who fell behind is put together here. */
  readonly catchUps = new CatchUpLine()
  /** To be called when somebody has come, has left, or is another than before. */
  readonly staysChanged: () => void
  /** To be called when loading has ended: only we listen to awareness. */
  readonly ownAwarenessOnly: () => void
  /** Who does not keep up with what is drawn. */
  readonly #lagging = new Set<Session>()
  /** Who has something for which the board had no space. */
  readonly #waitingForSpace = new Set<Session>()
  readonly #pace: BroadcastPace
  readonly #onUndeliverable: (error: unknown) => void
  /** What is being applied is followed in these. */
  #spans: readonly Span[] = NO_SPANS
  /** What is to be broadcast is followed in these. */
  readonly #deliveries: Span[] = []
  #hasNews = false
  #newBytes = 0
  /** Who made all that is to be broadcast; undefined when several did, or somebody's cursor moved. */
  #origin: unknown

  constructor(parts: {
    id: RoomId
    document: Document
    bytes: RoomBytes
    clientOwners: ClientOwners
    boardLimits: BoardLimits
    hasMemory: (bytes: number) => boolean
    journal: Journal
    now: () => number
    pieceWork: PieceWork
    inTurn: InTurn
    /** Tells other instances of the cursors here. */
    shareAwareness: (update: Uint8Array) => void
    /** Somebody has come, has left, or is another than before. */
    onStaysChanged: () => void
    /** What the room has to tell cannot be told. */
    onUndeliverable: (error: unknown) => void
  }) {
    const { id, document, bytes, clientOwners, boardLimits, journal, now, pieceWork } = parts
    this.id = id
    this.document = document
    this.#onUndeliverable = parts.onUndeliverable
    this.staysChanged = parts.onStaysChanged
    const onTaken = ({ update, ranges, claims }: TakenUpdate, origin: unknown) => {
      this.#newBytes += update.length
      sessionOf(origin)?.stores(storedSizeOf({ update, ranges, claims }))
      journal.append(id, {
        update,
        author: authorOf(origin),
        at: now(),
        ranges,
        crc: crc32(update),
        claims,
        span: this.#spans[0],
      })
    }
    const onChanged = (origin: unknown) => this.#toBroadcast(origin)
    const onShrunk = () => {
      const sessions = [...this.#waitingForSpace]
      this.#waitingForSpace.clear()
      for (const session of sessions) if (session.isIn) session.askForRefused()
    }
    bytes.onRebased = () => {
      for (const session of this.sessions()) session.letGoOfBytes()
    }
    this.content = new RoomContent({
      document,
      bytes,
      owners: clientOwners,
      limits: boardLimits,
      hasMemory: parts.hasMemory,
      inTurn: (act, actBytes) => parts.inTurn({ room: this }, act, actBytes),
      pieceWork,
      events: { onTaken, onChanged, onShrunk },
    })
    this.owners = new AwarenessOwners(document, clientOwners)
    this.awareness = new SharedAwareness({ document, owners: this.owners, share: parts.shareAwareness })
    this.#pace = new BroadcastPace(() => this.owners.forgetLongGone(() => this.#broadcast()))
    quieten(document)
    document.awareness.on('update', () => this.#toBroadcast(undefined))
    this.ownAwarenessOnly = ownAwarenessOnly(document)
  }

  /** Everybody's stay in this room. */
  *sessions(): Generator<Session> {
    for (const connection of this.document.connections.keys()) {
      const { session } = (connection as Connection<SessionContext>).context
      if (session) yield session
    }
  }

  /** Whether it has left memory. */
  get isGone(): boolean {
    return this.document.isDestroyed
  }

  /** Who is here, each person once. */
  get present(): PresenceUser[] {
    return [...new Map([...this.sessions()].map(({ user }) => [user.id, user])).values()]
  }

  /** So much waits for this client that what is drawn next need not wait there too. */
  lags(session: Session): void {
    this.#lagging.add(session)
  }

  /** The board has no space for what this client wrote: they are asked for it again when somebody deletes something. */
  waitsForSpace(session: Session): void {
    this.#waitingForSpace.add(session)
  }

  /** Changes the content, and follows in these spans what is stored of that, and when it goes out. */
  followed<T>(spans: readonly Span[], change: () => T): T {
    this.#spans = spans
    try {
      return change()
    } finally {
      this.#spans = NO_SPANS
    }
  }

  /** This client has left. */
  forget(session: Session): void {
    this.#waitingForSpace.delete(session)
  }

  /** Nothing is sent any more, but to other instances that the last who were here have gone. */
  close(): void {
    this.awareness.tell()
    this.#pace.close()
  }

  /** Something by this origin is to be broadcast. */
  #toBroadcast(origin: unknown): void {
    this.#origin = this.#hasNews && origin !== this.#origin ? undefined : origin
    this.#hasNews = true
    for (const span of this.#spans) this.#deliveries.push(span.begin('room.deliver'))
    this.#pace.changed()
    if (this.#newBytes >= GATHER_BYTES) this.#pace.broadcastNow()
  }

  /** Whoever made all that is new need not be told of it. */
  #broadcast(): void {
    const { document } = this
    const origin = this.#origin
    this.awareness.tell()
    this.#hasNews = false
    this.#newBytes = 0
    this.#origin = undefined
    try {
      const isOrigin = ({ context }: Connection) => (context as SessionContext).session === origin
      tell(document, origin === undefined ? undefined : isOrigin)
      this.#leaveBehind()
      this.#delivered()
    } catch (error) {
      this.#delivered(kindOf(error))
      // It may be somebody's edit that we are called from, and it is no fault of theirs: they go on first.
      queueMicrotask(() => this.#onUndeliverable(error))
    }
  }

  #delivered(error?: string): void {
    for (const span of this.#deliveries.splice(0)) {
      span.set({ 'sketchroom.stays': this.document.connections.size })
      span.end(error)
    }
  }

  /** Only right after a broadcast has everybody been sent all that is in the document. */
  #leaveBehind(): void {
    if (this.#lagging.size === 0) return
    const stateVector = this.content.document.stateVector()
    for (const session of this.#lagging) session.fallBehind(stateVector)
    this.#lagging.clear()
  }
}

function authorOf(origin: unknown): string | null {
  if (typeof origin !== 'object' || origin === null) return null
  if ('author' in origin && typeof origin.author === 'string') return origin.author
  return sessionOf(origin)?.user.id ?? null
}

function sessionOf(origin: unknown): Session | undefined {
  return typeof origin === 'object' && origin !== null && 'user' in origin ? (origin as Session) : undefined
}
