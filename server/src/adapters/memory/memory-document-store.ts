import type { RoomId, UserId } from '@sketchroom/shared/ids'
import {
  proveNoHole,
  snapshotsToDrop,
  type DocumentStore,
  type JournalBatch,
  type Purged,
  type PurgeLimits,
  type QuarantinedRecord,
  type RecordId,
  type Snapshot,
  type StoredDocument,
  type StoredUpdate,
  type UpdateRecord,
} from '../../ports/document-store.ts'

type Row<T> = T & { quarantined: string | null }

interface MemoryDocument {
  head: number
  updates: Array<Row<StoredUpdate>>
  /** Newest last. */
  snapshots: Array<Row<Snapshot>>
  clients: Map<number, string>
}

/** Documents for as long as the process lives: for tests, and to measure what durability costs. */
export class MemoryDocumentStore implements DocumentStore {
  readonly #documents = new Map<RoomId, MemoryDocument>()
  /** Whose the Yjs clients of a person are who is somebody else by now. */
  readonly #transfers = new Map<string, UserId>()
  readonly #batches = new Map<string, { at: number; firstSeqs: Map<RoomId, number> }>()

  async append({ id, rooms }: JournalBatch): Promise<Map<RoomId, number>> {
    const known = this.#batches.get(id)
    if (known) return new Map(known.firstSeqs)
    const firstSeqs = new Map<RoomId, number>()
    for (const { roomId, entries } of rooms) {
      if (entries.length > 0) firstSeqs.set(roomId, this.#append(roomId, entries))
    }
    this.#batches.set(id, { at: rooms[0]?.entries[0]?.at ?? 0, firstSeqs })
    return new Map(firstSeqs)
  }

  async load(roomId: RoomId): Promise<StoredDocument> {
    const { head, updates, snapshots, clients } = this.#of(roomId)
    const snapshot = snapshots.findLast(({ quarantined }) => quarantined === null) ?? null
    const after = snapshot?.seq ?? 0
    const rows = updates.filter(({ seq }) => seq > after)
    const quarantined = rows.filter((row) => row.quarantined !== null).map(({ seq }) => seq)
    const tail = rows.filter((row) => row.quarantined === null).map(toUpdate)
    proveNoHole(
      roomId,
      { after, head },
      tail.map(({ seq }) => seq),
      quarantined,
    )
    const owners = new Map([...clients].map(([client, owner]) => [client, this.#transfers.get(owner) ?? owner]))
    return { snapshot: snapshot && toSnapshot(snapshot), head, tail, quarantined, clients: owners }
  }

  async readSince(roomId: RoomId, after: number): Promise<StoredUpdate[]> {
    const { head, updates } = this.#of(roomId)
    const rows = updates.filter(({ seq }) => seq > after)
    const quarantined = rows.filter((row) => row.quarantined !== null).map(({ seq }) => seq)
    const present = rows.filter((row) => row.quarantined === null).map(toUpdate)
    proveNoHole(
      roomId,
      { after, head: Math.max(head, after) },
      present.map(({ seq }) => seq),
      quarantined,
    )
    return present
  }

  async headsOf(roomIds: readonly RoomId[]): Promise<Map<RoomId, number>> {
    return new Map(
      roomIds.flatMap((roomId) => {
        const head = this.#documents.get(roomId)?.head
        return head ? [[roomId, head] as const] : []
      }),
    )
  }

  async findClients(roomId: RoomId, clients: readonly number[]): Promise<Map<number, string>> {
    const owners = this.#of(roomId).clients
    return new Map(
      clients.flatMap((client) => {
        const owner = owners.get(client)
        return owner === undefined ? [] : [[client, this.#transfers.get(owner) ?? owner] as const]
      }),
    )
  }

  async addSnapshot(roomId: RoomId, snapshot: Snapshot): Promise<boolean> {
    const { head, snapshots } = this.#of(roomId)
    if (snapshot.seq < 1 || snapshot.seq > head) return false
    const same = snapshots.findIndex(({ seq }) => seq === snapshot.seq)
    if (same !== -1) return false
    snapshots.push({ ...snapshot, quarantined: null })
    snapshots.sort((a, b) => a.seq - b.seq)
    return true
  }

  async listSnapshots(roomId: RoomId): Promise<Array<Pick<Snapshot, 'seq' | 'at' | 'label'>>> {
    const sound = this.#of(roomId).snapshots.filter(({ quarantined }) => quarantined === null)
    return sound.toReversed().map(({ seq, at, label }) => ({ seq, at, label }))
  }

  async readSnapshot(roomId: RoomId, seq: number): Promise<Snapshot | undefined> {
    const row = this.#of(roomId).snapshots.find((each) => each.seq === seq && each.quarantined === null)
    return row && toSnapshot(row)
  }

  async quarantine({ roomId, kind, seq }: RecordId, reason: string): Promise<void> {
    const { updates, snapshots } = this.#of(roomId)
    const row = (kind === 'update' ? updates : snapshots).find((each) => each.seq === seq)
    if (row) row.quarantined = reason
  }

  async addQuarantined(roomId: RoomId, entry: UpdateRecord, reason: string): Promise<number> {
    const seq = this.#append(roomId, [entry])
    await this.quarantine({ roomId, kind: 'update', seq }, reason)
    return seq
  }

  async listQuarantined(roomId?: RoomId): Promise<QuarantinedRecord[]> {
    const found: QuarantinedRecord[] = []
    for (const [id, { updates, snapshots }] of this.#documents) {
      if (roomId !== undefined && id !== roomId) continue
      for (const { seq, quarantined, bytes, crc, at } of snapshots) {
        if (quarantined === null) continue
        found.push({ roomId: id, kind: 'snapshot', seq, reason: quarantined, bytes, crc, author: null, at })
      }
      for (const { seq, quarantined, update, crc, author, at } of updates) {
        if (quarantined === null || quarantined === GIVEN_BACK) continue
        found.push({ roomId: id, kind: 'update', seq, reason: quarantined, bytes: update, crc, author, at })
      }
    }
    return found
  }

  async giveBack({ roomId, kind, seq }: RecordId, entry: UpdateRecord): Promise<number | undefined> {
    const document = this.#of(roomId)
    const isListed = (row: Row<{ seq: number }>) =>
      row.seq === seq && row.quarantined !== null && row.quarantined !== GIVEN_BACK
    if (kind === 'snapshot') {
      const at = document.snapshots.findIndex(isListed)
      if (at === -1) return undefined
      document.snapshots.splice(at, 1)
    } else {
      const row = document.updates.find(isListed)
      if (!row) return undefined
      row.quarantined = GIVEN_BACK
    }
    return this.#append(roomId, [entry])
  }

  async purge(limits: PurgeLimits): Promise<Purged> {
    let [updates, snapshots, batches] = [0, 0, 0]
    if (limits.signal?.aborted) return { updates, snapshots, batches }
    for (const document of this.#documents.values()) {
      const sound = document.snapshots.filter(({ quarantined }) => quarantined === null)
      const dropped = new Set(snapshotsToDrop(sound.toReversed(), limits.keepSnapshot))
      document.snapshots = document.snapshots.filter(
        ({ seq, quarantined }) => quarantined !== null || !dropped.has(seq),
      )
      snapshots += dropped.size
      const heldBy = sound.filter(({ seq }) => !dropped.has(seq)).at(-2)?.seq ?? 0
      const before = document.updates.length
      document.updates = document.updates.filter(
        ({ seq, at, quarantined }) =>
          seq > heldBy || at >= limits.updatesBefore || (quarantined !== null && quarantined !== GIVEN_BACK),
      )
      updates += before - document.updates.length
    }
    for (const [id, { at }] of this.#batches) {
      if (at < limits.batchesBefore && this.#batches.delete(id)) batches += 1
    }
    return { updates, snapshots, batches }
  }

  async transferClients(from: UserId, to: UserId): Promise<void> {
    if (!this.#transfers.has(from)) this.#transfers.set(from, to)
  }

  async ping(): Promise<void> {}

  #of(roomId: RoomId): MemoryDocument {
    return this.#documents.get(roomId) ?? { head: 0, updates: [], snapshots: [], clients: new Map() }
  }

  #append(roomId: RoomId, entries: readonly UpdateRecord[]): number {
    const document = this.#of(roomId)
    this.#documents.set(roomId, document)
    const first = document.head + 1
    for (const entry of entries) {
      document.updates.push({ ...entry, seq: ++document.head, quarantined: null })
      for (const [client, userId] of entry.claims ?? []) {
        if (!document.clients.has(client)) document.clients.set(client, userId)
      }
    }
    return first
  }
}

/** In place of a reason, on a record whose content has come back as a later update. */
const GIVEN_BACK = 'given back'

function toUpdate({ seq, update, author, at, ranges, crc }: StoredUpdate): StoredUpdate {
  return { seq, update, author, at, ranges, crc }
}

function toSnapshot({ seq, bytes, ranges, crc, at, label }: Snapshot): Snapshot {
  return { seq, bytes, ranges, crc, at, label }
}
