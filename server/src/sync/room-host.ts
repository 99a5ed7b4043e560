import { setImmediate as nextTurn } from 'node:timers/promises'
import { Connection, Hocuspocus, type Document } from '@hocuspocus/server'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import { mayDraw } from '@sketchroom/shared/roles'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import type * as Y from 'yjs'
import { isCompactionDue, type Compaction } from '../core/documents/compaction.ts'
import type { Committed, Journal } from '../core/documents/journal.ts'
import { loadRoom, type ReportDamaged } from '../core/documents/load-room.ts'
import { RoomBytes } from '../core/documents/room-bytes.ts'
import { RoomPosition } from '../core/documents/room-position.ts'
import type { AccessEpochs } from '../core/rooms/access-epochs.ts'
import type { Admission, Admitted } from '../core/rooms/admission.ts'
import { SketchRoomError } from '../errors.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import type { PresenceSource } from '../ports/presence-source.ts'
import { HostedRoom, NEVER_MS, UnreadableRoomError, type SessionContext } from './hosted-room.ts'
import { Session } from './session.ts'
import type { SyncSocket } from './sync-socket.ts'
import * as wire from './wire.ts'

/** What the host of rooms is made of. */
export interface RoomHostParts {
  readonly admission: Admission
  readonly epochs: AccessEpochs
  readonly store: DocumentStore
  readonly journal: Journal
  readonly compaction: Compaction
  readonly reportDamaged: ReportDamaged
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Somebody who asks to be let into a room. */
export interface Joining {
  readonly socket: SyncSocket
  /** The room's id as the client writes it, perhaps with a session's id after a NUL. */
  readonly address: string
  readonly roomId: RoomId
  readonly token: string
  /** Called at the moment when the session begins, before anything else can happen. */
  readonly onBegin: (session: Session) => void
}

interface LoadedRoom {
  readonly room: HostedRoom
  readonly position: RoomPosition
  /** How far the newest stored snapshot goes, as far as is known here. */
  snapshotSeq: number
}

const LOADS_AT_ONCE = 4

/** Every room asks Hocuspocus for its document in the same way. */
const REQUEST = new Request('http://sketchroom.invalid/sync')
const CONNECTION_CONFIG = { isAuthenticated: true, readOnly: false }

/**
 * Keeps the rooms that somebody is in: a Hocuspocus loads and unloads them and broadcasts what changes. Letting people
 * in, and what a message may do, is decided here and in `Session`; being saved, by the journal.
 */
export class RoomHost implements PresenceSource {
  readonly hocuspocus: Hocuspocus
  readonly #rooms = new Map<RoomId, LoadedRoom>()
  readonly #parts: RoomHostParts
  /** Rooms whose records did not come together: they are opened again when those at fault are set aside. */
  readonly #repairs = new Map<RoomId, Promise<unknown>>()
  /** A hundred boards that are opened at once are read a few at a time, so that nobody's edits wait for all of them. */
  readonly #loadInTurn = pLimit(LOADS_AT_ONCE)
  #closing = false

