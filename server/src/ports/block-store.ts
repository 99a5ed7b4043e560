import type { UserId } from '@sketchroom/shared/ids'

/** A network from which nobody is served. Times are milliseconds since 1970. */
export interface BlockRecord {
  readonly id: string
  /** An address with the length of its network, as in `203.0.113.7/32`; there is one record for each. */
  readonly network: string
  readonly reason: string
  readonly createdAt: number
  /** The administrator. */
  readonly createdBy: UserId
  /** When it ends; null: never by itself. */
  readonly until: number | null
}

/** Where blocked addresses are kept; tested by `sql-block-store.test.ts` on SQLite and PostgreSQL. */
export interface BlockStore {
  /** Those that have not ended at `now`, newest first. */
  listBlocks(now: number): Promise<BlockRecord[]>
  /** Adds a block, or gives the one of this network another reason and end; resolves what is stored. Those that have ended go. */
  putBlock(block: BlockRecord): Promise<BlockRecord>
  /** Resolves the one that was there. */
  removeBlock(id: string): Promise<BlockRecord | undefined>
}
