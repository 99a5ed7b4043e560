import { EventEmitter } from 'node:events'
import { Hocuspocus, type Connection, type Document } from '@hocuspocus/server'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import { mayDraw } from '@sketchroom/shared/roles'
import type { Logger } from 'pino'
import type { Compaction } from '../core/documents/compaction.ts'
import type { Journal } from '../core/documents/journal.ts'
import { loadDocument } from '../core/documents/load-document.ts'
import { SketchRoomError } from '../errors.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import type { PresenceSource } from '../ports/presence-source.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { HostedRoom, NEVER_MS } from './hosted-room.ts'
import { RoomLink, type Entrant } from './room-link.ts'
import type { SocketContext } from './sync-socket.ts'

/** What each hook of a connection finds in its context once the client is let in. */
interface LinkContext extends SocketContext {
  readonly entrant: Entrant
}

/** What the host of rooms is made of. */
export interface RoomHostParts {
  readonly doorkeeper: Doorkeeper
  readonly store: DocumentStore
  readonly journal: Journal
  readonly compaction: Compaction
  readonly log: Logger
}

/**
 * Keeps the rooms that somebody is in: one Yjs document each, in a Hocuspocus whose hooks are here. What
 * Hocuspocus would do on every message (store timers, change hooks, acknowledgements) is done by
 * `RoomLink` and the journal instead.
 */
export class RoomHost extends EventEmitter<{ entered: [link: RoomLink] }> implements PresenceSource {
  readonly hocuspocus: Hocuspocus
  readonly rooms = new Map<RoomId, HostedRoom>()
  readonly #parts: RoomHostParts

  constructor(parts: RoomHostParts) {
    super()
    this.#parts = parts
    this.hocuspocus = new Hocuspocus({
      quiet: true,
      timeout: NEVER_MS,
      // While a room loads, nobody is there to be told; then `HostedRoom` gathers.
      flushDelay: false,
      onAuthenticate: (data) => this.#authenticate(data),
      onTokenSync: (data) => this.#renew(data.connection as Connection<LinkContext>, data.token),
      onLoadDocument: (data) => this.#load(data.document, data.context as LinkContext),
      afterLoadDocument: async (data) => this.#host(data.document),
      connected: async (data) => this.#connected(data.connection as Connection<LinkContext>),
      beforeUnloadDocument: (data) => this.#beforeUnload(data.document),
      afterUnloadDocument: async (data) => this.#forget(roomIdSchema.parse(data.documentName)),
    })
  }

  present(roomId: RoomId): PresenceUser[] {
    return this.rooms.get(roomId)?.present ?? []
  }

  /** Resolves when every room that nobody is in has left memory; a failing store may keep some. */
  async close(): Promise<void> {
    await Promise.all([...this.rooms.values()].map(({ document }) => this.hocuspocus.unloadDocument(document)))
  }

