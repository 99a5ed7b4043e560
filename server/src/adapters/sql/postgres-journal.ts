import type { RoomId } from '@sketchroom/shared/ids'
import { DatabaseError, type Pool, type QueryConfig } from 'pg'
import { UndecidedAppendError, type JournalBatch } from '../../ports/document-store.ts'
import { packBatch, toFirstSeqs, type PackedBatch } from './packed-batch.ts'
import { isUniqueViolation, SqlError } from './sql-database.ts'

/**
 * A whole batch in one statement, and so in one round trip and one transaction. Its rooms are locked in their order. A
 * batch that was appended before writes nothing and answers what is stored; one that is in flight twice at once waits
 * for the rooms of the other, and then fails at the last insert, with all that it did.
 */
const APPEND = `
  with room as (
    select * from unnest($3::text[], $4::int[]) with ordinality as room (room_id, entries, place)
  ),
  advanced as (
    insert into room_documents (room_id, head)
    select room_id, entries from room where not exists (select from journal_batches where id = $1) order by place
    on conflict (room_id) do update set head = room_documents.head + excluded.head
    returning room_id, head
  ),
  numbered as (
    select room_id, place, head - entries + 1 as first_seq from advanced join room using (room_id)
  ),
  written as (
    insert into room_updates (room_id, seq, author, at, crc, ranges, bytes)
    select room_id, first_seq + index, author, at, crc,
      substring($13::bytea from starts_at + 1 for ranges_length),
      substring($13::bytea from starts_at + ranges_length + 1 for update_length)
    from unnest($5::int[], $6::int[], $7::text[], $8::bigint[], $9::bigint[], $10::int[], $11::int[], $12::int[])
      as entry (place, index, author, at, crc, starts_at, ranges_length, update_length)
    join numbered using (place)
  ),
  claimed as (
    insert into room_clients (room_id, client, user_id)
    select room_id, client, user_id
    from unnest($14::int[], $15::bigint[], $16::text[]) as claim (place, client, user_id) join numbered using (place)
    on conflict do nothing
  ),
  answered as (
    insert into journal_batches (id, at, first_seqs)
    select $1::text, $2::bigint, json_agg(first_seq order by place)::text from numbered having count(*) > 0
    returning first_seqs
  )
  select first_seqs from answered union all select first_seqs from journal_batches where id = $1
`

/** How long an answer is waited for, beside what the slowest line to a database takes for the batch. */
const ANSWER_MS = 3_000
const SLOWEST_BYTES_PER_MS = 100

/** Codes that a connection ends with, and the server's work perhaps not: its own end, or that of the line. */
const LOST = /^(08|57P)/
/** Those of a statement that came as far as writing: by then it had waited for every other attempt. */
const WROTE = /^2[23]/

/** How batches are appended over a pool: answers the number that the first update of each room was given. */
export function createPostgresAppend(pool: Pool): (batch: JournalBatch) => Promise<Map<RoomId, number>> {
  /** Batches of which an attempt had no answer: it may still be under way there, and hold its rooms. */
  const unanswered = new Set<string>()

  return async (batch) => {
    const packed = packBatch(batch)
    if (packed.roomIds.length === 0) return new Map()
    try {
      const firstSeqs = await appendOrFind(pool, packed)
      unanswered.delete(batch.id)
      return toFirstSeqs(packed.roomIds, firstSeqs)
    } catch (error) {
      const code = error instanceof DatabaseError ? (error.code ?? '') : ''
      if (code === '' || LOST.test(code)) {
        unanswered.add(batch.id)
        throw new UndecidedAppendError('the answer was lost', { cause: error })
      }
      if (!unanswered.has(batch.id)) throw error
      if (!WROTE.test(code)) throw new UndecidedAppendError('an earlier attempt may be under way', { cause: error })
      unanswered.delete(batch.id)
      throw error
    }
  }
}

async function appendOrFind(pool: Pool, batch: PackedBatch): Promise<number[]> {
  try {
    return await append(pool, batch)
  } catch (error) {
    // The same batch was in flight twice. What the other did is there to be read, now that this one has waited for it.
    if (!isUniqueViolation(error)) throw error
    return await append(pool, batch)
  }
}

async function append(pool: Pool, batch: PackedBatch): Promise<number[]> {
  const { id, at, roomIds, counts, authors, times, crcs, rangesLengths, updateLengths, blobs } = batch
  const [places, indexes, starts]: [number[], number[], number[]] = [[], [], []]
  let start = 0
  for (const [room, count] of counts.entries()) {
    for (let index = 0; index < count; index++) {
      start += entryLength(batch, starts.push(start) - 1)
      places.push(room + 1)
      indexes.push(index)
    }
  }
  const { rows } = await pool.query<{ first_seqs: string }>({
    name: 'append',
    text: APPEND,
    values: [
      id,
      at,
      roomIds,
      counts,
      places,
      indexes,
      authors,
      times,
      crcs,
      starts,
      rangesLengths,
      updateLengths,
      Buffer.from(blobs),
      batch.claimRooms.map((room) => room + 1),
      batch.claimClients,
      batch.claimUsers,
    ],
    // Where the line was cut without a word, a connection would wait for minutes, and only a new one comes through. The same
    // batch can be tried as often as it takes. (`pg` knows the limit of one query; its types do not.)
    query_timeout: ANSWER_MS + blobs.byteLength / SLOWEST_BYTES_PER_MS,
  } as QueryConfig)
  if (!rows[0]) throw new SqlError('PostgreSQL did not say which numbers it gave', 'XX000')
  return JSON.parse(rows[0].first_seqs) as number[]
}

function entryLength({ rangesLengths, updateLengths }: PackedBatch, entry: number): number {
  return (rangesLengths[entry] ?? 0) + (updateLengths[entry] ?? 0)
}
