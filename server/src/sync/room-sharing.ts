import type { RoomId } from '@sketchroom/shared/ids'
import type { Logger } from 'pino'
import { decodeRanges } from '../core/documents/clock-ranges.ts'
import { HeadWatch } from '../core/documents/head-watch.ts'
import type { Journal } from '../core/documents/journal.ts'
import { SERVER } from '../core/gate/client-owners.ts'
import type { ElsewhereUpdate, RoomPosition } from '../core/documents/room-position.ts'
import type { DocumentStore } from '../ports/document-store.ts'
import { STAYS_LAST_MS, type InstanceBus, type SharedStay } from '../ports/instance-bus.ts'
import type { HostedRoom } from './hosted-room.ts'

/** How often it is looked for what others have committed: when they can tell, and when they cannot. */
const LOOK_EVERY_MS = 2_000
const LOOK_EVERY_MS_WHEN_DOWN = 1_000
/** How long what another instance has committed may be under way over the bus, before it is read from the store. */
const GAP_WAIT_MS = 150
/** How soon the others hear who has come. */
const TELL_STAYS_MS = 100

/** A room in memory. */
export interface SharedRoom {
  readonly room: HostedRoom
  readonly position: RoomPosition
}

/** What the sharing of rooms is made of. */
export interface RoomSharingParts {
  readonly bus: InstanceBus
  /** Whether other instances may write to the store. */
  readonly hasOthers: boolean
  readonly store: DocumentStore
  readonly journal: Journal
  readonly log: Logger
  readonly find: (roomId: RoomId) => SharedRoom | undefined
  readonly all: () => Iterable<SharedRoom>
}

/**
 * Keeps the rooms in memory one with what other instances do to them: what is committed here is told to them, and what they
 * have committed comes by the bus or, whatever happens to that, from the store.
 */
export class RoomSharing {
  readonly #parts: RoomSharingParts
  /** Only where others may write. */
  readonly #heads: HeadWatch | undefined
  /** The rooms of whose stays something is to be told. */
  readonly #staysNews = new Set<RoomId>()
  #staysTimer: NodeJS.Timeout | undefined
  readonly #repeating: NodeJS.Timeout
  #closed = false

  constructor(parts: RoomSharingParts) {
    this.#parts = parts
    const { bus, journal } = parts
    this.#heads = parts.hasOthers ? this.#createWatch() : undefined
    journal.on('committed', ({ roomId, firstSeq, records }) => bus.shareCommit({ roomId, firstSeq, updates: records }))
    bus.heard.on('committed', ({ roomId, ...commit }) => parts.find(roomId)?.position.received(commit))
    bus.heard.on('awareness', (roomId, update, instance) =>
      parts.find(roomId)?.room.awareness.receive(update, instance),
    )
    bus.heard.on('asked', (roomId, instance) => {
      const cursors = parts.find(roomId)?.room.awareness.ownCursors()
      if (cursors) bus.answerAwareness(roomId, cursors, instance)
    })
    bus.heard.on('left', (instance) => {
      for (const { room } of parts.all()) room.awareness.left(instance)
    })
    bus.heard.on('unread', (roomId) => this.#heads?.lookSoon(roomId))
    bus.heard.on('up', () => this.#reconcile())
    this.#repeating = setInterval(() => this.#tellAllStays(), STAYS_LAST_MS / 3)
  }

  /** How long a gap may last before it is read from the store, in milliseconds. */
  get gapWaitMs(): number {
    return this.#parts.bus.isUp ? GAP_WAIT_MS : 0
  }

  /** A room is about to be read: from before that, what others do to it is heard. */
  opens(roomId: RoomId): void {
    void this.#parts.bus.follow(roomId).then(() => this.#heads?.lookSoon(roomId))
  }

  /** A room is no longer in memory. */
  closed(roomId: RoomId): void {
    this.#parts.bus.unfollow(roomId)
    this.#tellStaysSoon(roomId)
  }

  /** Somebody has come into a room, has left it, or is another there than before. */
  staysChanged(roomId: RoomId): void {
    this.#tellStaysSoon(roomId)
  }

  /** Everybody's stay in these rooms, on other instances. */
  staysElsewhere(roomIds: readonly RoomId[]): Promise<Map<RoomId, SharedStay[]>> {
    return this.#parts.bus.staysElsewhere(roomIds)
  }

  /** Whose the clients are that wrote this; a client is whose the store says, where two instances took it for different people's. */
  async ownersOf({ id, content }: HostedRoom, updates: readonly ElsewhereUpdate[]): Promise<Map<number, string>> {
    const owners = new Map<number, string>()
    const unknown = new Set<number>()
    for (const { claims, ranges, author } of updates) {
      for (const [client, userId] of claims ?? []) {
        owners.set(client, userId)
        if (!content.owners.isOwn(client, userId)) unknown.add(client)
      }
      if (claims || !ranges) continue
      // It was read from the store: that says who wrote it, and whose clients are new, not. Here they may be another's.
      for (const [client] of decodeRanges(ranges).inserted) {
        if (!content.owners.isStored(client) || !content.owners.isOwn(client, author ?? SERVER)) unknown.add(client)
      }
    }
    if (unknown.size === 0) return owners
    return new Map([...owners, ...(await this.#parts.store.findClients(id, [...unknown]))])
  }

  close(): void {
    this.#closed = true
    this.#heads?.close()
    clearTimeout(this.#staysTimer)
    clearInterval(this.#repeating)
  }

  /** The others have not heard who is here, and may have taken those who were for gone. */
  #reconcile(): void {
    this.#heads?.lookNow()
    this.#tellAllStays()
    for (const { room } of this.#parts.all()) {
      this.#parts.bus.askAwareness(room.id)
      for (const session of room.sessions()) session.announceAnew()
    }
  }

  #tellAllStays(): void {
    for (const { room } of this.#parts.all()) if (room.present.length > 0) this.#tellStaysSoon(room.id)
  }

  /** Whoever opens a board that thirty others open is not told thirty times. */
  #tellStaysSoon(roomId: RoomId): void {
    if (this.#closed) return
    this.#staysNews.add(roomId)
    this.#staysTimer ??= setTimeout(() => {
      this.#staysTimer = undefined
      for (const id of this.#staysNews) this.#parts.bus.shareStays(id, this.#staysIn(id))
      this.#staysNews.clear()
    }, TELL_STAYS_MS)
  }

  #staysIn(roomId: RoomId): SharedStay[] {
    const sessions = this.#parts.find(roomId)?.room.sessions() ?? []
    return [...sessions].map(({ user, role, isMember }) => ({ user, role, isMember }))
  }

  #createWatch(): HeadWatch {
    const { store, bus, all, find, log } = this.#parts
    let isFailing = false
    return new HeadWatch({
      store,
      rooms: () => [...all()].map(({ room }) => room.id),
      onHead: (roomId, head) => {
        isFailing = false
        find(roomId)?.position.heardOf(head)
      },
      everyMs: () => (bus.isUp ? LOOK_EVERY_MS : LOOK_EVERY_MS_WHEN_DOWN),
      onError: (error) => {
        if (!isFailing) log.warn({ err: error }, 'what other instances wrote cannot be read now; trying again')
        isFailing = true
      },
    })
  }
}