  async #authenticate(data: {
    token: string
    documentName: string
    context: SocketContext
    connectionConfig: { readOnly: boolean }
  }): Promise<{ entrant: Entrant }> {
    const { socket } = data.context
    try {
      const { doorkeeper } = this.#parts
      const entrant = await doorkeeper.enter(data.token, roomIdSchema.parse(data.documentName), socket.entrance)
      data.connectionConfig.readOnly = !mayDraw(entrant.role)
      return { entrant }
    } catch (error) {
      throw this.#refusal(error, data.context, data.documentName)
    }
  }

  async #load(document: Document, context: LinkContext): Promise<void> {
    const roomId = roomIdSchema.parse(document.name)
    const { store, journal, compaction, log } = this.#parts
    try {
      const position = await loadDocument(roomId, document, {
        store,
        journal,
        reportCorrupt: ({ seq, error }) =>
          log.error({ roomId, seq, err: error }, 'a stored record does not decode; it was set aside'),
      })
      compaction.follow(roomId, position)
    } catch (error) {
      document.destroy()
      throw this.#refusal(error, context, document.name)
    }
  }

  #host(document: Document): void {
    const roomId = roomIdSchema.parse(document.name)
    this.rooms.set(roomId, new HostedRoom(roomId, document))
    // In place of Hocuspocus's own: called for each update before it is broadcast or acknowledged.
    document.onUpdate((_, origin, update) => {
      this.#parts.journal.append(roomId, update, origin instanceof RoomLink ? origin.user.id : null)
    })
  }

  #connected(connection: Connection<LinkContext>): void {
    const { entrant, socket } = connection.context
    // The socket closed while its room was loading: Hocuspocus has cleaned up already.
    if (!connection.document.hasConnection(connection)) return
    const room = this.rooms.get(roomIdSchema.parse(connection.document.name))
    if (!room || room.document !== connection.document || room.document.isDestroyed) {
      // The room was dropped from memory between loading and entering; coming back loads it anew.
      connection.close()
      return socket.leave(connection.messageAddress, 'store_unavailable')
    }
    const link = new RoomLink({
      room,
      connection,
      entrant,
      journal: this.#parts.journal,
      socket,
      onBroken: (error) => this.#drop(room, error),
    })
    room.links.add(link)
    connection.onClose(() => room.remove(link))
    link.tell({ type: 'role', role: link.role })
    if (this.#parts.journal.failing) link.tell({ type: 'store', state: 'failing' })
    socket.joined(link)
    this.emit('entered', link)
  }

  /** A fresh token on an open connection: it must speak for the same person. */
  async #renew(connection: Connection<LinkContext>, token: string): Promise<void> {
    const link = this.#linkOf(connection)
    if (!link) return
    try {
      const entrant = await this.#parts.doorkeeper.enter(token, link.room.id, connection.context.socket.entrance)
      if (entrant.user.id !== link.user.id) throw new SketchRoomError('unauthenticated', 'another person’s token')
      link.actor = entrant.actor
      link.setUser(entrant.user)
      if (entrant.role === link.role) link.tell({ type: 'role', role: link.role })
      else link.setRole(entrant.role)
    } catch (error) {
      link.leave(codeOf(error))
    }
  }

  /** Every connection's place in a room. */
  *links(): Generator<RoomLink> {
    for (const room of this.rooms.values()) yield* room.links
  }

  #linkOf(connection: Connection<LinkContext>): RoomLink | undefined {
    const room = this.rooms.get(roomIdSchema.parse(connection.document.name))
    return room && [...room.links].find((link) => link.connection === connection)
  }

  /** A throw vetoes the unload: a room stays in memory until all of it is durable. */
  async #beforeUnload(document: Document): Promise<void> {
    const roomId = roomIdSchema.parse(document.name)
    const { journal, compaction, log } = this.#parts
    // Hocuspocus knows rooms by name: an unload that comes late must not speak for the room's next document.
    if (this.rooms.get(roomId)?.document !== document) throw silentError()
    try {
      await journal.flush(roomId)
    } catch (error) {
      log.warn({ roomId, err: error }, 'a room stays in memory until the store has it')
      throw silentError()
    }
    if (!compaction.isDue(roomId, true)) return
    await compaction.compact(roomId, document).catch((error: unknown) => {
      log.warn({ roomId, err: error }, 'compaction failed; the journal still has everything')
    })
  }

  /**
   * An update decoded and did not integrate: the document in memory may say what the journal does not. It is
   * thrown away, and everybody comes back to the room as the journal has it.
   */
  #drop(room: HostedRoom, error: unknown): void {
    this.#parts.log.error({ roomId: room.id, err: error }, 'an update did not integrate; the room is loaded anew')
    this.#forget(room.id)
    this.hocuspocus.documents.delete(room.id)
    for (const link of room.links) link.leave('internal')
    room.document.destroy()
  }

  #forget(roomId: RoomId): void {
    this.rooms.delete(roomId)
    this.#parts.compaction.forget(roomId)
  }

  /** Logs why a client is turned away, and makes the error from which Hocuspocus tells it. */
  #refusal(error: unknown, { socket }: SocketContext, roomId: string): Error & { reason: string } {
    const code = codeOf(error)
    if (code === 'store_unavailable') socket.log.error({ err: error, roomId }, 'a room could not be opened')
    else socket.log.info({ code, roomId }, 'a client was not let in')
    return Object.assign(silentError(), { reason: code })
  }
}

/** Hocuspocus prints the message of what a hook throws; ours is logged already. */
function silentError(): Error {
  return new Error('')
}

/** Why somebody is turned away; what is no refusal of ours is the store's fault, and may heal. */
function codeOf(error: unknown): ErrorCode {
  return error instanceof SketchRoomError ? error.code : 'store_unavailable'
}
