import { crc32 } from 'node:zlib'
import { roomIdSchema, type RoomId } from '@sketchroom/shared/ids'
import type { Kysely } from 'kysely'
import * as Y from 'yjs'
import { messageOf } from '../../errors.ts'
import type { DocumentStore, StoredDocument } from '../../ports/document-store.ts'
import type { Schema } from './schema.ts'

/** What was found out about the rooms of two stores. */
export interface Comparison {
  readonly same: number
  /** A line for each room that is not the same in both. */
  readonly differences: readonly string[]
  /** A line for each room that is the same in both, and not sound in either. */
  readonly damages: readonly string[]
}

/** Loads every room that a database lists from two stores, and compares what a server would open. */
export async function compareRooms(
  db: Kysely<Schema>,
  [first, second]: readonly [DocumentStore, DocumentStore],
): Promise<Comparison> {
  const rows = await db.selectFrom('room_documents').select('room_id').orderBy('room_id').execute()
  const [differences, damages]: [string[], string[]] = [[], []]
  for (const { room_id } of rows) {
    const roomId = roomIdSchema.parse(room_id)
    const [a, b] = [await read(first, roomId), await read(second, roomId)]
    const difference = compare(a, b)
    if (difference) differences.push(`room ${roomId}: ${difference}`)
    else if (a.fault) damages.push(`room ${roomId}: ${a.fault}`)
  }
  return { same: rows.length - differences.length, differences, damages }
}

/** A room as it was read, and what is wrong with it. */
interface Reading {
  readonly document: StoredDocument | undefined
  readonly fault: string | undefined
  readonly stateVector: Uint8Array | undefined
}

async function read(store: DocumentStore, roomId: RoomId): Promise<Reading> {
  let document: StoredDocument | undefined
  try {
    document = await store.load(roomId)
    const { snapshot, tail } = document
    const records = [...(snapshot ? [{ ...snapshot, update: snapshot.bytes }] : []), ...tail]
    const forgotten = records.find(({ update, crc }) => crc32(update) !== crc)
    if (forgotten) throw new Error(`the bytes up to update ${forgotten.seq} are not those that were written`)
    const updates = records.map(({ update }) => update)
    const stateVector = updates.length === 0 ? undefined : Y.encodeStateVectorFromUpdate(Y.mergeUpdates(updates))
    return { document, fault: undefined, stateVector }
  } catch (error) {
    return { document, fault: messageOf(error), stateVector: undefined }
  }
}

function compare(a: Reading, b: Reading): string | undefined {
  if (a.fault !== b.fault) return `${a.fault ?? 'sound'} in the one, ${b.fault ?? 'sound'} in the other`
  const [one, other] = [a.document, b.document]
  if (!one || !other) return undefined
  if (one.head !== other.head) return `update ${one.head} is the last in the one, ${other.head} in the other`
  const [snapshot, otherSnapshot] = [plain(one.snapshot), plain(other.snapshot)]
  if (snapshot !== otherSnapshot) return 'the snapshots are not the same'
  if (one.tail.length !== other.tail.length)
    return `${one.tail.length} updates in the one, ${other.tail.length} in the other`
  const at = one.tail.findIndex((update, index) => plain(update) !== plain(other.tail[index]))
  if (at !== -1) return `update ${one.tail[at]?.seq} is not the same`
  if (plain(one.quarantined) !== plain(other.quarantined)) return 'not the same records are set aside'
  if (plain(a.stateVector) !== plain(b.stateVector)) return 'the drawings are not in the same state'
  return undefined
}

/** A value as text that is the same when everything in it is. */
function plain(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part,
  )
}
