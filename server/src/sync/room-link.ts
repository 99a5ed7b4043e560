import type { Connection } from '@hocuspocus/server'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import { closeCodeOf } from '@sketchroom/shared/protocol/close-codes'
import { MESSAGE } from '@sketchroom/shared/protocol/frames'
import type { Notice } from '@sketchroom/shared/protocol/notices'
import type { PresenceUser } from '@sketchroom/shared/presence'
import { mayDraw, type Role } from '@sketchroom/shared/roles'
import * as decoding from 'lib0/decoding'
import type { Logger } from 'pino'
import type { Actor } from '../core/accounts/actor.ts'
import type { Journal } from '../core/documents/journal.ts'
import { checkUpdate } from './check-update.ts'
import type { ApplyResult, HostedRoom } from './hosted-room.ts'
import { stampAnew, stampAwareness } from './stamp-awareness.ts'
import * as wire from './wire.ts'

/** What a link needs of its socket. */
export interface LinkSocket {
  readonly log: Logger
  /** Ends the link; the socket itself too when it serves no other room. */
  leave(address: string, code: ErrorCode): void
}

/** Who entered a room, as the server found out. */
export interface Entrant {
  readonly actor: Actor
  readonly role: Role
  readonly user: PresenceUser
}

/** The update that says nothing: no structs, no deletions. */
function isEmptyUpdate(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0
}

/**
 * A connection's place in one room. Every sync and awareness message goes through here: what the role
 * allows, whose cursor it is, and when an edit may be called saved is decided in this one class.
 */
export class RoomLink {
  readonly room: HostedRoom
  readonly connection: Connection
  /** The awareness clients that it has ever spoken for. */
  readonly clients = new Set<number>()
  actor: Actor
  role: Role
  user: PresenceUser
  readonly #journal: Journal
  readonly #socket: LinkSocket
  readonly #onBroken: (error: unknown) => void
  /** The same for every write that was applied, so it is made once. */
  readonly #applied: Uint8Array

  constructor(parts: {
    room: HostedRoom
    connection: Connection
    entrant: Entrant
    journal: Journal
    socket: LinkSocket
    onBroken: (error: unknown) => void
  }) {
    this.room = parts.room
    this.connection = parts.connection
    this.actor = parts.entrant.actor
    this.role = parts.entrant.role
    this.user = parts.entrant.user
    this.#journal = parts.journal
    this.#socket = parts.socket
    this.#onBroken = parts.onBroken
    this.#applied = wire.syncStatus(this.address, true)
  }

  /** What opens each frame to and from this client. */
  get address(): string {
    return this.connection.messageAddress
  }

  /** Handles one message, its address and type already read. */
  receive(type: number, decoder: decoding.Decoder): void {
    try {
      switch (type) {
        case MESSAGE.sync:
        case MESSAGE.syncReply:
          return this.#receiveSync(wire.readSyncMessage(decoder))
        case MESSAGE.awareness:
          return this.#receiveAwareness(decoding.readVarUint8Array(decoder))
        case MESSAGE.queryAwareness:
          return this.connection.send(wire.awarenessStates(this.address, this.room.document.awareness))
        case MESSAGE.stateless:
          // Nothing is asked this way yet; a client of another version may try.
          return
        default:
          return this.leave('invalid_request')
      }
    } catch (error) {
      // Whatever a client can send that does not decode ends its connection and changes nothing.
      this.#socket.log.info({ err: error, roomId: this.room.id, type }, 'a message could not be handled')
      this.tell({ type: 'refused', reason: 'malformed_update' })
      this.leave('malformed_update')
    }
  }

  /** Tells this client something beside the drawing. */
  tell(content: Notice): void {
    this.connection.send(wire.notice(this.address, content))
  }

  /** Gives the connection another role, at once. */
  setRole(role: Role): void {
    if (role === this.role) return
    const couldDraw = mayDraw(this.role)
    this.role = role
    this.connection.readOnly = !mayDraw(role)
    this.tell({ type: 'role', role })
    if (!couldDraw && mayDraw(role)) this.#askForMissing()
    if (couldDraw && !mayDraw(role)) this.#stampAnew()
  }

  /** Says who this is from now on, by another name or colour: also under the cursor that stands. */
  setUser(user: PresenceUser): void {
    if (user.name === this.user.name && user.color === this.user.color) return
    this.user = user
    this.#stampAnew()
  }

  /** Ends the connection's stay in this room. */
  leave(code: ErrorCode): void {
    this.connection.close({ code: closeCodeOf[code], reason: code })
    this.#socket.leave(this.address, code)
  }

  #receiveSync(message: wire.SyncMessage): void {
    if (message.kind === 'step1') {
      this.connection.send(wire.syncStep2(this.address, this.room.document, message.stateVector))
      if (mayDraw(this.role)) this.#askForMissing()
    } else if (this.#journal.overloaded) this.leave('store_unavailable')
    else if (mayDraw(this.role)) this.#write(message.update)
    else this.#refuse(message.update)
  }

  #askForMissing(): void {
    this.connection.send(wire.syncStep1(this.address, this.room.document))
  }

  #write(update: Uint8Array): void {
    checkUpdate(update)
    let result: ApplyResult
    try {
      result = this.room.apply(update, this)
    } catch (error) {
      this.leave('malformed_update')
      return this.#onBroken(error)
    }
    if (result === 'kept-pending') this.#journal.append(this.room.id, update, this.user.id)
    if (result === 'missing-dependencies') {
      this.#answer(false)
      this.#askForMissing()
    } else this.#answer(true)
  }

  #refuse(update: Uint8Array): void {
    const harmless = isEmptyUpdate(update)
    if (!harmless) this.tell({ type: 'refused', reason: 'read_only' })
    this.#answer(harmless)
  }

  /**
   * Answers one write. Refusals wait in the same line: the n-th answer belongs to the n-th write. Who has left is
   * answered no more: under the same address, a next stay would take it for the answer to a write of its own.
   */
  #answer(applied: boolean): void {
    const answer = applied ? this.#applied : wire.syncStatus(this.address, false)
    this.#journal.whenDurable(this.room.id, () => {
      if (this.room.links.has(this)) this.connection.send(answer)
    })
  }

  #receiveAwareness(update: Uint8Array): void {
    const stamped = stampAwareness(update, this, (clientId, clock) => this.room.claimClient(clientId, clock, this))
    if (stamped) this.room.document.applyAwarenessUpdate(this.connection, stamped)
  }

  /** Makes what others see of this client right again, now that the server knows something else of it. */
  #stampAnew(): void {
    const { document } = this.room
    const clients = document.getClients(this.connection)
    document.applyAwarenessUpdate(this.connection, stampAnew(document.awareness, clients, this))
  }
}