  constructor(parts: RoomHostParts) {
    this.#parts = parts
    this.hocuspocus = new Hocuspocus({
      quiet: true,
      timeout: NEVER_MS,
      // While a room loads, nobody is there to be told; then `HostedRoom` gathers.
      flushDelay: false,
      onLoadDocument: ({ document }) => this.#load(document),
      // Only by now has Hocuspocus set its own, which would run hooks and set a timer for each update, and keep every
      // room in memory for as long as that timer waits.
      afterLoadDocument: async ({ document }) => void document.onUpdate(() => undefined),
      beforeUnloadDocument: ({ document }) => this.#beforeUnload(document),
      afterUnloadDocument: async ({ documentName }) => this.#unloaded(roomIdSchema.parse(documentName)),
    })
    const { journal, log } = parts
    journal.on('committed', (committed) => this.#committed(committed))
    journal.on('failing', (error, roomId) => {
      log.error({ err: error, roomId, pending: journal.pendingCount }, 'the store fails; nothing is acknowledged')
      this.#tell(roomId, 'failing')
    })
    journal.on('recovered', (roomId) => {
      log.info({ roomId }, 'the store is back; everything that waited is saved')
      this.#tell(roomId, 'ok')
      // Rooms that everybody left while the store failed were kept; now they may go.
      for (const { room } of this.#rooms.values()) this.#unloadIfEmpty(room)
    })
  }

  /** How many rooms are in memory. */
  get size(): number {
    return this.#rooms.size
  }

  present(roomId: RoomId): PresenceUser[] {
    return this.#rooms.get(roomId)?.room.present ?? []
  }

  /** Everybody's stay in a room, or in any. */
  *sessions(roomId?: RoomId): Generator<Session> {
    if (roomId !== undefined) yield* this.#rooms.get(roomId)?.room.sessions() ?? []
    else for (const { room } of this.#rooms.values()) yield* room.sessions()
  }

  /**
   * Lets somebody in and begins their session; rejects with the `SketchRoomError` that says why not. Access may change
   * while the room is read, however long that takes: then everything is asked again.
   */
  async join({ socket, address, roomId, token, onBegin }: Joining): Promise<void> {
    const { admission, epochs } = this.#parts
    let admitted = await admission.admit(token, roomId, socket.approach)
    socket.send(wire.authenticated(address, mayDraw(admitted.role)))
    for (;;) {
      const room = await this.#open(roomId)
      // An unload may end in the very moment between its answer and here.
      if (room.document.isDestroyed) continue
      if (!socket.isOpen) return this.#unloadIfEmpty(room)
      if (epochs.of(roomId) === admitted.epoch) return this.#begin(room, admitted, { socket, address, onBegin })
      try {
        admitted = await admission.admit(token, roomId, socket.approach)
      } catch (error) {
        this.#unloadIfEmpty(room)
        throw error
      }
    }
  }

  /**
   * Changes a room's document without a socket, as an ordinary edit of `author` that everybody sees; resolves with the
   * number of the update once it is durable, or of the last one when nothing changed. Whether they may is the caller's
   * to ask, and so is that `change` does not throw midway: what it did until then stays.
   */
  async edit(roomId: RoomId, author: string | null, change: (document: Y.Doc) => void): Promise<number> {
    let room = await this.#open(roomId)
    // An unload may end in the very moment between its answer and here; nothing would be stored of such a document.
    while (room.document.isDestroyed) room = await this.#open(roomId)
    room.document.addDirectConnection()
    try {
      await room.fillSoon()
      room.edit(change, { author })
      const { promise, resolve } = Promise.withResolvers<number>()
      this.#parts.journal.whenDurable(roomId, resolve)
      return (await promise) || (this.#rooms.get(roomId)?.position.head ?? 0)
    } catch (error) {
      if (error instanceof UnreadableRoomError) this.#drop(room, error)
      throw error
    } finally {
      room.document.removeDirectConnection()
      this.#unloadIfEmpty(room)
    }
  }

  /** Resolves when every room that nobody is in has left memory; a failing store may keep some. */
  async close(): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#rooms.values()].map(({ room }) => this.hocuspocus.unloadDocument(room.document)))
  }

  async #open(roomId: RoomId): Promise<HostedRoom> {
    for (;;) {
      const document = await this.hocuspocus
        .createDocument(roomId, REQUEST, '', CONNECTION_CONFIG)
        .catch((error: unknown) => {
          throw error instanceof Error && error.cause instanceof SketchRoomError ? error.cause : error
        })
      const room = this.#rooms.get(roomId)?.room
      // Between the promise and here, the room may have been dropped: then it is loaded anew.
      if (room?.document === document && !document.isDestroyed) return room
    }
  }

  async #load(document: Document): Promise<void> {
    const roomId = roomIdSchema.parse(document.name)
    const { store, journal, compaction, reportDamaged, log, now } = this.#parts
    try {
      await this.#repairs.get(roomId)
      const stored = await this.#loadInTurn(async () => {
        // Whoever draws comes first: between two rooms, what the sockets have brought is handled.
        await nextTurn()
        return await loadRoom(roomId, { store, journal, reportDamaged })
      })
      const room = new HostedRoom({
        id: roomId,
        document,
        bytes: new RoomBytes(stored),
        journal,
        now,
        slice: (parts) => compaction.slice(parts),
      })
      const position = new RoomPosition({
        roomId,
        head: stored.head,
        store,
        onMissing: async (updates) => {
          await room.fillSoon()
          this.#guard(room, () => room.applyStored(updates))
        },
        onError: (error) => log.warn({ roomId, err: error }, 'what others wrote to a room could not be read yet'),
      })
      this.#rooms.set(roomId, { room, position, snapshotSeq: stored.snapshot?.seq ?? 0 })
    } catch (error) {
      document.destroy()
      if (codeOf(error) === 'store_unavailable') log.error({ err: error, roomId }, 'a room could not be opened')
      throw silent(error)
    }
  }

