import type { Kysely } from 'kysely'
import { Keyring } from '../adapters/encryption/keyring.ts'
import { requireKeys } from '../adapters/sql/admit-keys.ts'
import { checkRelations } from '../adapters/sql/check-relations.ts'
import { requireSameVersion } from '../adapters/sql/export-database.ts'
import { atOneMoment, openForReading, type ReadingPlace } from '../adapters/sql/open-reading.ts'
import { findListedId, listRoomIds, openRoomRecords } from '../adapters/sql/room-records.ts'
import type { Schema } from '../adapters/sql/schema.ts'
import { verifyRoom } from '../core/documents/verify-room.ts'

/** What was found out about all that is stored. */
export interface StorageFindings {
  readonly rooms: number
  readonly updates: number
  readonly snapshots: number
  /** How many of the snapshots were held against what came before them. */
  readonly proven: number
  readonly faults: readonly string[]
  readonly setAside: readonly string[]
}

/**
 * Checks all rooms and what holds between them, also beside a server that uses the database. Rejects with `VersionError`
 * when it is of another version, and
 * with `KeyError` when a key is missing by which something may be encrypted.
 */
export async function verifyStorage(place: ReadingPlace, keyring = new Keyring([])): Promise<StorageFindings> {
  const db = await openForReading(place)
  try {
    await requireSameVersion(db)
    await requireKeys(db, keyring)
    return await verifyAll(db, place, keyring)
  } finally {
    await db.destroy()
  }
}

async function verifyAll(
  db: Kysely<Schema>,
  { databaseUrl }: ReadingPlace,
  keyring: Keyring,
): Promise<StorageFindings> {
  const faults = await atOneMoment(db, (trx) => checkRelations(trx, { isSqlite: databaseUrl === undefined }))
  const setAside: string[] = []
  let [updates, snapshots, proven] = [0, 0, 0]
  const ids = await listRoomIds(db)
  for (const id of ids) {
    const roomId = findListedId(id)
    if (!roomId) {
      faults.push(`room ${id}: this is no room's id`)
      continue
    }
    const found = await atOneMoment(db, async (trx) => await verifyRoom(await openRoomRecords(trx, roomId, keyring)))
    updates += found.updates
    snapshots += found.snapshots
    proven += found.proven
    faults.push(...found.faults.map((fault) => `room ${id}: ${fault}`))
    setAside.push(...found.setAside.map((record) => `room ${id}: ${record}`))
  }
  return { rooms: ids.length, updates, snapshots, proven, faults, setAside }
}
