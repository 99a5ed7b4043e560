import type { RoomId, UserId } from '@sketchroom/shared/ids'
import type { Span } from './tracing.ts'

/** One Yjs update (v1 encoding) with who made it, on its way into the journal or out of it. */
export interface UpdateRecord {
  readonly update: Uint8Array
  /** The user who made it; null when the server did. */
  readonly author: string | null
  /** When it arrived, in milliseconds since 1970. */
  readonly at: number
  /** Which ranges of which Yjs client it inserted and deleted, as `core/documents/clock-ranges.ts` writes them. */
  readonly ranges: Uint8Array
  /** CRC-32 of `update`: a disk that forgets is noticed before anybody is sent what it answers. */
  readonly crc: number
  /** Yjs clients that are somebody's in this room from this update on, each with its person's user id. */
  readonly claims?: ReadonlyMap<number, string>
  /** In which what becomes of it is followed; not stored. */
  readonly span?: Span | undefined
}

/** What one room adds to the journal in one commit, oldest first. */
export interface RoomAppend {
  readonly roomId: RoomId
  readonly entries: readonly UpdateRecord[]
}

/** What is committed together. */
export interface JournalBatch {
  /** Names the batch: whoever is not sure that it was stored appends it again under the same id. */
  readonly id: string
  readonly rooms: readonly RoomAppend[]
}

/** A stored update with its place in the room's sequence (1, 2, 3 … without gaps). */
export interface StoredUpdate extends UpdateRecord {
  readonly seq: number
}

/** A room's whole document up to and including the update `seq`, as one Yjs update. */
export interface Snapshot {
  readonly seq: number
  readonly bytes: Uint8Array
  /** What it inserted and deleted in all, in the form of `UpdateRecord.ranges`. */
  readonly ranges: Uint8Array
  /** CRC-32 of `bytes`. */
  readonly crc: number
  /** When it was made, in milliseconds since 1970. */
  readonly at: number
  /** A name that somebody gave it: then it is kept for ever. */
  readonly label: string | null
}

/** A room's document as stored: the newest sound snapshot, and the updates that came after it. */
export interface StoredDocument {
  /** Null when there is none yet. */
  readonly snapshot: Snapshot | null
  /** The number of the last update of the room; 0 when it has none. */
  readonly head: number
  /** The updates after the snapshot, in order, without the quarantined ones. */
  readonly tail: readonly StoredUpdate[]
  /** The numbers after the snapshot whose updates are in quarantine. */
  readonly quarantined: readonly number[]
  /** Whose the room's Yjs clients are, by user id: see `UpdateRecord.claims` and `DocumentStore.transferClients`. */
  readonly clients: ReadonlyMap<number, string>
}

/** A record of a room: one of its updates, or the snapshot that goes up to `seq`. */
export interface RecordId {
  readonly roomId: RoomId
  readonly kind: 'update' | 'snapshot'
  readonly seq: number
}

/** A record that was set aside. */
export interface QuarantinedRecord extends RecordId {
  readonly reason: string
  readonly bytes: Uint8Array
  /** CRC-32 of the bytes as they were when they were written. */
  readonly crc: number
  readonly author: string | null
  /** When the record was made, in milliseconds since 1970. */
  readonly at: number
}

/** What the clean-up may take away. Times are in milliseconds since 1970. */
export interface PurgeLimits {
  /** Updates that arrived before this, and that the second newest snapshot holds. */
  readonly updatesBefore: number
  /** Ids of batches that were appended before this: nobody asks for those answers any more. */
  readonly batchesBefore: number
  /** Decides which of a room's unnamed snapshots, newest first, to keep; the two newest stay in any case. */
  readonly keepSnapshot: (at: number, newerAt: number) => boolean
  /** Ends the work between two of its steps; what went so far is answered. */
  readonly signal?: AbortSignal
}

/** What the clean-up took away, in rows. */
export interface Purged {
  readonly updates: number
  readonly snapshots: number
  readonly batches: number
}

/**
 * Where documents live. Any number of processes may use one store. Every method either has done its whole work
 * durably when it resolves, or rejects and has changed nothing. The rules [DS1] to [DS12] are tested by
 * `document-store.contract.ts` on every implementation.
 */
