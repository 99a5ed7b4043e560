import type { RoomId, UserId } from '@sketchroom/shared/ids'
import type {
  DocumentStore,
  JournalBatch,
  Purged,
  PurgeLimits,
  QuarantinedRecord,
  RecordId,
  RoomAppend,
  Snapshot,
  StoredDocument,
  StoredUpdate,
  UpdateRecord,
} from '../../ports/document-store.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { snapshotContext, updateContext } from './contexts.ts'
import type { Keyring } from './keyring.ts'

/** After so long, others have their turn. Where the process is busy a turn is long, so that there must not be many. */
const IN_ONE_GO_MS = 2

/**
 * A document store of which another holds what is sealed: updates, snapshots, and what was set aside. A value that does not
 * open is answered as it is stored, so that its checksum tells whoever reads it that it is damaged. One whose key is
 * missing rejects with `UnknownKeyError`: that is no damage.
 */
export class EncryptedDocumentStore implements DocumentStore {
  readonly #store: DocumentStore
  readonly #keyring: Keyring

  constructor(store: DocumentStore, keyring: Keyring) {
    this.#store = store
    this.#keyring = keyring
  }

  async append(batch: JournalBatch): Promise<Map<RoomId, number>> {
    // Most have no key, and their commits are not to wait for turns in which there is nothing to do.
    if (!this.#keyring.head) return await this.#store.append(batch)
    const { id, rooms } = batch
    const sealed: RoomAppend[] = []
    for (const { roomId, entries } of rooms) {
      sealed.push({ roomId, entries: await eachInTurn(entries, (entry) => this.#seal(roomId, entry)) })
    }
    return await this.#store.append({ id, rooms: sealed })
  }

  async load(roomId: RoomId): Promise<StoredDocument> {
    const { snapshot, tail, ...rest } = await this.#store.load(roomId)
    return {
      ...rest,
      snapshot: snapshot && (await this.#openSnapshot(roomId, snapshot)),
      tail: await this.#openAll(roomId, tail),
    }
  }

  async readSince(roomId: RoomId, seq: number): Promise<StoredUpdate[]> {
    return await this.#openAll(roomId, await this.#store.readSince(roomId, seq))
  }

  async addSnapshot(roomId: RoomId, snapshot: Snapshot): Promise<boolean> {
    const bytes = await this.#keyring.seal(snapshot.bytes, snapshotContext(roomId, snapshot))
    return await this.#store.addSnapshot(roomId, { ...snapshot, bytes })
  }

  headsOf(roomIds: readonly RoomId[]): Promise<Map<RoomId, number>> {
    return this.#store.headsOf(roomIds)
  }

  findClients(roomId: RoomId, clients: readonly number[]): Promise<Map<number, string>> {
    return this.#store.findClients(roomId, clients)
  }

  listSnapshots(roomId: RoomId): Promise<Array<Pick<Snapshot, 'seq' | 'at' | 'label'>>> {
    return this.#store.listSnapshots(roomId)
  }

  async readSnapshot(roomId: RoomId, seq: number): Promise<Snapshot | undefined> {
    const snapshot = await this.#store.readSnapshot(roomId, seq)
    return snapshot && (await this.#openSnapshot(roomId, snapshot))
  }

  quarantine(record: RecordId, reason: string): Promise<void> {
    return this.#store.quarantine(record, reason)
  }

  async addQuarantined(roomId: RoomId, entry: UpdateRecord, reason: string): Promise<number> {
    return await this.#store.addQuarantined(roomId, await this.#seal(roomId, entry), reason)
  }

  async listQuarantined(roomId?: RoomId): Promise<QuarantinedRecord[]> {
    return await eachInTurn(await this.#store.listQuarantined(roomId), async (record) => {
      const { kind, bytes } = record
      const context = kind === 'update' ? updateContext(record.roomId, record) : snapshotContext(record.roomId, record)
      return { ...record, bytes: (await this.#keyring.open(bytes, context)) ?? bytes }
    })
  }

  async giveBack(record: RecordId, entry: UpdateRecord): Promise<number | undefined> {
    return await this.#store.giveBack(record, await this.#seal(record.roomId, entry))
  }

  purge(limits: PurgeLimits): Promise<Purged> {
    return this.#store.purge(limits)
  }

  transferClients(from: UserId, to: UserId): Promise<void> {
    return this.#store.transferClients(from, to)
  }

  ping(): Promise<void> {
    return this.#store.ping()
  }

  async #seal(roomId: RoomId, entry: UpdateRecord): Promise<UpdateRecord> {
    return { ...entry, update: await this.#keyring.seal(entry.update, updateContext(roomId, entry)) }
  }

  async #openAll(roomId: RoomId, updates: readonly StoredUpdate[]): Promise<StoredUpdate[]> {
    return await eachInTurn(updates, async (each) => ({
      ...each,
      update: (await this.#keyring.open(each.update, updateContext(roomId, each))) ?? each.update,
    }))
  }

  async #openSnapshot(roomId: RoomId, snapshot: Snapshot): Promise<Snapshot> {
    const { bytes } = snapshot
    return { ...snapshot, bytes: (await this.#keyring.open(bytes, snapshotContext(roomId, snapshot))) ?? bytes }
  }
}

async function eachInTurn<T, R>(values: readonly T[], act: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let begunAt = performance.now()
  for (const value of values) {
    if (performance.now() - begunAt > IN_ONE_GO_MS) {
      await nextTurn()
      begunAt = performance.now()
    }
    results.push(await act(value))
  }
  return results
}
