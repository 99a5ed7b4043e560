import { setTimeout as wait } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import { snapshotContext, updateContext } from '../encryption/contexts.ts'
import { HEAD_BYTES, type Keyring } from '../encryption/keyring.ts'
import { ALL_NOTED_MS, KeyError, requireKeysInUse } from './admit-keys.ts'
import { requireSameVersion } from './export-database.ts'
import { openForWriting, type ReadingPlace } from './open-reading.ts'
import type { Schema } from './schema.ts'
import type { RecordTable } from './table-keys.ts'

/** So many rows are looked at in one go; of those that are due, at most so many bytes are written in one commit. */
const PAGE_ROWS = 200
const COMMIT_BYTES = 1024 * 1024
/** How long the write lock is left to others after each commit. */
const BREATH_MS = 20

/** What became of the values of a database. */
export interface Reencrypted {
  readonly written: number
  /** Where they were neither plain nor what was encrypted: damaged, and left as they are. */
  readonly damaged: readonly string[]
  /** The names of other keys, by which a server goes on writing. */
  readonly stillUsed: readonly string[]
}

/**
 * Encrypts by the first key all that is plain, or encrypted by another, while servers go on. It may be ended and run
 * again. When nothing is left of the other keys, and in `settleMs` no server notes that it writes by one, they are no longer
 * needed. Rejects with `KeyError` when keys are missing, or
 * no server has been started with the first one, as it would go on writing by another.
 */
export async function reencryptDocuments(
  place: ReadingPlace,
  keyring: Keyring,
  { settleMs = ALL_NOTED_MS }: { settleMs?: number } = {},
): Promise<Reencrypted> {
  const db = await openForWriting(place)
  try {
    await requireSameVersion(db)
    await requireKeysInUse(db, keyring)
    const [first] = keyring.names
    if (!first) throw new KeyError('ENCRYPTION_KEY is not set: there is no key to encrypt by')
    const found = [
      await reencryptTable(db, keyring, 'room_updates'),
      await reencryptTable(db, keyring, 'room_snapshots'),
    ]
    const damaged = found.flatMap((each) => each.damaged)
    const stillUsed = damaged.length === 0 ? await forgetOthers(db, first.id, settleMs) : []
    return { written: found.reduce((sum, { written }) => sum + written, 0), damaged, stillUsed }
  } finally {
    await db.destroy()
  }
}

/** Answers those that a server has noted again. */
async function forgetOthers(db: Kysely<Schema>, first: string, settleMs: number): Promise<string[]> {
  const others = await db.deleteFrom('encryption_keys').where('id', '!=', first).executeTakeFirst()
  if (others.numDeletedRows === 0n) return []
  await wait(settleMs)
  const noted = await db.selectFrom('encryption_keys').select('id').where('id', '!=', first).execute()
  return noted.map(({ id }) => id)
}

async function reencryptTable(
  db: Kysely<Schema>,
  keyring: Keyring,
  table: RecordTable,
): Promise<Omit<Reencrypted, 'stillUsed'>> {
  const head = Buffer.from(keyring.head ?? [])
  const damaged: string[] = []
  let written = 0
  for (let last: RowKey = { room_id: '', seq: 0 }; ;) {
    const { rows } = await sql<RowKey & { head: Uint8Array }>`
      select room_id, seq, substr(bytes, 1, ${sql.lit(HEAD_BYTES)}) as head from ${sql.table(table)}
      where (room_id, seq) > (${last.room_id}, ${last.seq}) order by room_id, seq limit ${sql.lit(PAGE_ROWS)}
    `.execute(db)
    const end = rows.at(-1)
    if (!end) return { written, damaged }
    let sealed: SealedRow[] = []
    for (const key of rows.filter((row) => !head.equals(row.head))) {
      const row = await sealAnew(db, keyring, table, key)
      if (row === 'damaged')
        damaged.push(`room ${key.room_id}: ${table === 'room_updates' ? 'update' : 'snapshot'} ${key.seq}`)
      else if (row) sealed.push(row)
      if (sealed.reduce((sum, { bytes }) => sum + bytes.length, 0) < COMMIT_BYTES) continue
      written += await write(db, table, sealed)
      sealed = []
    }
    written += await write(db, table, sealed)
    last = end
  }
}

interface RowKey {
  readonly room_id: string
  readonly seq: number
}

interface SealedRow extends RowKey {
  readonly bytes: Uint8Array
}

/** Undefined when the clean-up has taken the row meanwhile. */
async function sealAnew(
  db: Kysely<Schema>,
  keyring: Keyring,
  table: RecordTable,
  { room_id, seq }: RowKey,
): Promise<SealedRow | 'damaged' | undefined> {
  const row = await db
    .selectFrom(table)
    .selectAll()
    .where('room_id', '=', room_id)
    .where('seq', '=', seq)
    .executeTakeFirst()
  if (!row) return undefined
  const context = 'author' in row ? updateContext(room_id, row) : snapshotContext(room_id, row)
  const plain = await keyring.open(row.bytes, context)
  return plain ? { room_id, seq, bytes: await keyring.seal(plain, context) } : 'damaged'
}

async function write(db: Kysely<Schema>, table: RecordTable, rows: readonly SealedRow[]): Promise<number> {
  if (rows.length === 0) return 0
  await db.transaction().execute(async (trx) => {
    for (const { room_id, seq, bytes } of rows) {
      await trx.updateTable(table).set({ bytes }).where('room_id', '=', room_id).where('seq', '=', seq).execute()
    }
  })
  await wait(BREATH_MS)
  return rows.length
}
