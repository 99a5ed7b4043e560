/** The journal's thread: appends and nothing else, so that no read stands before an acknowledgement. */
import Database from 'better-sqlite3'
import { answerRequests, openConnection } from './answer-requests.ts'
import type { PackedBatch } from './packed-batch.ts'

const database = openConnection()

const advanceHead = database
  .prepare<[string, number], number>(
    `insert into room_documents (room_id, head) values (?, ?)
     on conflict (room_id) do update set head = head + excluded.head returning head`,
  )
  .pluck()
const insertUpdate = database.prepare(
  'insert into room_updates (room_id, seq, author, at, crc, ranges, bytes) values (?, ?, ?, ?, ?, ?, ?)',
)
const insertClient = database.prepare(
  'insert into room_clients (room_id, client, user_id) values (?, ?, ?) on conflict do nothing',
)
const insertBatch = database.prepare('insert into journal_batches (id, at, first_seqs) values (?, ?, ?)')
/** A disk that is full takes a transaction without a change, so that this makes one. */
const notePing = database.prepare(
  `insert into journal_batches (id, at, first_seqs) values ('ping', ?, '[]') on conflict (id) do update set at = excluded.at`,
)
const findBatch = database.prepare<[string], string>('select first_seqs from journal_batches where id = ?').pluck()

/** Writes a batch; answers the number that the first update of each room was given. */
const write = database.transaction((batch: PackedBatch): number[] => {
  const { roomIds, counts, authors, times, crcs, rangesLengths, updateLengths, blobs } = batch
  const { claimRooms, claimClients, claimUsers } = batch
  const firstSeqs: number[] = []
  let [entry, byte] = [0, 0]
  const nextBlob = (length = 0) => new Uint8Array(blobs, byte, ((byte += length), length))
  for (const [index, roomId] of roomIds.entries()) {
    const count = counts[index] ?? 0
    const first = (advanceHead.get(roomId, count) ?? 0) - count + 1
    firstSeqs.push(first)
    for (let seq = first; seq < first + count; seq++, entry++) {
      const ranges = nextBlob(rangesLengths[entry])
      const update = nextBlob(updateLengths[entry])
      insertUpdate.run(roomId, seq, authors[entry], times[entry], crcs[entry], ranges, update)
    }
  }
  for (const [index, client] of claimClients.entries()) {
    insertClient.run(roomIds[claimRooms[index] ?? 0], client, claimUsers[index])
  }
  if (roomIds.length > 0) insertBatch.run(batch.id, batch.at, JSON.stringify(firstSeqs))
  else notePing.run(Date.now())
  return firstSeqs
})

function append(batch: PackedBatch): number[] {
  try {
    // `immediate`: take the write lock at once, so that two writers wait for each other instead of failing midway.
    return write.immediate(batch)
  } catch (error) {
    const wasAppended = error instanceof Database.SqliteError && error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
    const known = wasAppended ? findBatch.get(batch.id) : undefined
    if (known === undefined) throw error
    return JSON.parse(known) as number[]
  }
}

answerRequests((batch: PackedBatch) => ({ result: append(batch) }))
