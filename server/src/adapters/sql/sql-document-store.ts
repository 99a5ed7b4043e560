import type { RoomId, UserId } from '@sketchroom/shared/ids'
import { sql, type Kysely, type RawBuilder } from 'kysely'
import {
  proveNoHole,
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
import { purgeBatches, purgeRooms } from './purge-documents.ts'
import { addQuarantined, giveBack, listQuarantined } from './quarantined-records.ts'
import type { Schema } from './schema.ts'

/** Each is a parameter of its own in the statement, and engines bound those. */
const MAX_ASKED = 1_000

/** What each engine does in its own way. */
export interface DocumentEngine {
  /** For everything but appends, which never wait for what runs here, but for its writes. */
  readonly db: Kysely<Schema>
  /** For reading one room: where that can begin at once. */
  readonly loads: Kysely<Schema>
  append(batch: JournalBatch): Promise<Map<RoomId, number>>
  ping(): Promise<void>
  /** Gives back to the disk what a clean-up freed. */
  shrink(): Promise<void>
}

/**
 * Documents in the tables `room_documents`, `room_updates`, `room_snapshots`, `room_clients`, `client_transfers` and
 * `journal_batches`.
 */
export class SqlDocumentStore implements DocumentStore {
  readonly #engine: DocumentEngine

  constructor(engine: DocumentEngine) {
    this.#engine = engine
  }

  append(batch: JournalBatch): Promise<Map<RoomId, number>> {
    return this.#engine.append(batch)
  }

  async load(roomId: RoomId): Promise<StoredDocument> {
    // One statement sees one moment, in every engine.
    const { rows } = await sql<DocumentRow>`
      select 'update' as kind, seq, author as text, at, crc, quarantined, ranges, bytes from room_updates
      where room_id = ${roomId} and seq > coalesce(${newestSnapshot(roomId)}, 0)
      union all
      select 'snapshot', seq, label, at, crc, null, ranges, bytes from room_snapshots
      where room_id = ${roomId} and seq = ${newestSnapshot(roomId)}
      union all
      select 'head', head, null, 0, 0, null, null, null from room_documents where room_id = ${roomId}
      union all
      select 'client', client, coalesce(to_user, user_id), 0, 0, null, null, null
      from room_clients left join client_transfers on from_user = user_id where room_id = ${roomId}
    `.execute(this.#engine.loads)
    const snapshot = rows.find(({ kind }) => kind === 'snapshot')
    const head = rows.find(({ kind }) => kind === 'head')?.seq ?? 0
    const { sound, quarantined } = sortUpdates(rows)
    const after = snapshot?.seq ?? 0
    proveNoHole(
      roomId,
      { after, head },
      sound.map(({ seq }) => seq),
      quarantined,
    )
    const clients = new Map(
      rows.flatMap(({ kind, seq, text }) => (kind === 'client' ? [[seq, text ?? ''] as const] : [])),
    )
    return { snapshot: snapshot ? toSnapshot(snapshot) : null, head, tail: sound, quarantined, clients }
  }

  async readSince(roomId: RoomId, after: number): Promise<StoredUpdate[]> {
    const { rows } = await sql<DocumentRow>`
      select 'update' as kind, seq, author as text, at, crc, quarantined, ranges, bytes from room_updates
      where room_id = ${roomId} and seq > ${after}
      union all
      select 'head', head, null, 0, 0, null, null, null from room_documents where room_id = ${roomId}
    `.execute(this.#engine.loads)
    const head = Math.max(rows.find(({ kind }) => kind === 'head')?.seq ?? 0, after)
    const { sound, quarantined } = sortUpdates(rows)
    proveNoHole(
      roomId,
      { after, head },
      sound.map(({ seq }) => seq),
      quarantined,
    )
    return sound
  }

  async headsOf(roomIds: readonly RoomId[]): Promise<Map<RoomId, number>> {
    const heads = new Map<RoomId, number>()
    for (let from = 0; from < roomIds.length; from += MAX_ASKED) {
      const rows = await this.#engine.db
        .selectFrom('room_documents')
        .select(['room_id', 'head'])
        .where('room_id', 'in', roomIds.slice(from, from + MAX_ASKED))
        .execute()
      for (const { room_id, head } of rows) heads.set(room_id as RoomId, head)
    }
    return heads
  }

  async findClients(roomId: RoomId, clients: readonly number[]): Promise<Map<number, string>> {
    const owners = new Map<number, string>()
    for (let from = 0; from < clients.length; from += MAX_ASKED) {
      const rows = await this.#engine.db
        .selectFrom('room_clients')
        .leftJoin('client_transfers', 'from_user', 'user_id')
        .select(({ fn }) => ['client', fn.coalesce('to_user', 'user_id').as('owner')])
        .where('room_id', '=', roomId)
        .where('client', 'in', clients.slice(from, from + MAX_ASKED))
        .execute()
      for (const { client, owner } of rows) owners.set(client, owner)
    }
    return owners
  }

  async addSnapshot(roomId: RoomId, { seq, at, label, crc, ranges, bytes }: Snapshot): Promise<boolean> {
    // A head only ever grows, so that what is read here stays true.
    const document = await this.#engine.db
      .selectFrom('room_documents')
      .select('head')
      .where('room_id', '=', roomId)
      .executeTakeFirst()
    if (seq < 1 || seq > (document?.head ?? 0)) return false
    const result = await this.#engine.db
      .insertInto('room_snapshots')
      .values({ room_id: roomId, seq, at, label, crc, quarantined: null, ranges, bytes })
      .onConflict((conflict) => conflict.columns(['room_id', 'seq']).doNothing())
      .executeTakeFirst()
    return Number(result.numInsertedOrUpdatedRows) > 0
  }

  async listSnapshots(roomId: RoomId): Promise<Array<Pick<Snapshot, 'seq' | 'at' | 'label'>>> {
    return await this.#engine.db
      .selectFrom('room_snapshots')
      .select(['seq', 'at', 'label'])
      .where('room_id', '=', roomId)
      .where('quarantined', 'is', null)
      .orderBy('seq', 'desc')
      .execute()
  }

  async readSnapshot(roomId: RoomId, seq: number): Promise<Snapshot | undefined> {
    const row = await this.#engine.loads
      .selectFrom('room_snapshots')
      .select(['seq', 'label', 'at', 'crc', 'ranges', 'bytes'])
      .where('room_id', '=', roomId)
      .where('seq', '=', seq)
      .where('quarantined', 'is', null)
      .executeTakeFirst()
    return row && toSnapshot({ ...row, text: row.label })
  }

  async quarantine({ roomId, kind, seq }: RecordId, reason: string): Promise<void> {
    await this.#engine.db
      .updateTable(kind === 'update' ? 'room_updates' : 'room_snapshots')
      .set({ quarantined: reason })
      .where('room_id', '=', roomId)
      .where('seq', '=', seq)
      .execute()
  }

  async addQuarantined(roomId: RoomId, entry: UpdateRecord, reason: string): Promise<number> {
    return await addQuarantined(this.#engine.db, roomId, entry, reason)
  }

  async listQuarantined(roomId?: RoomId): Promise<QuarantinedRecord[]> {
    return await listQuarantined(this.#engine.db, roomId)
  }

  async giveBack(record: RecordId, entry: UpdateRecord): Promise<number | undefined> {
    return await giveBack(this.#engine.db, record, entry)
  }

  async purge(limits: PurgeLimits): Promise<Purged> {
    const purged = await purgeRooms(this.#engine.db, limits)
    const batches = await purgeBatches(this.#engine.db, limits)
    if (!limits.signal?.aborted) await this.#engine.shrink()
    return { ...purged, batches }
  }

  async transferClients(from: UserId, to: UserId): Promise<void> {
    await this.#engine.db
      .insertInto('client_transfers')
      .values({ from_user: from, to_user: to })
      .onConflict((conflict) => conflict.column('from_user').doNothing())
      .execute()
  }

  ping(): Promise<void> {
    return this.#engine.ping()
  }
}

/** A row of a load: an update, a snapshot, the room's head as `seq`, or a Yjs client as `seq`. */
interface DocumentRow {
  readonly kind: 'update' | 'snapshot' | 'head' | 'client'
  readonly seq: number
  /** The author of an update, the label of a snapshot, whose a client is. */
  readonly text: string | null
  readonly at: number
  readonly crc: number
  readonly quarantined: string | null
  readonly ranges: Uint8Array
  readonly bytes: Uint8Array
}

function newestSnapshot(roomId: RoomId): RawBuilder<number> {
  return sql`(select max(seq) from room_snapshots where room_id = ${roomId} and quarantined is null)`
}

function sortUpdates(rows: readonly DocumentRow[]): { sound: StoredUpdate[]; quarantined: number[] } {
  // No engine promises the order of a union's rows.
  const updates = rows.filter(({ kind }) => kind === 'update').sort((a, b) => a.seq - b.seq)
  const sound = updates.filter(({ quarantined }) => quarantined === null)
  return {
    sound: sound.map(({ seq, text, at, crc, ranges, bytes }) => ({
      seq,
      update: bytes,
      author: text,
      at,
      ranges,
      crc,
    })),
    quarantined: updates.filter(({ quarantined }) => quarantined !== null).map(({ seq }) => seq),
  }
}

function toSnapshot({ seq, bytes, ranges, crc, at, text }: Omit<DocumentRow, 'kind' | 'quarantined'>): Snapshot {
  return { seq, bytes, ranges, crc, at, label: text }
}
