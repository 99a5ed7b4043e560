import type { RoomId } from '@sketchroom/shared/ids'
import type { JournalBatch } from '../../ports/document-store.ts'
import { concatenate } from './packed-rows.ts'

/**
 * A batch as lists that are cheap to hand on, to a thread or as arrays to PostgreSQL: one item for each room, or for
 * each entry, and all bytes in one buffer.
 */
export interface PackedBatch {
  readonly id: string
  /** The newest entry's time. */
  readonly at: number
  /** In their order, so that two writers never wait for each other in a circle. */
  readonly roomIds: readonly RoomId[]
  /** How many entries each room has. */
  readonly counts: readonly number[]
  readonly authors: ReadonlyArray<string | null>
  readonly times: readonly number[]
  readonly crcs: readonly number[]
  readonly rangesLengths: readonly number[]
  readonly updateLengths: readonly number[]
  /** Yjs clients that are somebody's from now on: the number of the room in `roomIds`, the client, and whose it is. */
  readonly claimRooms: readonly number[]
  readonly claimClients: readonly number[]
  readonly claimUsers: readonly string[]
  /** Of each entry the ranges, then the update. */
  readonly blobs: ArrayBuffer
}

/** Packs a batch; rooms without entries are left out. */
export function packBatch({ id, rooms }: JournalBatch): PackedBatch {
  const written = rooms.filter(({ entries }) => entries.length > 0).sort((a, b) => (a.roomId < b.roomId ? -1 : 1))
  const entries = written.length === 1 ? (written[0]?.entries ?? []) : written.flatMap((room) => room.entries)
  const parts: Uint8Array[] = []
  for (const { ranges, update } of entries) parts.push(ranges, update)
  return {
    id,
    at: entries.reduce((newest, { at }) => Math.max(newest, at), 0),
    roomIds: written.map(({ roomId }) => roomId),
    counts: written.map((room) => room.entries.length),
    authors: entries.map(({ author }) => author),
    times: entries.map(({ at }) => at),
    crcs: entries.map(({ crc }) => crc),
    rangesLengths: entries.map(({ ranges }) => ranges.length),
    updateLengths: entries.map(({ update }) => update.length),
    ...packClaims(written),
    blobs: concatenate(parts),
  }
}

function packClaims(rooms: JournalBatch['rooms']): Pick<PackedBatch, 'claimRooms' | 'claimClients' | 'claimUsers'> {
  const [claimRooms, claimClients, claimUsers]: [number[], number[], string[]] = [[], [], []]
  for (const [room, { entries }] of rooms.entries()) {
    for (const { claims } of entries) {
      if (!claims || claims.size === 0) continue
      for (const [client, userId] of claims) {
        claimRooms.push(room)
        claimClients.push(client)
        claimUsers.push(userId)
      }
    }
  }
  return { claimRooms, claimClients, claimUsers }
}

/** What `append` answers, from the first numbers in the order of the rooms. */
export function toFirstSeqs(roomIds: readonly RoomId[], firstSeqs: readonly number[]): Map<RoomId, number> {
  return new Map(roomIds.map((roomId, index) => [roomId, firstSeqs[index] ?? NaN]))
}
