import { crc32 } from 'node:zlib'
import { Hocuspocus, type Document } from '@hocuspocus/server'
import { roomIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import type * as Y from 'yjs'
import type { Compaction } from '../core/documents/compaction.ts'
import type { Committed, Journal } from '../core/documents/journal.ts'
import { loadRoom, type ReportDamaged } from '../core/documents/load-room.ts'
import { piecesOf } from '../core/documents/piece-list.ts'
import { RoomBytes, sizeOf } from '../core/documents/room-bytes.ts'
import {
  baseOf,
  isTailLong,
  isWorthSnapshot,
  storedSizeOfAll,
  type SnapshotBase,
} from '../core/documents/snapshot-due.ts'
import type { BoardLimits } from '../core/gate/board-size.ts'
import { ClientOwners } from '../core/gate/client-owners.ts'
import { RoomPosition, type ElsewhereUpdate } from '../core/documents/room-position.ts'
import { codeOf, SketchRoomError } from '../errors.ts'
import { userInLog } from '../user-in-log.ts'
import { ownTurn } from '../own-turn.ts'
import { JournalHoleError, type DocumentStore, type UpdateRecord } from '../ports/document-store.ts'
import type { InstanceBus } from '../ports/instance-bus.ts'
import { spansOf } from '../ports/tracing.ts'
import { CutLine } from './cut-line.ts'
import { ElementCollection } from './element-collection.ts'
import { HostedRoom, type InTurn, type Watched } from './hosted-room.ts'
import { UnreadableRoomError } from './lazy-document.ts'
import { LoadedBytes } from './loaded-bytes.ts'
import { discard, NEVER_MS } from './quiet-document.ts'
import type { SyncEvents } from './sync-events.ts'
import { RoomSharing } from './room-sharing.ts'

/** What the rooms in memory are made from. */
export interface LoadedRoomsParts {
  readonly store: DocumentStore
  readonly journal: Journal
  readonly bus: InstanceBus
  /** Whether other instances may write to the store. */
  readonly hasOthers: boolean
  readonly compaction: Compaction
  readonly reportDamaged: ReportDamaged
  readonly inTurn: InTurn
  /** How much one board may hold. */
  readonly boardLimits: BoardLimits
  /** How large the boards in memory may be together, in bytes. */
  readonly loadedBytes: number
  readonly events: SyncEvents
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now: () => number
}

interface LoadedRoom {
  readonly room: HostedRoom
  readonly position: RoomPosition
  /** How far the newest stored snapshot goes, as far as is known here. */
  snapshotSeq: number
  /** How large that was, and from when. */
  base: SnapshotBase
  /** How much was stored after it, in bytes, as far as is known here. */
  tailBytes: number
  /** When it was compacted last, or else loaded, by `performance.now()`. */
  compactedAt: number
}

const LOADS_AT_ONCE = 4
const NO_RANGES = new Uint8Array()

/** Every room asks Hocuspocus for its document in the same way. */
export const REQUEST: Request = new Request('http://sketchroom.invalid/sync')
const CONNECTION_CONFIG = { isAuthenticated: true, readOnly: false }

/**
 * The rooms in memory: a Hocuspocus loads them when somebody comes, and unloads them when nobody is there and all is
 * durable. Each follows its numbers in the store, and is compacted when its tail has grown.
 */
export class LoadedRooms {
  readonly hocuspocus: Hocuspocus
  readonly #rooms = new Map<RoomId, LoadedRoom>()
  readonly #parts: LoadedRoomsParts
  /** Rooms whose records did not come together: they are opened again when those at fault are set aside. */
  readonly #repairs = new Map<RoomId, Promise<unknown>>()
  /** A hundred boards that are opened at once are read a few at a time, so that nobody's edits wait for all of them. */
  readonly #loadInTurn = pLimit(LOADS_AT_ONCE)
  readonly #collection: ElementCollection
  readonly #cuts: CutLine
  readonly #loadedBytes: LoadedBytes
  /** What goes to other instances, and comes from them. */
  readonly sharing: RoomSharing
  /** Of each room that is being read: who has been taken over by whom since that began. */
  readonly #loading = new Set<Map<UserId, UserId>>()
  #closing = false

  constructor(parts: LoadedRoomsParts) {
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
    this.#loadedBytes = new LoadedBytes({ limit: parts.loadedBytes, sum: () => this.#sumBytes(), log: parts.log })
    this.#cuts = new CutLine(parts.compaction)
    this.#collection = new ElementCollection({
      ...parts,
      edit: (roomId, author, change) => this.edit(roomId, author, change),
    })
    parts.journal.on('committed', (committed) => this.#committed(committed))
    this.sharing = new RoomSharing({
      ...parts,
      find: (roomId) => this.#rooms.get(roomId),
      all: () => this.#rooms.values(),
    })
  }

  /** How many rooms are in memory. */
  get size(): number {
    return this.#rooms.size
  }

  /** The room, if it is in memory. */
  find(roomId: RoomId): HostedRoom | undefined {
    return this.#rooms.get(roomId)?.room
  }

  /** Every room in memory. */
  *all(): Generator<HostedRoom> {
    for (const { room } of this.#rooms.values()) yield room
  }

  /** The number of the last update that a room in memory holds; 0 for one that is not. */
  headOf(roomId: RoomId): number {
    return this.#rooms.get(roomId)?.position.head ?? 0
  }

  /** Resolves when every room that nobody is in has left memory; a failing store may keep some. */
  async close(): Promise<void> {
    this.#closing = true
    this.sharing.close()
    this.#collection.close()
    await Promise.all([...this.all()].map(({ document }) => this.hocuspocus.unloadDocument(document)))
  }

  /** The room, read from the store if need be; rejects with `store_unavailable` when that fails. */
  async open(roomId: RoomId): Promise<HostedRoom> {
    for (;;) {
      const document = await this.hocuspocus
        .createDocument(roomId, REQUEST, '', CONNECTION_CONFIG)
        .catch((error: unknown) => {
          throw error instanceof Error && error.cause instanceof SketchRoomError ? error.cause : error
        })
      const room = this.#rooms.get(roomId)?.room
      room?.ownAwarenessOnly()
      // Between the promise and here, the room may have been dropped: then it is loaded anew.
      if (room?.document === document && !document.isDestroyed) return room
    }
  }

  /**
   * Changes a room's document without a socket, as an ordinary edit of `author` that everybody sees; resolves with the
   * number of the update once it is durable, or of the last one when nothing changed. Whether they may is the caller's
   * to ask, and so is that `change` does not throw midway: what it did until then stays.
   */
  async edit(roomId: RoomId, author: string | null, change: (document: Y.Doc) => void): Promise<number> {
    let room: HostedRoom
    // A room may leave memory, or be dropped, in the moment between its answer and here, or while a large one is built;
    // of such a document nobody would see anything any more.
    do {
      room = await this.open(roomId)
      await this.#build(room)
    } while (room.document.isDestroyed)
    room.document.addDirectConnection()
    try {
      room.content.edit(change, { author })
      const { promise, resolve } = Promise.withResolvers<number>()
      this.#parts.journal.whenDurable(roomId, resolve)
      return (await promise) || this.headOf(roomId)
    } catch (error) {
      if (error instanceof UnreadableRoomError) this.drop(room, error)
      throw error
    } finally {
      room.document.removeDirectConnection()
      this.unloadIfEmpty(room)
    }
  }

  /**
   * A guest has become an account, and their Yjs clients are the account's. On an instance that was not told of it, what the guest
   * has not sent is refused until the room is loaded anew.
   */
  takenOver(guest: UserId, account: UserId): void {
    for (const { content } of this.all()) content.owners.transfer(guest, account)
    for (const takenOver of this.#loading) takenOver.set(guest, account)
  }

  /** Builds a room's document where it may hang, for what is not called for a client's message. */
  async #build(room: HostedRoom): Promise<void> {
    try {
      await room.content.document.fillWatched()
    } catch (error) {
      this.drop(room, error)
      throw error
    }
  }

  async #load(document: Document): Promise<void> {
    const roomId = roomIdSchema.parse(document.name)
    const { store, journal, reportDamaged, boardLimits, log, now } = this.#parts
    const takenOver = new Map<UserId, UserId>()
    this.#loading.add(takenOver)
    this.sharing.opens(roomId)
    try {
      await this.#repairs.get(roomId)
      const stored = await this.#loadInTurn(async () => {
        await ownTurn()
        return await loadRoom(roomId, { store, journal, reportDamaged })
      })
      const bytes = new RoomBytes(stored)
      if (!this.#loadedBytes.mayOpen(bytes.storedSize)) {
        throw new SketchRoomError('store_unavailable', 'the server is short of memory; try again later')
      }
      for (const _ of bytes.countStructs()) await ownTurn()
      const clientOwners = new ClientOwners(stored.clients)
      for (const [guest, account] of takenOver) clientOwners.transfer(guest, account)
      const room: HostedRoom = new HostedRoom({
        id: roomId,
        document,
        bytes,
        clientOwners,
        boardLimits,
        hasMemory: (more) => this.#loadedBytes.hasRoomFor(more),
        journal,
        now,
        pieceWork: this.#cuts.of(() => room),
        inTurn: this.#parts.inTurn,
        onStaysChanged: () => this.sharing.staysChanged(roomId),
        shareAwareness: (update) => this.#parts.bus.shareAwareness(roomId, update),
        onUndeliverable: (error) => this.drop(room, error),
      })
      const position = new RoomPosition({
        roomId,
        head: stored.head,
        store,
        onMissing: (updates) => this.#takeElsewhere(room, updates),
        onHealed: () => this.#parts.events.emit('gapHealed'),
        gapWaitMs: () => this.sharing.gapWaitMs,
        onError: (error) => {
          // What is missing is only in a snapshot by now: the room is loaded from that.
          if (error instanceof JournalHoleError) return this.drop(room, error)
          log.warn({ roomId, err: error }, 'what others wrote to a room could not be read yet')
        },
      })
      const loaded = {
        room,
        position,
        snapshotSeq: stored.snapshot?.seq ?? 0,
        base: baseOf(stored.snapshot),
        tailBytes: storedSizeOfAll(stored.tail),
        compactedAt: performance.now(),
      }
      this.#rooms.set(roomId, loaded)
      // The process that wrote so much was killed before it made a snapshot. A tail may take far longer to put in place.
      if (this.#isCompactionDue(loaded, Infinity, false)) void this.#compact(roomId)
    } catch (error) {
      document.destroy()
      this.sharing.closed(roomId)
      if (codeOf(error) === 'store_unavailable') log.error({ err: error, roomId }, 'a room could not be opened')
      throw silent(error)
    } finally {
      this.#loading.delete(takenOver)
    }
  }

  /** What another instance has committed. */
  async #takeElsewhere(room: HostedRoom, updates: readonly ElsewhereUpdate[]): Promise<void> {
    await this.#build(room)
    const owners = await this.sharing.ownersOf(room, updates)
    const spans = spansOf(updates)
    const change = () => room.content.applyStored(updates, owners)
    const apply = () => this.#guard(room, () => room.followed(spans, change))
    await this.#parts.inTurn({ room }, apply, sizeOf(updates.map(({ update }) => update)))
    for (const span of spans) span.end()
    const loaded = this.#rooms.get(room.id)
    if (loaded)
      loaded.tailBytes += storedSizeOfAll(updates.map(({ update, ranges = NO_RANGES }) => ({ update, ranges })))
  }

  #sumBytes(): number {
    let sum = 0
    for (const { content } of this.all()) sum += content.bytes.storedSize
    return sum
  }

  #committed(committed: Committed): void {
    const loaded = this.#rooms.get(committed.roomId)
    if (!loaded) return
    loaded.position.committed(committed)
    this.#stored(committed.roomId, committed.records)
    if (!this.#isCompactionDue(loaded, performance.now() - loaded.compactedAt, false)) return
    loaded.compactedAt = performance.now()
    void this.#compact(committed.roomId)
  }

  /** Counts what has come after the snapshot; two processes may count something twice, and the store knows better. */
  #stored(roomId: RoomId, records: readonly UpdateRecord[]): void {
    const loaded = this.#rooms.get(roomId)
    if (loaded) loaded.tailBytes += storedSizeOfAll(records)
  }

  #isCompactionDue(loaded: LoadedRoom, sinceLastMs: number, leaving: boolean): boolean {
    if (!isTailLong(storedTailOf(loaded), sinceLastMs, leaving)) return false
    return isWorthSnapshot(loaded.base, loaded.tailBytes, this.#parts.now())
  }

  async #compact(roomId: RoomId, options: { urgent?: boolean } = {}): Promise<void> {
    const { compaction, log } = this.#parts
    if (!options.urgent) await this.#collection.collect(roomId)
    const { tailBytes = 0 } = this.#rooms.get(roomId) ?? {}
    try {
      const snapshot = await compaction.compact(roomId, options)
      const loaded = this.#rooms.get(roomId)
      // Also without one: then less was stored than was counted here, or another process has made it.
      if (loaded) loaded.tailBytes = Math.max(0, loaded.tailBytes - tailBytes)
      if (!snapshot || !loaded) return
      loaded.base = baseOf(snapshot)
      loaded.snapshotSeq = Math.max(loaded.snapshotSeq, snapshot.seq)
      loaded.room.content.bytes.rebase({ pieces: piecesOf(snapshot.bytes), ranges: snapshot.ranges })
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
      const room = this.find(roomId)
      if (room) this.#parts.journal.whenDurable(roomId, () => this.unloadIfEmpty(room))
      throw silent(error)
    }
    // Hocuspocus knows rooms by name: an unload that comes late must not take the room's next document.
    if (this.#rooms.get(roomId)?.room.document !== document) throw silent(undefined)
  }

  #unloaded(roomId: RoomId): void {
    const loaded = this.#rooms.get(roomId)
    if (!loaded?.room.document.isDestroyed) return
    this.#forget(loaded)
    if (!this.#closing && this.#isCompactionDue(loaded, Infinity, true)) void this.#compact(roomId)
  }

  /** Lets a room go that nobody is in; it stays until all of it is durable. */
  unloadIfEmpty({ document }: HostedRoom): void {
    if (document.getConnectionsCount() === 0 && !document.isDestroyed) void this.hocuspocus.unloadDocument(document)
  }

  #guard(room: HostedRoom, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.drop(room, error)
    }
  }

  /**
   * The document could not be built or its news not told, or an update did not integrate: what is in memory may say what
   * the journal does not. It is thrown away, records at fault are set aside, and everybody comes back to the room as the
   * journal has it.
   */
  drop(room: HostedRoom, error: unknown): void {
    const loaded = this.#rooms.get(room.id)
    if (loaded?.room !== room) return
    this.#parts.log.error(
      { roomId: room.id, err: error },
      'a room in memory cannot be trusted any more; it is loaded anew',
    )
    this.#forget(loaded)
    this.hocuspocus.documents.delete(room.id)
    this.hocuspocus.unloadingDocuments.delete(room.id)
    for (const session of room.sessions()) session.leave('internal')
    discard(room.document)
    if (!room.content.document.isFilled) this.#repair(room.id)
  }

  /**
   * Work on a room did not come to its end, and was stopped: what was to be applied is kept for whoever looks into it, and
   * the room is loaded anew, without it.
   */
  async stopped({ room, writing, user }: Watched): Promise<void> {
    const { store, log, now } = this.#parts
    this.drop(room, new Error('work on the room did not come to its end'))
    // What hung may be the room's own records, which had to be read for what somebody wrote.
    if (!writing || room.content.document.isReadingRecords) return
    const entry = {
      update: writing,
      author: user?.id ?? null,
      at: now(),
      ranges: new Uint8Array(),
      crc: crc32(writing),
    }
    const found = { roomId: room.id, author: user && userInLog(user.id), bytes: writing.length }
    try {
      const seq = await store.addQuarantined(room.id, entry, 'it was applied without end')
      this.#parts.events.emit('recordSetAside')
      log.error(
        { ...found, seq },
        'an update was stopped and set aside; scripts/quarantine.ts shows it: please report it',
      )
    } catch (error) {
      log.error({ ...found, err: error }, 'an update was stopped, and could not be set aside')
    }
  }

  #repair(roomId: RoomId): void {
    const repair = this.#compact(roomId, { urgent: true }).finally(() => this.#repairs.delete(roomId))
    this.#repairs.set(roomId, repair)
  }

  #forget({ room, position }: LoadedRoom): void {
    this.#rooms.delete(room.id)
    position.close()
    room.close()
    this.sharing.closed(room.id)
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