  #begin(
    room: HostedRoom,
    admitted: Admitted,
    { socket, address, onBegin }: Pick<Joining, 'socket' | 'address' | 'onBegin'>,
  ): void {
    const { journal, now } = this.#parts
    const sessionId = address.length > room.id.length ? address.slice(room.id.length + 1) : null
    const context: SessionContext = {}
    const connection = new Connection<SessionContext>(
      socket,
      REQUEST,
      room.document,
      '',
      context,
      !mayDraw(admitted.role),
      sessionId,
    )
    const session = new Session({
      room,
      connection,
      socket,
      admitted,
      journal,
      now,
      onToken: (renewing, token) => void this.#renew(renewing, token, socket),
      onBroken: (broken, error) => this.#drop(broken, error),
    })
    context.session = session
    connection.onClose(() => {
      room.owners.release(session)
      socket.left(session)
      this.#unloadIfEmpty(room)
    })
    onBegin(session)
    session.tell({ type: 'role', role: session.role })
    if (journal.isFailing(room.id)) session.tell({ type: 'store', state: 'failing' })
  }

  /** A fresh token on an open connection: it must speak for the same person. */
  async #renew(session: Session, token: string, { approach }: SyncSocket): Promise<void> {
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
      session.leave(codeOf(error))
    }
  }

  #committed(committed: Committed): void {
    const loaded = this.#rooms.get(committed.roomId)
    if (!loaded) return
    const { room, position } = loaded
    position.committed(committed)
    if (!isCompactionDue(storedTailOf(loaded), performance.now() - room.compactedAt, false)) return
    room.compactedAt = performance.now()
    void this.#compact(room.id)
  }

  async #compact(roomId: RoomId): Promise<void> {
    const { compaction, log } = this.#parts
    try {
      const snapshot = await compaction.compact(roomId)
      const loaded = this.#rooms.get(roomId)
      if (!snapshot || !loaded) return
      loaded.snapshotSeq = Math.max(loaded.snapshotSeq, snapshot.seq)
      loaded.room.bytes.rebase(snapshot.bytes, snapshot.ranges)
    } catch (error) {
      if (!this.#closing) log.warn({ roomId, err: error }, 'compaction failed; the journal still has everything')
    }
  }

  /** A throw vetoes the unload: a room stays in memory until all of it is durable. */
  async #beforeUnload(document: Document): Promise<void> {
    const roomId = roomIdSchema.parse(document.name)
    try {
      await this.#parts.journal.flush(roomId)
    } catch (error) {
      this.#parts.log.warn({ roomId, err: error }, 'a room stays in memory until the store has it')
      throw silent(error)
    }
    // Hocuspocus knows rooms by name: an unload that comes late must not take the room's next document.
    if (this.#rooms.get(roomId)?.room.document !== document) throw silent(undefined)
  }

  #unloaded(roomId: RoomId): void {
    const loaded = this.#rooms.get(roomId)
    if (!loaded?.room.document.isDestroyed) return
    this.#forget(loaded)
    if (!this.#closing && isCompactionDue(storedTailOf(loaded), Infinity, true)) void this.#compact(roomId)
  }

  #unloadIfEmpty({ document }: HostedRoom): void {
    if (document.getConnectionsCount() === 0 && !document.isDestroyed) void this.hocuspocus.unloadDocument(document)
  }

  #guard(room: HostedRoom, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#drop(room, error)
    }
  }

  /**
   * The document could not be built, or an update did not integrate: what is in memory may say what the journal does
   * not. It is thrown away, records at fault are set aside, and everybody comes back to the room as the journal has it.
   */
  #drop(room: HostedRoom, error: unknown): void {
    const loaded = this.#rooms.get(room.id)
    if (loaded?.room !== room) return
    this.#parts.log.error({ roomId: room.id, err: error }, 'an update did not integrate; the room is loaded anew')
    this.#forget(loaded)
    this.hocuspocus.documents.delete(room.id)
    this.hocuspocus.unloadingDocuments.delete(room.id)
    for (const session of [...room.sessions()]) session.leave('internal')
    room.document.destroy()
    if (!room.isFilled) this.#repair(room.id)
  }

  #repair(roomId: RoomId): void {
    const repair = this.#compact(roomId).finally(() => this.#repairs.delete(roomId))
    this.#repairs.set(roomId, repair)
  }

  #forget({ room, position }: LoadedRoom): void {
    this.#rooms.delete(room.id)
    position.close()
    room.close()
  }

  #tell(roomId: RoomId | undefined, state: 'failing' | 'ok'): void {
    for (const session of this.sessions(roomId)) session.tell({ type: 'store', state })
  }
}

/** How many updates the next to open the room would read after the snapshot; in memory there may be a newer base. */
function storedTailOf({ position, snapshotSeq }: LoadedRoom): number {
  return position.head - snapshotSeq
}

/** Hocuspocus prints the message of what a hook throws; ours is logged already. */
function silent(cause: unknown): Error {
  return new Error('', { cause })
}

/** Why somebody is turned away; what is no refusal of ours is the store's fault, and may heal. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof SketchRoomError ? error.code : 'store_unavailable'
}