export interface DocumentStore {
  /**
   * [DS1] Appends to several rooms in one transaction; resolves with the number that the first update of each room
   * was given. The room's row gives out the numbers, without gaps and in order of commit, also when several
   * processes append at once. [DS2] A batch that was appended before is not stored again, and answers the same; while
   * that is not known, it rejects with `UndecidedAppendError`. [DS10] A Yjs client is whose the first claim says, for good.
   */
  append(batch: JournalBatch): Promise<Map<RoomId, number>>
  /**
   * [DS3] The room as stored, read at one moment; a room nobody wrote to is empty with head 0. Never waits for an
   * append, and no append waits for it. What cannot be read without a hole rejects with `JournalHoleError`.
   */
  load(roomId: RoomId): Promise<StoredDocument>
  /** [DS4] The updates after `seq`, in order, without the quarantined ones; rejects with `JournalHoleError` when some are gone. */
  readSince(roomId: RoomId, seq: number): Promise<StoredUpdate[]>
  /** [DS12] The numbers of the last updates of these rooms; of one that nobody wrote to, none. */
  headsOf(roomIds: readonly RoomId[]): Promise<Map<RoomId, number>>
  /** [DS12] Whose these Yjs clients are in a room, as in `StoredDocument.clients`; those that are nobody's are left out. */
  findClients(roomId: RoomId, clients: readonly number[]): Promise<Map<number, string>>
  /**
   * [DS5] Adds a snapshot beside those there are. Resolves false, changing nothing, when the room has one of this
   * number already, sound or set aside, or not as many updates: any number of processes may try, and none does harm.
   */
  addSnapshot(roomId: RoomId, snapshot: Snapshot): Promise<boolean>
  /** [DS5] A room's sound snapshots, newest first, without their bytes. */
  listSnapshots(roomId: RoomId): Promise<Array<Pick<Snapshot, 'seq' | 'at' | 'label'>>>
  /** [DS5] One of a room's sound snapshots; undefined when there is none of this number. */
  readSnapshot(roomId: RoomId, seq: number): Promise<Snapshot | undefined>
  /** [DS6] Sets a record aside: loads leave it out from now on, and it is never purged. */
  quarantine(record: RecordId, reason: string): Promise<void>
  /**
   * [DS6] Stores an update that the room never took as one that was set aside, so that it can be looked into; resolves
   * the number that it was given.
   */
  addQuarantined(roomId: RoomId, entry: UpdateRecord, reason: string): Promise<number>
  /** [DS6] All that is set aside, or one room's. */
  listQuarantined(roomId?: RoomId): Promise<QuarantinedRecord[]>
  /**
   * [DS7] Gives a record back whose content was found sound: as the room's next update, since a snapshot may have
   * passed its old place. It is no longer listed; resolves its new number, or undefined when it was not in quarantine.
   */
  giveBack(record: RecordId, entry: UpdateRecord): Promise<number | undefined>
  /** [DS8] Takes away what is no longer needed; a load of any room is the same before and after. */
  purge(limits: PurgeLimits): Promise<Purged>
  /**
   * [DS11] From now on, all Yjs clients of `from`, in every room, are those of `to`: also those that are claimed later, since
   * what `from` has written may still be on its way here. The first transfer of a person stands, and `to` is never
   * transferred in turn.
   */
  transferClients(from: UserId, to: UserId): Promise<void>
  /** [DS9] Resolves when the store can write; rejects when it cannot. For readiness. */
  ping(): Promise<void>
}

/** The updates between two numbers are not there, and no snapshot holds them: to go on would lose them in silence. */
export class JournalHoleError extends Error {
  override readonly name = 'JournalHoleError'

  constructor(roomId: RoomId, after: number, next: number) {
    super(`room ${roomId}: the updates ${after + 1} to ${next - 1} are missing from the store`)
  }
}

/**
 * The answer of an append was lost, or it was refused while an earlier one of the same batch, whose answer was, may still be
 * under way: as long as that is so, the batch must be tried again as it is. Under other ids, its updates would be stored twice.
 */
export class UndecidedAppendError extends Error {
  override readonly name = 'UndecidedAppendError'
}

/**
 * The rule of [DS3] and [DS4]: from `after` to `head` every number is there or in quarantine. Throws `JournalHoleError`.
 */
export function proveNoHole(
  roomId: RoomId,
  range: { after: number; head: number },
  present: readonly number[],
  quarantined: readonly number[],
): void {
  let expected = range.after + 1
  for (const seq of [...present, ...quarantined].sort((a, b) => a - b)) {
    if (seq !== expected) throw new JournalHoleError(roomId, expected - 1, seq)
    expected += 1
  }
  if (expected !== range.head + 1) throw new JournalHoleError(roomId, expected - 1, range.head + 1)
}

/**
 * The rule of [DS8]: the numbers of those among a room's sound snapshots, newest first, that are neither named, nor the
 * two newest, nor to be kept.
 */
export function snapshotsToDrop(
  sound: ReadonlyArray<Pick<Snapshot, 'seq' | 'at' | 'label'>>,
  keep: PurgeLimits['keepSnapshot'],
): number[] {
  const dropped: number[] = []
  let newer: Pick<Snapshot, 'at'> | undefined
  for (const [index, snapshot] of sound.entries()) {
    if (index < 2 || snapshot.label !== null || (newer && keep(snapshot.at, newer.at))) newer = snapshot
    else dropped.push(snapshot.seq)
  }
  return dropped
}
