/** A record as it is stored, sound or set aside. */
export interface StoredRecord {
  readonly seq: number
  /** CRC-32 of `bytes` as they were when they were written. */
  readonly crc: number
  /** Why it was set aside; null when it is sound. */
  readonly quarantined: string | null
  /** Empty when it is not known what the record wrote. */
  readonly ranges: Uint8Array
  readonly bytes: Uint8Array
}

/** All that is stored of one room's drawing, for whoever checks it: more than a load answers. */
export interface RecordsOfRoom {
  /** The number of the room's last update; undefined when the room has none that says so. */
  readonly head: number | undefined
  /** Its snapshots, oldest first, without their bytes. */
  readonly snapshots: ReadonlyArray<Pick<StoredRecord, 'seq' | 'quarantined'>>
  readSnapshot(seq: number): Promise<StoredRecord>
  /** Its updates, oldest first, a few megabytes in memory at a time. */
  updates(): AsyncIterable<StoredRecord>
}
